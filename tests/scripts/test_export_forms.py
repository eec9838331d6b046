"""One small Transformer in the spellings that people and exporters use: each is exported with equal
results, or refused with one true line.
"""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from prepared_pairs import MAX_TOKENS, exported, logits, names, prepared, torch_logits  # noqa: E402
from scripts.export.errors import ExportError, UnsupportedOperator  # noqa: E402
from scripts.export.reference_outputs import verify_reference  # noqa: E402
from small_torch_model import SmallTransformer, random_model  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def future(tokens):
    return torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).triu(1)


def randomised(model, seed=0):
    torch.manual_seed(seed)
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.1, 0.3)
    return model.eval()


class Flat(nn.Module):
    """The parts of the layers are attributes of the model."""

    def __init__(self):
        super().__init__()
        self.embedding, self.out = nn.Embedding(23, 16), nn.Linear(16, 23)
        self.a, self.b, self.c = (nn.MultiheadAttention(16, 2, batch_first=True) for _ in range(3))
        self.norms = nn.ModuleList(nn.LayerNorm(16) for _ in range(5))
        sizes = [(16, 32), (32, 16)] * 2
        self.linears = nn.ModuleList(nn.Linear(*size) for size in sizes)

    def forward(self, s, t):
        n, f, x, y = self.norms, self.linears, self.embedding(s), self.embedding(t)
        x = n[0](x + self.a(x, x, x)[0])
        x = n[1](x + f[1](f[0](x).relu()))
        y = n[2](y + self.b(y, y, y, attn_mask=future(t))[0])
        y = n[3](y + self.c(y, x, x)[0])
        return self.out(n[4](y + f[3](f[2](y).relu())))


class OneList(nn.Module):
    """Encoder and decoder layers lie in one list; heads and vocabularies may differ."""

    def __init__(self, heads=(2, 2), vocabularies=(23, 23), **options):
        super().__init__()
        options = {"batch_first": True, **options}
        self.source, self.target = (nn.Embedding(v, 16) for v in vocabularies)
        self.layers = nn.ModuleList(
            [nn.TransformerEncoderLayer(16, heads[0], 32, **options) for _ in range(2)]
            + [nn.TransformerDecoderLayer(16, heads[1], 32, **options) for _ in range(2)]
        )
        self.out = nn.Linear(16, vocabularies[1])

    def forward(self, s, t):
        x, y = self.source(s), self.target(t)
        for layer in self.layers[:2]:
            x = layer(x)
        for layer in self.layers[2:]:
            y = layer(y, x, tgt_mask=future(t))
        return self.out(y)


class SharedLayer(OneList):
    """One encoder layer is called twice."""

    def forward(self, s, t):
        x, y = self.source(s), self.target(t)
        for _ in range(2):
            x = self.layers[0](x)
        for layer in self.layers[2:]:
            y = layer(y, x, tgt_mask=future(t))
        return self.out(y)


@pytest.mark.parametrize("kind", [Flat, OneList, SharedLayer])
def test_names_never_collide(kind):
    model = randomised(kind())
    made = prepared(model)
    assert len(set(names(made))) == len(made.network.operators)
    assert names(made)[-1] == "out"
    np.testing.assert_allclose(logits(made), torch_logits(model), atol=1e-4)


def test_names_that_a_file_cannot_hold_are_escaped():
    model = random_model()
    model.ausgabe_größe = model.generator
    del model._modules["generator"]
    model.__class__ = type("Umlaut", (SmallTransformer,), {"generator": property(lambda m: m.ausgabe_größe)})
    name = names(prepared(model))[-1]
    assert name.isascii() and name.startswith("ausgabe_gr")


def test_masks_by_path_reach_every_layer_that_shares_the_matrix():
    model, kept = randomised(SharedLayer()), np.ones((32, 16))
    kept[3] = 0
    with torch.no_grad():
        model.layers[0].linear1.weight[3] = 0
    trace = prepared(model, masks={"layers.0.linear1": kept}).trace
    found = [o["name"] for o in trace.operators if o["kind"] == "linear" and "mask" in o]
    assert found == ["layers.0.linear1", "layers.0.linear1.2"]


def test_heads_may_differ_between_encoder_and_decoder():
    trace = exported(randomised(OneList(heads=(2, 4)))).trace
    heads = {o["name"]: o["heads"] for o in trace.operators if "heads" in o}
    assert heads["layers.0.self_attn.scores"] == 2
    assert heads["layers.3.multihead_attn.values"] == 4


def tables(made):
    return {o.phase: len(o["table"]) for o in made.network.operators if o.kind == "embedding"}


@pytest.mark.parametrize(("source", "target"), [(17, 23), (23, 17)])
def test_source_and_target_may_have_vocabularies_of_their_own(source, target):
    made = prepared(randomised(OneList(vocabularies=(source, target))), calibration=[([5, 9, 3], [8, 6, 3])])
    assert tables(made) == {"encoder": source, "decoder": target}
    assert made.trace.model["vocabulary"] == target


def test_tokens_outside_their_own_vocabulary_are_refused():
    with pytest.raises(ExportError, match="number 0: source: token 0 is 20; the model's source tokens are 0 to 16"):
        prepared(randomised(OneList(vocabularies=(17, 23))), calibration=[([20], [20])])
    with pytest.raises(ExportError, match="eos is 30; the model's target tokens are 0 to 22"):
        prepared(randomised(OneList()), eos=30)


def returning(change):
    class Returning(SmallTransformer):
        def forward(self, source, target):
            return change(super().forward(source, target))

    return random_model(kind=Returning)


@pytest.mark.parametrize(
    "change",
    [
        lambda y: (y,),
        lambda y: [y, torch.zeros(1, 2, y.shape[1], 4)],
        lambda y: (torch.tensor(0.5), y),
        lambda y: {"logits": y, "hidden": y * 2},
        lambda y: {"loss": None, "scores": y},
        lambda y: y[0],
    ],
)
def test_logits_are_found_in_what_a_model_returns(change):
    np.testing.assert_array_equal(logits(prepared(returning(change))), logits(prepared(random_model())))


@pytest.mark.parametrize("change", [lambda y: (y, y * 2), lambda y: {}, lambda y: None, lambda y: "logits"])
def test_what_cannot_be_told_to_be_logits_is_refused(change):
    with pytest.raises(ExportError, match="tensors that may be outputs; pass forward=lambda .*the logits"):
        prepared(returning(change))


@pytest.mark.parametrize("ending", ["log_softmax", "softmax"])
def test_a_final_softmax_is_left_out_and_said_so(ending):
    graph = prepared(returning(lambda y: getattr(functional, ending)(y, -1)))
    np.testing.assert_array_equal(logits(graph), logits(prepared(random_model())))
    assert f"the {ending} behind output is left out" in graph.trace.origin["notes"]


def test_final_softmax_modules_are_left_out():
    model = random_model()
    model.generator = nn.Sequential(model.generator, nn.LogSoftmax(-1))
    assert "log_softmax" in prepared(model).trace.origin["notes"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_weights_of_other_precisions_are_exported_and_stay_as_they_are(dtype):
    model = random_model().to(dtype)
    same = random_model().to(dtype).float()
    np.testing.assert_allclose(logits(prepared(model)), logits(prepared(same)), atol=1e-6)
    assert {p.dtype for p in model.parameters()} == {dtype}


class LengthFirst(OneList):
    """batch_first=False, tokens [L, batch]: torch's default."""

    def forward(self, s, t):
        x, y = self.source(s), self.target(t)
        mask = torch.ones(len(t), len(t), dtype=torch.bool).triu(1)
        for layer in self.layers[:2]:
            x = layer(x)
        for layer in self.layers[2:]:
            y = layer(y, x, tgt_mask=mask)
        return self.out(y)


class Transposing(LengthFirst):
    """Tokens [batch, L]; the model turns them."""

    def forward(self, s, t):
        return super().forward(s.T, t.T).transpose(0, 1)


@pytest.mark.parametrize("kind", [LengthFirst, Transposing])
def test_the_batch_may_be_in_the_second_dimension(kind):
    found = prepared(randomised(kind(batch_first=False)))
    np.testing.assert_allclose(logits(found), logits(prepared(randomised(OneList()))), atol=1e-12)


class Places(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.randn(MAX_TOKENS, 16))

    def forward(self, x):
        return x + self.table[: x.shape[1]]


def test_positions_of_a_module_of_ones_own_are_found():
    model = random_model()
    model.dropout = Places()
    positions = prepared(model).network.operators[0]["positions"]
    expected = (model.positions + model.dropout.table).detach().numpy()
    np.testing.assert_allclose(positions, expected, atol=1e-5)


def test_a_bare_transformer_is_refused_for_what_it_lacks():
    with pytest.raises(ExportError, match="the model fails on 1 token of source .*feature number"):
        prepared(nn.Transformer(16, 2, 1, 1, 32))


def test_an_embedding_of_equal_rows_is_exported_as_it_is():
    model = random_model()
    model.embedding.weight.data.zero_()
    np.testing.assert_allclose(logits(prepared(model)), torch_logits(model), atol=1e-4)


class Renamed(nn.Tanh):
    pass


Renamed.__name__ = "Tanh\x1b[31m\nforged"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: setattr(m, "generator", nn.Sequential(m.generator, Renamed())), r"generator.1: encoder_decoder whose last operator is activation"),
        (lambda m: setattr(m, "encoder", nn.LSTM(16, 16)), "the model fails on .*: TypeError: LSTM"),
        (lambda m: setattr(m, "generator", nn.Identity()), "norm3: encoder_decoder whose last operator is norm .* end it in a Linear"),
        (lambda m: m.generator.weight.data.fill_(math.nan), "."),
        (lambda m: setattr(m.encoder, "norm", nn.GroupNorm(1, 4)), "."),
        (lambda m: setattr(m, "forward", lambda s: s), "the model fails on .*: TypeError"),
        (lambda m: setattr(m, "decoder", m.encoder), "."),
    ],
)
def test_odd_models_are_refused_in_one_line(change, message):
    model = random_model()
    change(model)
    with pytest.raises(ExportError, match=message) as caught:
        prepared(model)
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


@pytest.mark.parametrize("model", [None, "a text", torch.zeros(3), nn.Linear])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(ExportError, match="use a torch.nn.Module"):
        prepared(model)


class Widening(nn.Module):
    """An encoder of 8 features, a decoder of 16."""

    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(23, 8), nn.Embedding(23, 16)
        self.encoder = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
        self.a = nn.MultiheadAttention(16, 4, batch_first=True)
        self.c = nn.MultiheadAttention(16, 2, batch_first=True, kdim=8, vdim=8)
        self.norms = nn.ModuleList(nn.LayerNorm(16) for _ in range(3))
        self.up, self.down, self.out = nn.Linear(16, 32), nn.Linear(32, 16), nn.Linear(16, 23)

    def forward(self, s, t):
        x, y = self.encoder(self.source(s)), self.target(t)
        y = self.norms[0](y + self.a(y, y, y, attn_mask=future(t))[0])
        y = self.norms[1](y + self.c(y, x, x)[0])
        return self.out(self.norms[2](y + self.down(self.up(y).relu())))


def test_encoder_and_decoder_may_have_features_of_their_own():
    model = randomised(Widening())
    np.testing.assert_allclose(logits(prepared(model)), torch_logits(model), atol=1e-4)


def test_a_target_embedding_may_have_rows_that_no_logit_chooses_but_none_too_few():
    model, same = random_model(), random_model()
    with torch.no_grad():
        model.generator = nn.Linear(16, 21)
        model.generator.weight.copy_(same.generator.weight[:21])
        model.generator.bias.copy_(same.generator.bias[:21])
    pairs = [([5, 9, 22], [8, 6, 3])]
    made = prepared(model.eval(), calibration=pairs)
    assert tables(made) == {"encoder": 23, "decoder": 21} and made.trace.model["vocabulary"] == 21
    model.generator = nn.Linear(16, 24)
    with pytest.raises(UnsupportedOperator, match="embedding: an embedding of 23 of 24 tokens"):
        prepared(model, calibration=pairs)


@pytest.mark.parametrize("kind", [lambda: OneList((2, 4), (17, 23)), lambda: OneList((2, 2), (23, 17)), Widening])
def test_sizes_of_their_own_reach_the_trace(kind):
    model = randomised(kind())
    trace = exported(model, calibration=[([5, 9, 3], [8, 6, 3]), ([11, 3], [12, 3])]).trace
    verify_reference(trace, "m")
    tables = {o["phase"]: trace.tensors[o["table"]].shape for o in trace.operators if o["kind"] == "embedding"}
    assert tables == {"encoder": model.source.weight.shape, "decoder": model.target.weight.shape}
