"""Scales, multipliers and quantised constants: numbers that follow from the definition."""

import numpy as np
import pytest

from scripts.export.calibrate import best_scale, rounding_error
from scripts.export.graph.scales import _score_scale
from scripts.export.quantize import fixed_point

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

from prepared_pairs import logits, prepared  # noqa: E402
from small_torch_model import BOS, EOS, random_model, random_pairs  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.graph.float_operators import run  # noqa: E402
from scripts.export.integer_reference import IntegerModel  # noqa: E402
from scripts.export.quality import int8_loss  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")


@pytest.mark.parametrize("ratios", [[1.0], [0.75, 1e-3], [3e9], [1e-18], [0.0, 2.0**-40]])
@pytest.mark.parametrize("bits", [24, 31])
def test_fixed_point_is_as_fine_as_the_bits_allow(ratios, bits):
    integers, shift = fixed_point(np.array(ratios), bits)
    assert 1 <= shift <= 62 and integers.min() >= 0 and integers.max() < 2**bits
    if 1e-9 < max(ratios) < 1e6:
        assert integers.max() >= 2 ** (bits - 1)
        np.testing.assert_allclose(
            integers / 2.0**shift, ratios, atol=max(ratios) * 2.0 ** (1 - bits)
        )


def test_scale_clips_lone_outliers_and_keeps_even_spreads():
    random = np.random.default_rng(0)
    even = random.uniform(-1, 1, 10000)
    assert best_scale(even) == pytest.approx(1 / 127, rel=0.01)
    normal = np.append(random.normal(0, 0.1, 100000), 2.0)
    scale = best_scale(normal)
    assert scale < 1.5 / 127
    assert rounding_error(normal, scale) < rounding_error(normal, 2.0 / 127)
    assert best_scale(np.zeros(5)) > 0


def test_score_scale_spends_no_steps_on_keys_that_get_no_weight():
    random = np.random.default_rng(0)
    scores = random.normal(0, 1, (2, 50, 20))
    scores[..., 0] = -60
    assert _score_scale([scores]) < 30 / 127


def outputs(made, pairs):
    """Of each operator, of all pairs teacher-forced, by name."""
    for source, target in pairs:
        inputs = {"source": np.array(source), "target": np.array([BOS, *target[:-1]])}
        yield {operator.name: values for operator, values in run(made.network, inputs).items()}


def test_summand_of_a_norm_is_scaled_for_the_normalised_sum():
    """A token whose outlier is divided by its own size must not cost the others their steps."""
    model, pairs = random_model(), random_pairs(60)
    layer = model.encoder.layers[0]
    with torch.no_grad():
        layer.linear1.weight[0] = 0
        layer.linear1.weight[0, 0] = 40.0  # opens for a few tokens, far
        layer.linear1.bias[0] = -60.0
        layer.linear2.weight[5, 0] = 2.0
    made = prepared(model, calibration=pairs)
    summand = made.network.named("encoder.layers.0.linear2")
    values = np.concatenate([found[summand.name] for found in outputs(made, pairs)])
    assert np.abs(values).max() > 20 * np.median(np.abs(values))
    assert made.scales[summand] < 0.8 * best_scale(values)


def test_calibration_needs_a_pair():
    with pytest.raises(ExportError, match="samples and calibration: give at least one each"):
        prepared(random_model(), calibration=[], samples=[[5]])


def loss(made, pairs):
    """Nats a target token, of the float network."""
    losses = []
    for source, target in pairs:
        found = logits(made, (source, [BOS, *target[:-1]]))
        shifted = found - found.max(1, keepdims=True)
        losses.append(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(target)), target])
    return np.concatenate(losses).mean()


@pytest.mark.parametrize("kept", [1.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_int8_model_follows_the_float_model(seed, kept):
    model = random_model(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and kept < 1 and parameter is not model.embedding.weight:
                parameter.mul_(torch.rand(parameter.shape) < kept).div_(kept**0.5)
    made, held_out = prepared(model, calibration=random_pairs(60)), random_pairs(40, seed=1)
    assert ("mask" in made.trace.operators[1]) == (kept < 1)
    integer = IntegerModel(made.trace)
    agree = [
        integer.decode(source, target)["generator"].argmax(1)
        == logits(made, (source, [BOS, *target[:-1]])).argmax(1)
        for source, target in held_out
    ]
    assert np.concatenate(agree).mean() > 0.9
    assert int8_loss(made.trace, held_out) == pytest.approx(loss(made, held_out), rel=0.02)


def test_every_activation_is_close_to_the_float_one():
    made, pairs = prepared(random_model(), calibration=random_pairs(60)), random_pairs(1, seed=2)
    (expected,) = outputs(made, pairs)
    found = IntegerModel(made.trace).decode(*pairs[0])
    for name, scale in made.trace.scales.items():
        if name in found and not name.endswith("scores"):  # which are cut where the softmax forgives it
            real = np.where(np.isfinite(expected[name]), expected[name], 0)
            error = np.sqrt(np.mean((found[name] * scale - real) ** 2)) / np.std(real)
            assert error < 0.1, name


def test_dead_rows_and_large_biases_fit():
    model = random_model()
    layer = model.encoder.layers[0].linear1
    with torch.no_grad():
        layer.weight[:3] = 0
        layer.bias[:3] = torch.tensor([0, 1.5, -1e4])
    trace = prepared(model).trace
    found = IntegerModel(trace).encode([5, 6, EOS])["encoder.layers.0.linear1"]
    scale = trace.scales["encoder.layers.0.linear1"]
    assert found[:, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(found[:, 1] * scale, 1.5, atol=scale)
    assert found[:, 2].tolist() == [0, 0, 0]


def test_source_and_target_share_equal_embeddings():
    trace = prepared(random_model()).trace
    embeddings = [op for op in trace.operators if op["kind"] == "embedding"]
    assert len(embeddings) == 2
    assert {op["table"] for op in embeddings} == {"embedding.table"}
    assert {op["positions"] for op in embeddings} == {"embedding.positions"}


def test_a_norm_of_one_value_has_one_multiplier():
    model = random_model()
    model.encoder.norm = nn.LayerNorm(16)
    norms = {op["name"]: op for op in prepared(model).trace.operators if op["kind"] == "norm"}
    assert norms["encoder.norm"]["x_multiplier"] == 65535
    assert ["y_multiplier" in norms[name] for name in ("encoder.norm", "encoder.layers.0.norm1")] == [False, True]
