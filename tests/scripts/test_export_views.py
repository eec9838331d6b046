"""Views of maps, maps of one row and other orders of memory: each element goes where the model has it,
and what no operator can move is refused for that reason.
"""

import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

import plain_judge  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from one_line import in_one_line  # noqa: E402
from test_export_network_forms import IMAGES, prepare  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import ExportError, UnsupportedOperator  # noqa: E402
from scripts.export.graph.judged import integer_run  # noqa: E402
from scripts.export.graph.report import quantised  # noqa: E402

ROWS = torch.randn(12, 3, 11, generator=torch.Generator().manual_seed(0))


class Viewed(nn.Module):
    """What a function makes of the input and of two convolutions, which the proof compares element by element."""

    def __init__(self, function, *modules):
        super().__init__()
        torch.manual_seed(0)
        self.function, self.parts = function, nn.ModuleList(modules)

    def forward(self, x):
        return self.function(x, *self.parts)


def found(function, *modules, samples=IMAGES, **others):
    """Kinds of the operators, whose integers are those of docs/trace-format.md."""
    torch.manual_seed(1)
    made = prepare(Viewed(function, *(m() for m in modules)), samples, **others)
    network = made.network
    inputs = quantised(network, made.scales, {"input": samples[3].numpy()})
    ours, plain = integer_run(made.trace)(inputs), plain_judge.outputs(made.trace, inputs)
    for operator in network.operators:
        assert (ours[operator.name] == plain[operator.name]).all(), operator.name
    return [operator.kind for operator in network.operators]


def conv(*arguments, **fields):
    return lambda: nn.Conv2d(*arguments, **fields)


def row(*arguments, **fields):
    return lambda: nn.Conv1d(*arguments, **fields)


MAPS = {
    "cropped": (lambda x: x[:, :, 2:-3, 1:-2], [], ["conv2d", "conv2d"]),
    "rows cropped": (lambda x: x[:, :, :-3], [], ["conv2d"]),
    "strided": (lambda x: x[..., ::2, ::3], [], ["max_pool2d"]),
    "strided from the second": (lambda x: x[..., 1::2, 2::2], [], ["conv2d", "conv2d"]),
    "strided and cropped": (lambda x: x[:, 1:, 1:-4:3, :-1], [], ["split", "conv2d", "conv2d"]),
    "cropped by padding": (lambda x: F.pad(x, (-1, 2, 1, -3)), [], ["conv2d", "conv2d", "conv2d"]),
    "cropped, then padded in the convolution": (
        lambda x, m: m(F.pad(x[:, :, 3:], (1, 0, 0, 1))), [conv(3, 2, 3)], ["conv2d", "conv2d"],
    ),
    "more channels": (lambda x: F.pad(x, (0, 0, 0, 0, 2, 1)), [], ["constant", "constant", "concat"]),
    "option A": (
        lambda x, m: F.relu(m(x)) + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2)), [conv(3, 6, 3, 2, 1)],
        ["conv2d", "constant", "max_pool2d", "constant", "concat", "add"],
    ),
    "cropped U-Net": (
        lambda x, m: torch.cat([x[:, :, 1:-1, 1:-1], m(x)], 1), [conv(3, 3, 3)],
        ["conv2d", "conv2d", "conv2d", "concat"],
    ),
    "softmax over channels": (lambda x, m: F.softmax(m(x), 1), [conv(3, 4, 3)], ["conv2d"]),
    "log-softmax over channels": (lambda x, m: F.log_softmax(m(x), 1), [conv(3, 4, 3)], ["conv2d"]),
    "another order of memory": (
        lambda x, m: F.adaptive_avg_pool2d(F.relu(m(x.to(memory_format=torch.channels_last))), 1).flatten(1),
        [lambda: nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)],
        ["conv2d", "global_average", "flatten"],
    ),
    "a view by strides": (lambda x: x.as_strided((1, 3, 8, 8), (768, 256, 32, 2)), [], ["max_pool2d"]),
}  # fmt: skip
OF_ONE_ROW = {
    "alone": (lambda x, m: m(x), [row(3, 4, 3)], ["conv2d"]),
    "padded in front": (lambda x, m: m(F.pad(x, (2, 0))), [row(3, 4, 3)], ["conv2d"]),
    "padded module": (lambda x, m, n: n(m(x)), [lambda: nn.ConstantPad1d((2, 1), 0), row(3, 4, 3)], ["conv2d"]),
    "as long as it was": (lambda x, m: m(x), [row(3, 4, 4, padding="same")], ["conv2d"]),
    "cropped": (lambda x, m: m(x)[:, :, 2:], [row(3, 4, 3)], ["conv2d", "conv2d"]),
    "side by side": (
        lambda x, m, n: torch.cat([m(x), n(x)], 1), [row(3, 4, 3, padding=1), row(3, 2, 1)],
        ["conv2d", "conv2d", "concat"],
    ),
    "with what it reads": (
        lambda x, m, n: F.relu(n(y := m(x)) + y), [row(3, 4, 1), row(4, 4, 3, padding=1)],
        ["conv2d", "conv2d", "add"],
    ),
    "a mean of sums": (
        lambda x, m, n: (m(x) + n(x)).mean(-1), [row(3, 4, 1), row(3, 4, 3, padding=1)],
        ["conv2d", "conv2d", "add", "global_average", "flatten"],
    ),
    "gated by its means": (
        lambda x, m, n: (y := m(x)) * torch.sigmoid(n(y.mean(-1, keepdim=True))), [row(3, 4, 3), row(4, 4, 1)],
        ["conv2d", "global_average", "conv2d", "activation", "multiply"],
    ),
    "softmax over channels": (lambda x, m: F.softmax(m(x), 1), [row(3, 4, 3)], ["conv2d"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MAPS)
def test_views_of_maps(name):
    function, modules, kinds = MAPS[name]
    assert found(function, *modules) == kinds


@pytest.mark.parametrize("name", OF_ONE_ROW)
def test_networks_of_one_dimension(name):
    function, modules, kinds = OF_ONE_ROW[name]
    assert [kind for kind in found(function, *modules, samples=ROWS) if kind not in ("flatten", "unflatten")] == [
        kind for kind in kinds if kind not in ("flatten", "unflatten")
    ]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: F.softmax(2 * x, 2), "a softmax over dimension 2 of 4"),
        (lambda x: F.log_softmax(x.flatten(2) + 1, 2), "a log_softmax over dimension 2 of 3"),
        (lambda x: x, "an output that is an input as it is"),
    ],
)
def test_ends_that_cannot_be_left_out(function, words):
    with pytest.raises(UnsupportedOperator, match=words) as caught:
        prepare(Viewed(function))
    in_one_line(caught.value)


class Tokens(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.function, self.table, self.conv = function, nn.Embedding(20, 8), nn.Conv1d(8, 8, 3, padding=1)
        self.places, self.head = nn.Parameter(torch.randn(1, 10, 8)), nn.Linear(8, 20)

    def forward(self, ids):
        return self.head(self.function(self, self.table(ids)))


def scored(y, factor):
    return (y @ y.transpose(1, 2) * factor(y.shape[1])).softmax(-1) @ y


def zero_key(m, y):
    torch.manual_seed(0)
    return nn.MultiheadAttention(8, 2, batch_first=True, add_zero_attn=True).eval()(y, y, y)[0]


CHANGING = {
    "a token in front": (
        lambda m, y: torch.cat([m.places[:, :1], y], 1) + m.places[:, : y.shape[1] + 1],
        "a concatenation of rows with the tokens, whose number changes,",
    ),
    "a key of zeros": (zero_key, "a concatenation of rows with the tokens, whose number changes,"),
    "the last": (lambda m, y: y[:, -1], "a choice among, or a repetition of, the tokens of table"),
    "all but the first": (lambda m, y: y[:, 1:], "a choice among, or a repetition of, the tokens of table"),
    "the one before": (lambda m, y: y + y.roll(1, 1), "a choice among, or a repetition of, the tokens of table"),
    "scores by length": (lambda m, y: scored(y, lambda n: 0.02 * n), "something else on [23] tokens of source than on"),
    "windows": (lambda m, y: m.conv(y.transpose(1, 2)).transpose(1, 2), "a map of the tokens of table"),
}


@pytest.mark.parametrize("name", CHANGING)
def test_what_needs_a_fixed_number_of_tokens_is_named(name):
    function, words = CHANGING[name]
    sentences = [[2 + i % 18 for i in range(n)] for n in range(1, 10)]
    with pytest.raises(UnsupportedOperator, match=words) as caught:
        prepare(Tokens(function), sentences, "encoder", max_tokens=9)
    in_one_line(caught.value)


@pytest.mark.parametrize("what", ["samples", "calibration"])
def test_inputs_of_other_shapes_are_refused(what):
    given = {"samples": IMAGES, "calibration": IMAGES} | {what: [*IMAGES[:2], IMAGES[2, :, :9]]}
    with pytest.raises(ExportError, match=rf"{what}: number 2: input is \[3, 9, 16\]") as caught:
        prepare(nn.Conv2d(3, 2, 3), **given)
    in_one_line(caught.value)
