"""Integer operators against formulas written with Python's unbounded integers, one element at a time."""

import math
from pathlib import Path

import numpy as np
import pytest

from scripts.export import integer_arithmetic as arithmetic
from scripts.export import integer_attention as attention
from scripts.export import integer_elements as elements
from scripts.export import integer_weights as weights
from scripts.export.integer_reference import IntegerModel, default_limit
from scripts.export.ragged import rows_of
from scripts.export.trace import read_trace

TINY = Path(__file__).parents[2] / "workloads/traces/tiny.safetensors"
SEEDS = range(20)
MASKS = ("none", "causal")


def shifted(value, shift):
    """floor(value / 2^shift + 1/2)"""
    return (2 * value + 2**shift) // 2 ** (shift + 1)


def clamped(value):
    return -128 if value < -128 else 127 if value > 127 else value


def int8(random, *shape):
    """Random bytes; one in four is an extreme."""
    values = random.integers(-128, 128, shape)
    return np.where(random.random(shape) < 0.25, random.choice([-128, 127, 0], shape), values)


def exponentials(scale):
    return np.rint(65535 * np.exp(-np.arange(256) * scale)).astype(np.int64)


@pytest.mark.parametrize("shift", [1, 2, 20, 62])
def test_rshift_rounds_halves_up(shift):
    values = [0, 1, -1, 2, -2, 3, -3, 2**61, -(2**61), 2**62 - 1, -(2**62) + 1]
    found = arithmetic.rshift(np.array(values, np.int64), shift)
    assert found.tolist() == [shifted(value, shift) for value in values]


def test_rshift_of_half_steps():
    assert arithmetic.rshift(np.array([-3, -2, -1, 1, 2, 3]), 1).tolist() == [-1, -1, 0, 1, 1, 2]


@pytest.mark.parametrize("seed", SEEDS)
def test_embedding(seed):
    random = np.random.default_rng(seed)
    table, positions = int8(random, 7, 5), int8(random, 9, 5)
    tokens, start, shift = random.integers(0, 7, 4), int(random.integers(0, 6)), 20
    m, n = (int(random.integers(0, 2**24)) for _ in range(2))
    found = weights.embedding(tokens, table, m, shift, positions, n, start)
    for i, token in enumerate(tokens):
        for c in range(5):
            value = int(table[token, c]) * m + int(positions[start + i, c]) * n
            assert found[i, c] == clamped(shifted(value, shift))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("relu", [False, True])
def test_linear_and_logits(seed, relu):
    random = np.random.default_rng(seed)
    x, weight = int8(random, 3, 11), int8(random, 6, 11)
    bias = random.integers(-(2**20), 2**20, 6)
    bias[0] = 2**31 - 1 - 128 * 128 * 11
    multiplier = random.integers(0, 2**31, 6)
    multiplier[1:3] = 0, 2**31 - 1
    shift = int(random.integers(35, 46))
    y = weights.linear(x, weight, bias, multiplier, shift, relu)
    z = weights.logits(x, weight, bias, multiplier, shift)
    for i in range(3):
        for h in range(6):
            total = int(bias[h]) + sum(int(weight[h, w]) * int(x[i, w]) for w in range(11))
            scaled = shifted(total * int(multiplier[h]), shift)
            assert z[i, h] == scaled
            assert y[i, h] == (max(0, clamped(scaled)) if relu else clamped(scaled))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("causal", [False, True])
def test_attention_scores(seed, causal):
    random = np.random.default_rng(seed)
    start, heads, features = int(random.integers(0, 3)), 2, 4
    q, k = int8(random, 3, heads * features), int8(random, 3 + start, heads * features)
    multiplier, shift = int(random.integers(0, 2**31)), int(random.integers(36, 44))
    found = attention.attention_scores(
        q, k, heads, heads, multiplier, shift, MASKS[causal], first_row=start
    )
    assert found.shape == (heads, 3, 3 + start)
    for h in range(heads):
        for i in range(3):
            for j in range(3 + start):
                columns = range(h * features, (h + 1) * features)
                dot = sum(int(q[i, c]) * int(k[j, c]) for c in columns)
                value = clamped(shifted(dot * multiplier, shift))
                assert found[h, i, j] == (0 if causal and j > start + i else value)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", [0.001, 0.1, 3.0])
def test_softmax(seed, causal, scale):
    random = np.random.default_rng(seed)
    start, table = int(random.integers(0, 3)), exponentials(scale)
    scores = int8(random, 2, 4, 4 + start)
    found = attention.softmax(scores, table, MASKS[causal], first_row=start)
    for h in range(2):
        for i in range(4):
            last = start + i if causal else 3 + start
            row = [int(s) for s in scores[h, i, : last + 1]]
            e = [int(table[max(row) - s]) for s in row]
            expected = [(127 * part + sum(e) // 2) // sum(e) for part in e]
            assert found[h, i].tolist() == expected + [0] * (3 + start - last)
            assert min(expected) >= 0 and max(expected) <= 127


def test_softmax_of_one_key_and_of_the_widest_span():
    table = exponentials(0.1)
    assert attention.softmax(np.array([[[-128]]]), table, "causal").tolist() == [[[127]]]
    assert attention.softmax(np.array([[[-128, 127]]]), table, "none").tolist() == [[[0, 127]]]


@pytest.mark.parametrize("seed", SEEDS)
def test_attention_values(seed):
    random = np.random.default_rng(seed)
    heads, features = 2, 3
    p, v = random.integers(0, 128, (heads, 4, 5)), int8(random, 5, heads * features)
    multiplier, shift = int(random.integers(0, 2**31)), int(random.integers(34, 44))
    found = attention.attention_values(p, v, heads, heads, multiplier, shift)
    for i in range(4):
        for c in range(heads * features):
            total = sum(int(p[c // features, i, j]) * int(v[j, c]) for j in range(5))
            assert found[i, c] == clamped(shifted(total * multiplier, shift))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("spread", [0, 1, 128])
def test_layer_norm_of_a_sum(seed, spread):
    """spread 0: all features equal, so that the deviation is 0 and taken as 1."""
    random = np.random.default_rng(seed)
    d = int(random.integers(1, 9))
    x, y = int8(random, 3, d), int8(random, 3, d)
    if spread < 128:
        x, y = (int8(random, 3, 1) // 2 + random.integers(0, spread + 1, (3, d)) for _ in range(2))
    m, n = (int(random.integers(0, random.choice([3, 2**16]))) for _ in range(2))
    gamma = random.integers(-(2**24) + 1, 2**24, d)
    beta = random.integers(-(2**31) + 1, 2**31, d)
    found = elements.norm(
        x, y, norm="layer", gamma=gamma, beta=beta, x_multiplier=m, y_multiplier=n, shift=23
    )
    for i in range(3):
        z = [int(x[i, c]) * m + int(y[i, c]) * n for c in range(d)]
        mean = (sum(z) + d // 2) // d
        centred = [value - mean for value in z]
        deviation = max(1, math.isqrt(sum(value**2 for value in centred) // d))
        for c in range(d):
            normalised = centred[c] * 2**15 // deviation
            expected = clamped(shifted(normalised * int(gamma[c]) + int(beta[c]), 23))
            assert found[i, c] == expected


def test_integer_sqrt_around_squares():
    roots = np.array([0, 1, 2, 3, 1000, 2**24, 2**25 + 1, 2**26 - 1], np.int64)
    for offset in (-1, 0, 1):
        values = np.maximum(roots**2 + offset, 0)
        assert arithmetic.integer_sqrt(values).tolist() == [math.isqrt(int(v)) for v in values]


def test_cached_and_plain_decoding_agree():
    trace = read_trace(TINY)
    model = IntegerModel(trace)
    random = np.random.default_rng(0)
    sources = rows_of("reference.source_tokens", trace.tensors)
    sources += [random.integers(0, 23, n) for n in random.integers(1, 24, 10)]
    for source in sources:
        assert model.greedy(source) == model.greedy(source, cache=False)


def test_decoding_stops_at_the_limit_and_at_eos():
    model = IntegerModel(read_trace(TINY))
    source = [7, 11, 5, 3]
    assert len(model.greedy(source)) == 17 < default_limit(4, 24)
    assert model.greedy(source, limit=5) == model.greedy(source)[:5]
    assert default_limit(4, 24) == 18 and default_limit(12, 24) == 24


def test_teacher_forcing_reproduces_the_produced_tokens():
    model = IntegerModel(read_trace(TINY))
    produced = model.greedy([7, 11, 5, 3])
    outputs = model.decode([7, 11, 5, 3], produced)
    assert outputs["generator"].argmax(1).tolist() == produced
    causal = outputs["decoder.layers.0.self_attn.softmax"]
    assert not np.triu(causal, 1).any()
