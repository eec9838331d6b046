"""Scales, multipliers and quantised constants: numbers that follow from the definition."""

import numpy as np
import pytest

from scripts.export.calibrate import activation_scales, best_scale, best_score_scale
from scripts.export.calibrate import rounding_error
from scripts.export.float_model import FloatModel
from scripts.export.integer_reference import IntegerModel
from scripts.export.quality import float_loss, int8_loss
from scripts.export.quantize import fixed_point, quantise
from scripts.export.trace import Trace
from scripts.export.transformer_graph import GraphNames, transformer_operators

D, HEADS, D_FF, VOCABULARY, MAX_TOKENS, BOS, EOS = 16, 2, 32, 29, 20, 2, 3
ORIGIN = dict.fromkeys(("model", "framework", "exporter", "source", "licence", "notes"), "")


def float_model(seed=0, kept=1.0):
    """Random, with a mask on every matrix when kept < 1."""
    random = np.random.default_rng(seed)
    names = GraphNames(["encoder.layers.0"], ["decoder.layers.0"])
    shape = dict(d_model=D, heads=HEADS, d_ff=D_FF, encoder_layers=1, decoder_layers=1)
    shape |= dict(vocabulary=VOCABULARY, max_tokens=MAX_TOKENS, bos=BOS, eos=EOS)
    model = FloatModel(transformer_operators(names, HEADS), {"kind": "encoder_decoder"} | shape)
    table = random.normal(0, 1, (VOCABULARY, D))
    for op in model.operators:
        rows = {"logits": VOCABULARY}.get(op["kind"], D_FF if op.get("relu") else D)
        columns = D_FF if op["name"].endswith("linear2") else D
        if op["kind"] == "embedding":
            positions = random.normal(0, 0.5, (MAX_TOKENS, D))
            model.constants[op["name"]] = {"table": table, "positions": positions}
        elif op["kind"] in ("linear", "logits"):
            mask = random.random((rows, columns)) < kept
            weight = random.normal(0, 1.5 / np.sqrt(columns * kept), (rows, columns)) * mask
            bias = random.normal(0, 0.1, rows)
            model.constants[op["name"]] = {"weight": weight, "bias": bias}
            if kept < 1:
                model.masks[op["name"]] = mask
        elif op["kind"] == "add_norm":
            gamma, beta = random.normal(1, 0.2, D), random.normal(0, 0.2, D)
            model.constants[op["name"]] = {"gamma": gamma, "beta": beta, "epsilon": 1e-5}
    return model


def pairs(count, seed=0):
    random = np.random.default_rng(seed)

    def side():
        return [*random.integers(4, VOCABULARY, random.integers(2, 12)).tolist(), EOS]

    return [(side(), side()) for _ in range(count)]


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
    assert best_score_scale([scores]) < 30 / 127


def test_summand_of_a_norm_is_scaled_for_the_normalised_sum():
    """A token whose outlier is divided by its own size must not cost the others their steps."""
    model, summand = float_model(), "encoder.layers.0.linear2"
    row = model.constants["encoder.layers.0.linear1"]["weight"][0]
    row[:] = 0
    row[0] = 40.0  # opens for a few tokens, far
    model.constants["encoder.layers.0.linear1"]["bias"][0] = -60.0
    model.constants[summand]["weight"][5, 0] = 2.0
    scale = activation_scales(model, pairs(60))[summand]
    outputs = [model.run(s, [BOS, *t])[summand] for s, t in pairs(60)]
    values = np.concatenate(outputs)
    assert np.abs(values).max() > 20 * np.median(np.abs(values))
    assert scale < 0.8 * best_scale(values)


def test_calibration_needs_a_pair():
    with pytest.raises(ValueError, match="calibration needs at least one sentence pair"):
        activation_scales(float_model(), [])


@pytest.mark.parametrize("kept", [1.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_int8_model_follows_the_float_model(seed, kept):
    model = float_model(seed, kept)
    trace = quantise(model, pairs(60), "random", ORIGIN)
    held_out = pairs(40, seed=1)
    integer, name = IntegerModel(trace), "generator"
    agree = np.concatenate(
        [
            integer.decode(source, target)[name].argmax(1)
            == model.run(source, [BOS, *target[:-1]])[name].argmax(1)
            for source, target in held_out
        ]
    )
    assert agree.mean() > 0.9
    assert int8_loss(trace, held_out) == pytest.approx(float_loss(model, held_out), rel=0.02)


def test_every_activation_is_close_to_the_float_one():
    model = float_model()
    trace = quantise(model, pairs(60), "random", ORIGIN)
    integer, (source, target) = IntegerModel(trace), pairs(1, seed=2)[0]
    found, expected = integer.decode(source, target), model.run(source, [BOS, *target[:-1]])
    for name, scale in trace.scales.items():
        real = np.where(np.isfinite(expected[name]), expected[name], 0)
        error = np.sqrt(np.mean((found[name] * scale - real) ** 2)) / np.std(real)
        assert error < 0.1, name


def test_masks_are_kept_as_they_are_and_zeroes_stay_kept():
    model = float_model(kept=0.4)
    model.constants["generator"]["weight"][0] *= 0  # kept by the mask, yet 0
    trace = quantise(model, pairs(5), "random", ORIGIN)
    for name, mask in model.masks.items():
        packed = trace.tensors[f"{name}.mask"]
        bits = [[packed[h, c // 8] >> (c % 8) & 1 for c in range(mask.shape[1])] for h in range(2)]
        assert bits == mask[:2].astype(int).tolist()
        assert not trace.tensors[f"{name}.weight"][~mask].any()


def test_dead_rows_and_large_biases_fit():
    model = float_model()
    constants = model.constants["encoder.layers.0.linear1"]
    constants["weight"][:3] = 0
    constants["bias"][:3] = [0, 1.5, -1e4]
    trace = quantise(model, pairs(5), "random", ORIGIN)
    outputs = IntegerModel(trace).encode([5, 6, 3])["encoder.layers.0.linear1"]
    scale = trace.scales["encoder.layers.0.linear1"]
    assert outputs[:, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(outputs[:, 1] * scale, 1.5, atol=scale)
    assert outputs[:, 2].tolist() == [0, 0, 0]


def test_source_and_target_share_equal_embeddings():
    trace = quantise(float_model(), pairs(5), "random", ORIGIN)
    tables = {op["table"] for op in trace.operators if op["kind"] == "embedding"}
    positions = {op["positions"] for op in trace.operators if op["kind"] == "embedding"}
    assert tables == {"encoder.embed.table"}
    assert positions == {"encoder.embed.positions", "decoder.embed.positions"}


def test_lone_norm_ignores_its_second_input():
    model = float_model()
    model.constants["encoder.layers.0.norm1"]["alone"] = True
    trace: Trace = quantise(model, pairs(5), "random", ORIGIN)
    norm = next(op for op in trace.operators if op["name"] == "encoder.layers.0.norm1")
    assert (norm["x_multiplier"], norm["y_multiplier"]) == (65535, 0)
