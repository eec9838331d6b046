"""Traces exported from torch.nn models: structure, masks, values, and what is refused."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

from torch import nn  # noqa: E402
from torch.nn.utils import prune  # noqa: E402

from prepared_pairs import MAX_TOKENS, exported, logits, prepared, torch_logits  # noqa: E402
from scripts.export import masks as mask_bits  # noqa: E402
from scripts.export import safetensors  # noqa: E402
from scripts.export.errors import ExportError, UnsupportedOperator  # noqa: E402
from scripts.export.integer_reference import IntegerModel  # noqa: E402
from scripts.export.ragged import texts_of  # noqa: E402
from scripts.export.reference_outputs import verify_reference  # noqa: E402
from scripts.export.trace import metadata_of, read_trace, write_trace  # noqa: E402
from small_torch_model import BOS, SmallTransformer, random_model, random_pairs  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")


def export(model, count=30, **options):
    pairs = random_pairs(count)
    samples = [source for source, _ in pairs[:3]]
    return exported(model, calibration=pairs, samples=samples, **options).trace


def weights(made):
    return {o.name: o["weight"] for o in made.network.operators if "weight" in o.fields}


def masks(made):
    """bool by operator name."""
    found = {}
    for operator in made.trace.operators:
        if operator["kind"] in ("linear", "logits") and "mask" in operator:
            columns = made.trace.tensors[operator["weight"]].shape[1]
            found[operator["name"]] = mask_bits.unpack(made.trace.tensors[operator["mask"]], columns)
    return found


def test_operators_have_the_names_of_the_modules_in_execution_order():
    names = [operator["name"] for operator in export(random_model()).operators]
    attention = ["q", "k", "scores", "softmax", "v", "values", "out"]
    encoder = [f"self_attn.{part}" for part in attention] + ["norm1", "linear1", "linear2", "norm2"]
    cross = ["q", "scores", "softmax", "values", "out"]
    decoder = [f"self_attn.{part}" for part in attention] + ["norm1"]
    decoder += [f"multihead_attn.{part}" for part in cross] + ["norm2", "linear1", "linear2", "norm3"]
    assert names == [
        "embedding",
        *(f"encoder.layers.0.{name}" for name in encoder),
        "decoder.layers.0.multihead_attn.k",
        "decoder.layers.0.multihead_attn.v",
        "embedding.2",
        *(f"decoder.layers.0.{name}" for name in decoder),
        "generator",
    ]


def test_written_trace_reads_back_and_verifies(tmp_path):
    trace = export(random_model(layers=2), masks=None)
    write_trace(tmp_path / "small.safetensors", trace)
    again = read_trace(tmp_path / "small.safetensors")
    verify_reference(again, "small")
    assert again.graph == trace.graph
    assert again.model["kind"] == "encoder_decoder" and again.model["vocabulary"] == 23


def test_two_exports_give_equal_bytes():
    first, second = (export(random_model()) for _ in range(2))
    assert safetensors.to_bytes(metadata_of(first), first.tensors) == safetensors.to_bytes(
        metadata_of(second), second.tensors
    )


def test_float_network_equals_the_model_on_short_sentences():
    model, probe = random_model(layers=2), ([5, 9, 3], [2, 8, 7, 6])
    np.testing.assert_allclose(logits(prepared(model), probe), torch_logits(model, probe), atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_int8_logits_follow_the_float_model(seed):
    made = exported(random_model(seed, d=32, d_ff=64, layers=2), calibration=random_pairs(30))
    integer, agree, errors = IntegerModel(made.trace), [], []
    for source, target in random_pairs(40, seed=1):
        expected = logits(made.network, (source, [BOS, *target[:-1]]))
        found = integer.decode(source, target)["generator"]
        agree += (found.argmax(1) == expected.argmax(1)).tolist()
        errors.append(1 - np.corrcoef(found.ravel(), expected.ravel())[0, 1])
    assert np.mean(agree) > 0.9
    assert np.mean(errors) < 0.005


def test_evaluation_under_no_grad_does_not_hide_encoder_layers():
    model = random_model().eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)  # what makes torch choose its fused encoder layer
    assert "encoder.layers.0.linear1" in weights(prepared(model))
    assert not any(module.training for module in model.modules())


def test_training_mode_is_restored_and_dropout_has_no_effect():
    model = random_model().train()
    trained = weights(prepared(model))["generator"]
    assert all(module.training for module in model.modules())
    np.testing.assert_array_equal(trained, weights(prepared(model.eval()))["generator"])


def test_explicit_masks_are_kept_and_zeros_inside_stay_zeros():
    model = random_model()
    kept = torch.rand(16, 16) < 0.4
    kept[3] = False
    with torch.no_grad():
        part = model.decoder.layers[0].multihead_attn.in_proj_weight[:16]
        part.mul_(kept)
        part[5, :8] = 0  # kept by the mask or not, these weights are 0
    trace = export(model, masks={"decoder.layers.0.multihead_attn.q": kept})
    operators = {operator["name"]: operator for operator in trace.operators}
    stored = trace.tensors[operators["decoder.layers.0.multihead_attn.q"]["mask"]]
    np.testing.assert_array_equal(mask_bits.unpack(stored, 16), kept.numpy())
    assert "mask" not in operators["decoder.layers.0.multihead_attn.k"]


def test_masks_of_torch_prune_are_found():
    model = random_model()
    prune.random_unstructured(model.encoder.layers[0].linear2, "weight", 0.7)
    prune.l1_unstructured(model.encoder.layers[0].self_attn, "in_proj_weight", 0.5)
    found = masks(prepared(model))
    expected = model.encoder.layers[0].self_attn.in_proj_weight_mask.bool().numpy()
    np.testing.assert_array_equal(found["encoder.layers.0.self_attn.k"], expected[16:32])
    assert found["encoder.layers.0.linear2"].sum() == round(0.3 * 16 * 32)
    assert set(found) == {
        "encoder.layers.0.linear2",
        *(f"encoder.layers.0.self_attn.{part}" for part in "qkv"),
    }


def test_wrong_masks_are_named():
    model = random_model()
    with pytest.raises(ValueError, match="'generater'.*did you mean 'generator'"):
        prepared(model, masks={"generater": np.ones((23, 16))})
    with pytest.raises(ValueError, match=r"generator: shape \(16, 23\); its weight has \(23, 16\)"):
        prepared(model, masks={"generator": np.ones((16, 23))})
    with pytest.raises(ValueError, match="generator: 368 weights outside the mask are not 0"):
        prepared(model, masks={"generator": np.zeros((23, 16))})


TEXTS = {"vocabulary": [f"▁{i}" for i in range(23)], "source": ["a source"], "human": ["Übersetzung"]}


def test_texts_are_stored():
    trace = exported(random_model(), texts=TEXTS, points=[]).trace
    assert texts_of("text.vocabulary", trace.tensors)[22] == "▁22"
    assert texts_of("text.human", trace.tensors) == ["Übersetzung"]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["a"], r"texts is \['a'\]; use a dictionary of lists: source, human, vocabulary"),
        ({"pieces": []}, "texts: unknown key 'pieces'.*use source, human, vocabulary"),
        ({"source": "a text"}, "texts: source is 'a text'; use a list of texts"),
        ({"source": ["a", "b"]}, "texts: 2 of 'source' for 1 samples; give one each or none"),
        ({"human": [None]}, "texts: human: number 0 is None; use a text"),
        ({"human": ["\ud800"]}, "texts: human: number 0 is .*; use a text"),
        ({"vocabulary": ["a"]}, "texts: 1 of 'vocabulary'; the model has 23 tokens"),
    ],
)
def test_texts_that_do_not_belong_are_named(texts, reason):
    with pytest.raises(ExportError, match=reason):
        prepared(random_model(), texts=texts)


class Sequence(nn.Module):
    """A model of its own layer modules: the leaves are torch's, the containers are not."""

    def __init__(self):
        super().__init__()
        inner = random_model()
        self.words, self.places = inner.embedding, nn.Embedding(MAX_TOKENS, 16)
        self.body = nn.Transformer(
            16, 2, 1, 1, 32
        )  # batch in the second dimension, norms at both ends
        self.head = nn.Linear(16, 23, bias=False)

    def embed(self, tokens):
        return self.words(tokens) + self.places(torch.arange(len(tokens))[:, None])

    def forward(self, source, target):
        future = self.body.generate_square_subsequent_mask(len(target))
        return self.head(self.body(self.embed(source), self.embed(target), tgt_mask=future))


def test_nn_transformer_with_end_norms_and_learned_positions():
    torch.manual_seed(1)
    trace = export(Sequence().eval())  # the batch is in its second dimension
    names = [operator["name"] for operator in trace.operators]
    assert "body.encoder.norm" in names and names[-1] == "head"
    assert "body.encoder.layers.0.self_attn.q" in names


@pytest.mark.parametrize("options", [{"norm_first": True}, {"activation": "gelu"}], ids=str)
def test_other_settings_of_torch_layers(options):
    model = random_model(**options)
    np.testing.assert_allclose(logits(prepared(model)), torch_logits(model), atol=1e-4)


def test_other_modules_between():
    model = random_model()
    model.generator = nn.Sequential(nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 23))
    assert prepared(model).network.named("generator.1").kind == "activation"


class Scaled(SmallTransformer):
    def forward(self, source, target):
        return super().forward(source, target) * 2  # outside every module


class Bidirectional(SmallTransformer):
    def forward(self, source, target):
        memory = self.encoder(self.embed(source))
        return self.generator(self.decoder(self.embed(target), memory))


def test_what_stands_outside_of_modules_is_seen():
    model = random_model(kind=Scaled)
    np.testing.assert_allclose(logits(prepared(model)), torch_logits(model), atol=1e-4)
    with pytest.raises(UnsupportedOperator, match=r"decoder\.layers\.0\.self_attn: attention to later tokens"):
        prepared(random_model(kind=Bidirectional))


def with_buffer(buffer):
    model = random_model()
    model.register_buffer("graph", buffer)
    return model


def with_lazy():
    model = random_model()
    model.unused = nn.LazyLinear(4)
    return model


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: with_buffer(torch.eye(3).to_sparse()), "graph: a tensor of layout sparse_coo cannot .* make it dense"),
        (lambda: with_buffer(torch.ones(3, device="meta")), "graph: a tensor on the device meta, which holds no"),
        (lambda: random_model().to("meta"), "embedding.weight: a tensor on the device meta, which holds no numbers"),
        (with_lazy, "unused.weight: a tensor without numbers yet cannot be exported; run the model once"),
    ],
)
def test_tensors_that_are_not_plain_are_refused_by_name(build, reason):
    with pytest.raises(UnsupportedOperator, match=reason):
        prepared(build())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_expanded_tensors_are_not_blown_up(dtype):
    model = with_buffer(torch.ones(1, dtype=dtype).expand(1_000_000, 100_000))  # 400 GB if written out
    model.unused = nn.Parameter(torch.ones(1, dtype=dtype).expand(1_000_000, 100_000))
    prepared(model)
    assert model.graph.stride() == (0, 0) and model.graph.dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_models_built_in_inference_mode_are_exported(dtype):
    with torch.inference_mode():
        model = random_model().to(dtype)
    expected = weights(prepared(random_model().to(dtype)))["generator"]
    np.testing.assert_array_equal(weights(prepared(model))["generator"], expected)
    assert model.generator.weight.dtype == dtype and model.generator.weight.is_inference()
