"""Other ways to write what a network does, and what cannot be exported, in one true line."""

import math

import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

import torch.nn.functional as F  # noqa: E402
from one_line import in_one_line  # noqa: E402
from small_networks import gratings  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import ExportError, UnsupportedOperator  # noqa: E402
from scripts.export.graph.inputs import contents_of, names_of  # noqa: E402
from scripts.export.graph.prepare import prepared  # noqa: E402
from scripts.export.graph.pytorch_model import TorchModel  # noqa: E402
from scripts.export.metadata import Origin  # noqa: E402

ORIGIN = Origin("m", "PyTorch", "e", "none", "none")
IMAGES = gratings(12, 3)[0]


class Between(nn.Module):
    """A convolution, a function of its output, and a matrix of what is left."""

    def __init__(self, function, *modules):
        super().__init__()
        torch.manual_seed(0)
        self.function, self.parts = function, nn.ModuleList(modules)
        self.conv, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.LazyLinear(3)

    def forward(self, x):
        y = self.function(self.conv(x), *self.parts)
        return self.head(y.mean((2, 3)) if y.dim() == 4 else y)


def prepare(model, samples=IMAGES, kind="feed_forward", **others):
    """Lowered, proved and quantised."""
    names = names_of(kind, samples)
    contents = contents_of(
        kind, names, samples, others.pop("calibration", samples), name="n", origin=ORIGIN, **others
    )
    one_output = kind in ("decoder", "encoder_decoder")
    return prepared(TorchModel(model.eval(), None, names, kind != "feed_forward", one_output), contents)


def kinds(model, **others):
    return [operator.kind for operator in prepare(model, **others).network.operators]


CHANNELS = torch.rand(2, 4, 1, 1, generator=torch.Generator().manual_seed(1))
HEAD = ["global_average", "flatten", "logits"]
FORMS = {
    "frozen batch norm": (lambda y: y * CHANNELS[0] + CHANNELS[1], []),
    "batch norm module": (lambda y, m: m(y), []),
    "swish by hand": (lambda y: y * torch.sigmoid(y), ["activation"]),
    "swish of a name": (F.silu, ["activation"]),
    "hard swish by hand": (lambda y: y * F.relu6(y + 3) / 6, ["activation"]),
    "relu by maximum": (lambda y: torch.maximum(y, 0.1 * y), ["activation"]),
    "relu by clamp": (lambda y: y.clamp(min=0), []),
    "relu6": (F.relu6, []),
    "two activations": (lambda y: torch.tanh(F.softplus(y)), ["activation"]),
    "residual": (lambda y, m: y + m(y), ["conv2d", "add"]),
    "a sum with what ReLU reads": (
        lambda y, m: m(F.relu(y)) + y, ["activation", "conv2d", "add"]
    ),
    "difference": (lambda y, m: F.relu(m(y) - y), ["conv2d", "activation", "add"]),
    "zeros around": (lambda y, m: m(F.pad(y, (1, 1, 2, 0))), ["conv2d"]),
    "uneven convolution": (lambda y, m: m(y), ["conv2d"]),
    "uneven way up": (lambda y, m: m(y), ["upsample", "conv2d"]),
    "uneven windows": (
        lambda y: F.avg_pool2d(F.max_pool2d(y, (2, 3), (1, 2), (1, 0)), (3, 2), (2, 1), (0, 1)),
        ["max_pool2d", "average_pool2d"],
    ),
    "windows that count the map alone": (
        lambda y: F.avg_pool2d(y, 3, 2, 1, ceil_mode=True, count_include_pad=False), ["average_pool2d"],
    ),
    "largest pixel": (lambda y: y.amax((2, 3)), ["max_pool2d"]),
    "split channels": (lambda y: torch.cat(y.chunk(2, 1)[::-1], 1), []),
    "shuffled channels": (
        lambda y: F.relu(y).view(1, 2, 2, 16, 16).transpose(1, 2).reshape(1, 4, 16, 16),
        ["conv2d"],
    ),
    "channels last": (lambda y, m: m(y.permute(0, 2, 3, 1)).mean((1, 2)), ["flatten", "linear"]),
}  # fmt: skip
MODULES = {
    "batch norm module": lambda: nn.BatchNorm2d(4),
    "a sum with what ReLU reads": lambda: nn.Conv2d(4, 4, 1),
    "residual": lambda: nn.Conv2d(4, 4, 1),
    "difference": lambda: nn.Conv2d(4, 4, 1),
    "uneven convolution": lambda: nn.Conv2d(4, 4, (3, 5), (2, 1), (1, 3), (1, 2)),
    "uneven way up": lambda: nn.ConvTranspose2d(4, 4, (3, 2), (2, 3), (1, 0), (0, 2), dilation=(2, 1)),
    "zeros around": lambda: nn.Conv2d(4, 4, 3),
    "channels last": lambda: nn.Linear(4, 5),
}


@pytest.mark.parametrize("name", FORMS)
def test_other_ways_to_write_it(name):
    function, between = FORMS[name]
    model = Between(function, *([MODULES[name]()] if name in MODULES else []))
    found = kinds(model)
    assert found[0] == "conv2d"
    middle = [kind for kind in found[1:] if kind not in HEAD or kind in between]
    assert middle[: len(between)] == between and found[-1] == "logits", found


def test_relu6_ends_where_int8_does():
    model = Between(F.relu6)
    with torch.no_grad():
        model.conv.weight *= 30
    made = prepare(model)
    conv = made.network.operators[0]
    assert conv["relu"] and made.scales[conv] == pytest.approx(6 / 127, rel=1e-6)


class Counted(nn.Module):
    """Of tokens; keeps what it was called with."""

    def __init__(self):
        super().__init__()
        self.table, self.seen = nn.Embedding(9, 4), []

    def forward(self, ids):
        self.seen.append(tuple(ids[0].tolist()))
        return self.table(ids)


def test_proof_tries_sixteen_sentences_of_all_lengths_with_all_tokens():
    model = Counted()
    prepare(model, [[5, 6]], "encoder", max_tokens=5)
    assert len(set(model.seen)) >= 16
    assert {len(tokens) for tokens in model.seen} == {1, 2, 3, 4, 5}
    assert {token for tokens in model.seen for token in tokens} == set(range(9))


class Rows(nn.Module):
    """Of tokens of floats [T, 8]."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.function, self.first, self.last = function, nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(self.function(self.first(x)))


def layer_norm(x):
    mean = x.mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1, keepdim=True) + 1e-5)


NORMS = {
    "by hand": (layer_norm, "layer"),
    "with the deviation": (
        lambda x: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True), "layer"
    ),
    "with the variance": (
        lambda x: (x - x.mean(-1, keepdim=True)) * (x.var(-1, keepdim=True, unbiased=False) + 1e-6).rsqrt(),
        "layer",
    ),
    "function": (lambda x: F.layer_norm(x, (8,)), "layer"),
    "root mean square": (lambda x: x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6), "rms"),
    "unit length": (lambda x: F.normalize(x, dim=-1), "rms"),
}  # fmt: skip


@pytest.mark.parametrize("name", NORMS)
def test_normalisations(name):
    function, norm = NORMS[name]
    samples = torch.randn(12, 5, 8, generator=torch.Generator().manual_seed(0))
    network = prepare(Rows(function), samples).network
    assert [o.kind for o in network.operators] == ["linear", "norm", "logits"]
    assert network.operators[1]["norm"] == norm


REFUSED = {
    "recurrent": (lambda y, m: m(y.flatten(2).transpose(1, 2))[0][:, -1], nn.LSTM(4, 4, batch_first=True), "parts.0: LSTM"),
    "group norm": (lambda y, m: m(y), nn.GroupNorm(2, 4), "parts.0: native_group_norm"),
    "no statistics": (lambda y, m: m(y), nn.BatchNorm2d(4, track_running_stats=False), "parts.0: a batch norm"),
    "between pixels": (lambda y: F.interpolate(y, scale_factor=2, mode="bilinear"), None, "upsample_bilinear2d"),
    "a branch": (lambda y: y if y.sum() > 0 else -y, None, "depends on a value"),
    "a part overwritten": (lambda y: y[:, :2].zero_() * 0 + y[:, :2], None, "written to in part"),
    "gates": (lambda y: y * torch.softmax(y, 1), None, "a softmax that is not of attention"),
    "3-D": (lambda y, m: m(y[:, None])[:, 0], nn.Conv3d(1, 1, 3, padding=1), "parts.0: a convolution of three"),
    "mirrored": (lambda y: F.pad(y, (1, 1, 1, 1), mode="reflect"), None, "reflection_pad2d"),
    "upside down": (lambda y: y.flip(2), None, "another order"),
    "around a ring": (lambda y: F.pad(y, (1, 1, 1, 1), mode="circular"), None, "as circular padding does"),
    "pixels that compete": (lambda y: F.softmax(y.flatten(2), 2) + 1, None, "a softmax that is not of attention"),
    "sums so far": (lambda y: y.cumsum(1), None, "cumsum"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exported_is_named(name):
    function, module, words = REFUSED[name]
    with pytest.raises(UnsupportedOperator) as caught:
        prepare(Between(function, *([module] if module else [])))
    in_one_line(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "function", [lambda y: F.dropout(y, 0.5, True), lambda y: y + torch.rand(1)], ids=["dropout", "noise"]
)
def test_chance_is_refused(function):
    with pytest.raises(ExportError, match="different results in two calls"):
        prepare(Between(function))


class Sentences(nn.Module):
    """Attention over embedded tokens, with a function of the scores."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.table, self.q, self.k = nn.Embedding(20, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.head = nn.Linear(8, 20)

    def forward(self, ids):
        x = self.table(ids)
        scores = self.q(x) @ self.k(x).transpose(1, 2) / math.sqrt(8)
        return self.head(F.softmax(self.function(scores), -1) @ x)


def encode(function, **others):
    samples = [[5, 6, 7, 8], [9, 4, 3], [2]]
    return prepare(Sentences(function), samples, "encoder", max_tokens=9, **others).network


def banded(scores, back, ahead):
    t = scores.shape[-1]
    near = torch.ones(t, t, dtype=torch.bool).tril(ahead).triu(-back)
    return scores.masked_fill(~near, -1e9)


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        (lambda s: s, {"mask": "none"}),
        (lambda s: banded(s, 99, 0), {"mask": "causal"}),
        (lambda s: banded(s, 2, 0), {"mask": "causal", "window": 3}),
        (lambda s: banded(s, 2, 2), {"mask": "none", "window": 3}),
        (lambda s: torch.where(torch.ones_like(s).tril() > 0, s, torch.tensor(-1e30)), {"mask": "causal"}),
    ],
)
def test_masks(function, fields):
    scores = next(o for o in encode(function).operators if o.kind == "attention_scores")
    assert {key: scores.fields[key] for key in ("mask", "window") if key in scores.fields} == fields


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda s: banded(s, 1, 3), "neither causal nor a window"),
        (lambda s: s + torch.arange(s.shape[-1]), "more than the distance"),
        (lambda s: s * (2 if s.shape[-1] < 4 else 1), "something else on"),
        (lambda s: F.relu(s), "relu of attention scores"),
    ],
)
def test_scores_that_cannot_be_exported(function, words):
    with pytest.raises(UnsupportedOperator, match=words) as caught:
        encode(function)
    in_one_line(caught.value)


def decode(function):
    samples = [[5, 6, 7, 8], [9, 4, 3], [2]]
    model = Sentences(function)
    return prepare(model, samples, "decoder", max_tokens=9, eos=1, allowed_tokens=[1] * 3).network


def test_a_decoder_sees_earlier_tokens_only():
    assert decode(lambda s: banded(s, 99, 0)).operators[-1].kind == "logits"
    with pytest.raises(UnsupportedOperator, match="attention to later tokens") as caught:
        decode(lambda s: s)
    in_one_line(caught.value)


def test_a_decoder_does_not_average_its_tokens():
    class Averaged(Sentences):
        def forward(self, ids):
            x = self.table(ids)
            return self.head(x + self.q(x.mean(1, keepdim=True)))

    with pytest.raises(UnsupportedOperator, match="global_average of the tokens of a decoder"):
        prepare(Averaged(None), [[5, 6]], "decoder", max_tokens=9, eos=1, allowed_tokens=[1])
    assert prepare(Averaged(None), [[5, 6]], "encoder", max_tokens=9).network.kind == "encoder"


def test_a_token_that_is_treated_unlike_others_is_found():
    class Odd(Sentences):
        def forward(self, ids):
            return super().forward(ids) * torch.where(ids == 13, 2.0, 1.0)[..., None]

    found = prepare(Odd(lambda s: s), [[5, 6], [7]], "encoder", max_tokens=9)
    assert "[13]" in found.trace.origin["notes"]
    with pytest.raises(ExportError, match="samples: number 0: source has token 13"):
        prepare(Odd(lambda s: s), [[13, 6], [7]], "encoder", max_tokens=9, calibration=[[5, 6]])


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"kind": "transformer"}, "kind 'transformer'"),
        ({"kind": "encoder"}, "max_tokens is 0"),
        ({"kind": "decoder", "max_tokens": 9, "allowed_tokens": [1]}, "eos: decoder needs"),
        ({"kind": "decoder", "max_tokens": 9, "eos": 1}, "allowed_tokens: 0 numbers"),
        ({"kind": "encoder", "max_tokens": 9, "labels": [1, 2]}, "labels: 2 for 1 samples"),
    ],
)
def test_mistakes_in_arguments(others, words):
    with pytest.raises(ExportError, match=words):
        prepare(Sentences(lambda s: s), [[5, 6]], **others)


class Wrapped(nn.Module):
    def __init__(self, inner, wrap):
        super().__init__()
        self.inner, self.call = inner, wrap(inner)

    def forward(self, *inputs):
        return self.call(*inputs)


@pytest.mark.parametrize(
    "wrap",
    [torch.inference_mode(), torch.no_grad(), torch.jit.script],
    ids=["inference_mode", "no_grad", "script"],
)
def test_models_that_run_in_other_modes(wrap):
    torch.manual_seed(0)
    inner = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    model = wrap(inner) if wrap is torch.jit.script else Wrapped(inner, lambda m: wrap(m.forward))
    assert kinds(model) == ["conv2d", *HEAD]


def test_one_dimension():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv1d(2, 8, 5, stride=2, padding=2), nn.BatchNorm1d(8), nn.ReLU(),
        nn.Conv1d(8, 8, 3, dilation=2), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip
    samples = torch.randn(12, 2, 32, generator=torch.Generator().manual_seed(0))
    assert kinds(model, samples=samples) == ["flatten", "unflatten", "conv2d", "conv2d", *HEAD]


def test_several_inputs_and_outputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.a, self.b, self.head = nn.Conv2d(3, 4, 3), nn.Linear(5, 4), nn.Linear(4, 2)

        def forward(self, x, y):
            z = torch.sigmoid(self.a(x)) * self.b(y)[:, :, None, None]
            return {"map": z, "classes": self.head(z.mean((2, 3))), "number": 3}

    numbers = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    network = prepare(Two(), list(zip(IMAGES, numbers))).network
    assert list(network.inputs) == ["input.0", "input.1"]
    assert [o.kind for o in network.outputs.values()] == ["multiply", "logits"]
    with pytest.raises(ExportError, match="number 0 has 1 parts; give 2"):
        prepare(Two(), list(zip(IMAGES, numbers)), calibration=IMAGES)


def test_constants_of_a_decoder_belong_to_it():
    class Gated(nn.Module):
        """Factors of features between two functions, which no weights can take in."""

        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.source, self.target = nn.Embedding(20, 8), nn.Embedding(25, 8)
            self.k, self.q, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 20)
            self.factor = nn.Parameter(torch.rand(8) + 0.5)

        def forward(self, source, target):
            memory = torch.tanh(torch.tanh(self.source(source)) * self.factor)
            x = torch.tanh(torch.tanh(self.target(target)) * self.factor)
            p = F.softmax(self.q(x) @ self.k(memory).transpose(1, 2), -1)
            return self.head(x + p @ memory)

    pairs = [([5, 6, 7], [8, 9, 1]), ([4], [7, 1])]
    others = {"calibration": pairs, "max_tokens": 7, "bos": 2, "eos": 1}
    network = prepare(Gated(), [[5, 6]], "encoder_decoder", **others).network
    phases = {o.name: o.phase for o in network.operators}
    assert sorted(phases[name] for name in phases if "constant" in name) == ["decoder", "encoder"]
    assert phases["k"] == "cross" and phases["q"] == "decoder"
    table = next(o["table"] for o in network.operators if o.kind == "embedding" and o.phase == "decoder")
    assert len(table) == 20, "no more than there are logits"
