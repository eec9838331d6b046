"""The integer operators against PyTorch: sums of whole numbers are exact in its float64, so results must be equal."""

import itertools
import random

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402, N812

from scripts.export import integer_attention, integer_elements, integer_maps, integer_weights  # noqa: E402
from scripts.export.windows import sides  # noqa: E402

CASES = 200


def floats(x):
    return torch.from_numpy(np.asarray(x, np.float64))


def rounded(values, multiplier, shift):
    """Nearest int8, halves up, of float64 sums; the products here stay far below 2^53."""
    scaled = torch.floor(values * multiplier / 2.0**shift + 0.5)
    return scaled.clamp(-128, 127).numpy().astype(np.int64)


class Drawn:
    def __init__(self, seed):
        self.random, self.numbers = random.Random(seed), np.random.default_rng(seed)

    def int8(self, *shape):
        return self.numbers.integers(-128, 128, shape)

    def scale(self):
        return self.random.randint(0, 2000), self.random.randint(10, 22)

    def side(self, most=12):
        return self.random.choice([1, 2, self.random.randint(1, most)])

    def pairs(self, most):
        return [self.random.choice([1, 1, self.random.randint(1, most)]) for _ in "yx"]


def drawn_cases(first):
    return [Drawn(first + i) for i in range(CASES)]


def fitting_cases(first, make):
    """CASES drawings for which `make` returns a case, each with its case."""
    drawn = ((d, make(d)) for d in map(Drawn, itertools.count(first)))
    return itertools.islice(((d, case) for d, case in drawn if case), CASES)


def padded(x, padding, value=0.0):
    top, left, bottom, right = padding
    return F.pad(floats(x)[None], (left, right, top, bottom), value=value)


def convolution(d):
    groups = d.random.choice([1, 1, d.side(4)])
    kernel, stride, dilation = d.pairs(5), d.pairs(6), d.pairs(3)
    padding = [d.random.choice([0, 1, d.random.randint(0, 9)]) for _ in range(4)]
    x = d.int8(groups * d.side(3), d.side(), d.side())
    weight = d.int8(groups * d.side(3), len(x) // groups, *kernel)
    none = min(s.positions for s in sides(x.shape[1:], kernel, stride, padding, dilation)) < 1
    return None if none else (x, weight, stride, dilation, padding, groups)


def test_conv2d():
    for d, (x, weight, stride, dilation, padding, groups) in fitting_cases(1000, convolution):
        outputs = len(weight)
        bias, multiplier = d.int8(outputs) * 900, d.numbers.integers(0, 2000, outputs)
        shift, relu = d.random.randint(8, 24), d.random.random() < 0.5
        y = integer_weights.conv2d(x, weight, bias, multiplier, shift, stride, dilation, padding, groups, relu)
        sums = F.conv2d(padded(x, padding), floats(weight), floats(bias), stride, 0, dilation, groups)[0]
        expected = rounded(sums, floats(multiplier)[:, None, None], shift)
        assert np.array_equal(y, np.maximum(expected, 0) if relu else expected)


def pool(d):
    """Symmetric padding of at most half a window, as PyTorch has it."""
    kernel, stride = d.pairs(5), d.pairs(7)
    half = [d.random.randint(0, k // 2) for k in kernel]
    x, ceil_mode = d.int8(d.side(3), d.side(), d.side()), d.random.random() < 0.5
    around = sides(x.shape[1:], kernel, stride, half * 2, None, ceil_mode)
    room = min(s.size + s.before + s.behind - s.extent for s in around)
    return None if room < 0 else (x, kernel, stride, half, ceil_mode)


def test_max_pool2d():
    for _, (x, kernel, stride, half, ceil_mode) in fitting_cases(2000, pool):
        y = integer_maps.max_pool2d(x, kernel, stride, [1, 1], half * 2, ceil_mode)
        expected = F.max_pool2d(floats(x)[None], kernel, stride, half, ceil_mode=ceil_mode)[0]
        assert np.array_equal(y, expected.numpy())


def uneven_pool(d):
    kernel, stride, dilation = d.pairs(4), d.pairs(4), d.pairs(3)
    x, padding = d.int8(d.side(3), d.side(), d.side()), [d.random.choice([0, 0, 0, 1, 2]) for _ in range(4)]
    around = sides(x.shape[1:], kernel, stride, padding, dilation)
    none = any(s.positions < 1 for s in around)
    return None if none else (x, kernel, stride, dilation, padding, around)


def test_max_pool2d_with_dilation_and_uneven_padding():
    """Windows without an element, which a trace must not have, are those of which PyTorch finds no greatest one."""
    empty = 0
    for _, (x, kernel, stride, dilation, padding, around) in fitting_cases(3000, uneven_pool):
        y = integer_maps.max_pool2d(x, kernel, stride, dilation, padding, False)
        expected = F.max_pool2d(padded(x, padding, -np.inf), kernel, stride, 0, dilation)[0].numpy()
        assert np.isinf(expected).any() == any(s.has_empty_window() for s in around)
        empty += np.isinf(expected).any()
        assert np.array_equal(y, np.where(np.isinf(expected), integer_maps.NOTHING, expected))
    assert 20 < empty < CASES - 20


@pytest.mark.parametrize("count_padding", [False, True])
def test_average_pool2d(count_padding):
    """PyTorch gives the quotient of the sum and the number of elements; a scale of one is to round it."""
    for d, (x, kernel, stride, half, ceil_mode) in fitting_cases(4000, pool):
        shift = d.random.randint(0, 10)
        y = integer_maps.average_pool2d(x, kernel, stride, half * 2, ceil_mode, count_padding, 1 << shift, shift)
        mean = F.avg_pool2d(floats(x)[None], kernel, stride, half, ceil_mode, count_padding)[0]
        # a mean of at most 25 elements is a half or at least 1 / 50 away from one
        assert np.array_equal(y, np.floor(mean.numpy() + 0.5 + 1e-6).clip(-128, 127))


def test_average_pool2d_with_uneven_padding_counts_all_of_it():
    """As a pool of a map with zeros around it."""
    for d, (x, kernel, stride, _, padding, _) in fitting_cases(17000, uneven_pool):
        around = sides(x.shape[1:], kernel, stride, padding)
        if min(s.positions for s in around) < 1:
            continue
        y = integer_maps.average_pool2d(x, kernel, stride, padding, False, True, 4, 2)
        mean = F.avg_pool2d(padded(x, padding), kernel, stride)[0]
        assert np.array_equal(y, np.floor(mean.numpy() + 0.5 + 1e-6).clip(-128, 127))


def test_global_average():
    for d in drawn_cases(5000):
        x = d.int8(d.side(4), d.side(9), d.side(9))
        y = integer_maps.global_average(x, 1 << 7, 7)
        assert np.array_equal(y, np.floor(F.adaptive_avg_pool2d(floats(x), 1).numpy() + 0.5 + 1e-6))
        y = integer_maps.global_average(x[:, :, 0], 1 << 7, 7)
        assert np.array_equal(y, np.floor(floats(x[:, :, 0]).mean(0, keepdim=True).numpy() + 0.5 + 1e-6))


def test_linear():
    for d in drawn_cases(6000):
        x = d.int8(d.side(6), d.side(20))
        weight = d.int8(d.side(20), x.shape[1])
        bias, multiplier = d.int8(len(weight)) * 500, d.numbers.integers(0, 2000, len(weight))
        shift = d.random.randint(10, 22)
        sums = F.linear(floats(x), floats(weight), floats(bias))
        y = integer_weights.linear(x, weight, bias, multiplier, shift, False)
        assert np.array_equal(y, rounded(sums, floats(multiplier), shift))


def test_transposed_convolution_is_zeros_between_pixels_and_a_convolution():
    for d in drawn_cases(7000):
        channels, outputs, factor = d.side(3), d.side(3), d.pairs(3)
        kernel = [f + d.random.randint(0, 2) for f in factor]
        x, weight = d.int8(channels, d.side(6), d.side(6)), d.int8(channels, outputs, *kernel)
        spread = integer_maps.upsample(x, factor, "zeros")
        turned = weight[:, :, ::-1, ::-1].swapaxes(0, 1)
        padding = [kernel[0] - 1, kernel[1] - 1] * 2
        zeros = np.zeros(outputs, np.int64)
        y = integer_weights.conv2d(spread, turned, zeros, zeros + 3, 16, [1, 1], [1, 1], padding, 1, False)
        sums = F.conv_transpose2d(floats(x)[None], floats(weight), stride=factor)[0]
        assert np.array_equal(y, rounded(sums, 3, 16))


def test_upsample_nearest_and_flatten():
    for d in drawn_cases(8000):
        x, factor = d.int8(d.side(3), d.side(6), d.side(6)), d.pairs(4)
        expected = torch.nn.Upsample(scale_factor=tuple(map(float, factor)))(floats(x)[None])[0]
        assert np.array_equal(integer_maps.upsample(x, factor, "nearest"), expected.numpy())
        assert np.array_equal(integer_maps.flatten(x, "features"), torch.flatten(floats(x)[None], 1).numpy())
        assert np.array_equal(integer_maps.flatten(x, "tokens"), floats(x).flatten(1).T.numpy())


def test_elements_and_pieces():
    for d in drawn_cases(9000):
        x = d.int8(d.side(4), d.side(5), d.side(5))
        y = d.int8(*(x.shape if d.random.random() < 0.5 else (len(x), 1, 1)))
        (m, shift), n = d.scale(), d.random.randint(0, 2000)
        total = floats(x) * m + floats(y) * n
        assert np.array_equal(integer_elements.add(x, y, m, n, shift, True), rounded(total, 1, shift).clip(0))
        product = floats(x) * floats(y)
        assert np.array_equal(integer_elements.multiply(x, y, m, shift), rounded(product, m, shift))
        z = d.int8(d.side(4), *x.shape[1:])
        found = integer_elements.concat(x, z, axis="features", multipliers=[m, n], shift=shift)
        assert np.array_equal(found, rounded(torch.cat([floats(x) * m, floats(z) * n]), 1, shift))
        rows = found.reshape(len(found), -1)
        begin = d.random.randrange(rows.shape[1])
        size = d.random.randint(1, rows.shape[1] - begin)
        for axis, dimension in (("features", 1), ("tokens", 0)):
            if axis == "features" or begin + size <= len(rows):
                expected = floats(rows).narrow(dimension, begin, size).numpy()
                assert np.array_equal(integer_elements.split(rows, axis, begin, size), expected)


def test_local_response_norm_sums_the_squares_that_pytorch_sums():
    """The table returns the sum itself: x of 1 or -1 shows it. PyTorch divides by the size."""
    for d in drawn_cases(10000):
        size = d.random.choice([1, 2, 3, 4, 5, d.random.randint(1, 9)])
        x = d.numbers.choice([-1, 1], (d.side(9), d.side(4), d.side(4))) * d.random.randint(1, 3)
        table = np.arange(200) * 100
        y = integer_maps.local_response_norm(x, table, size, 0, 7)
        squares = floats(x / F.local_response_norm(floats(x)[None], size, 1.0 * size, 1.0, 0.0)[0].numpy())
        expected = rounded(floats(x) * torch.round(squares) * 100, 1, 7)
        assert np.array_equal(y, expected)


def hidden(queries, keys, mask, window):
    distance = torch.arange(keys)[None] - torch.arange(queries)[:, None]
    unseen = distance > 0 if mask == "causal" else torch.zeros(queries, keys, dtype=torch.bool)
    if window:
        unseen = unseen | (distance <= -window) | (distance >= window)
    return unseen


def attention_case(d):
    kv_heads, repeat, size = d.side(3), d.side(3), d.side(4)
    queries = d.side(7)
    keys = queries if d.random.random() < 0.6 else d.side(7)
    window = d.random.randint(1, 5) if keys == queries and d.random.random() < 0.5 else None
    return kv_heads, kv_heads * repeat, size, queries, keys, d.random.choice(["none", "causal"]), window


def by_head(x, heads, repeat):
    """[heads, rows, features]; heads of keys serve several queries' heads, one after the other"""
    return torch.repeat_interleave(floats(x).unflatten(1, (heads, -1)).transpose(0, 1), repeat, 0)


def test_attention_scores():
    for d in drawn_cases(11000):
        kv_heads, heads, size, queries, keys, mask, window = attention_case(d)
        q, k, (m, shift) = d.int8(queries, heads * size), d.int8(keys, kv_heads * size), d.scale()
        bias = d.int8(heads, 2 * 7 - 1) * 1000 if d.random.random() < 0.5 else None
        y = integer_attention.attention_scores(q, k, heads, kv_heads, m, shift, mask, window, bias)
        sums = torch.einsum("hqc,hkc->hqk", by_head(q, heads, 1), by_head(k, kv_heads, heads // kv_heads)) * m
        if bias is not None:
            for i in range(queries):
                sums[:, i] += floats(bias[:, 6 - i : 6 - i + keys])
        expected = np.where(hidden(queries, keys, mask, window), 0, rounded(sums, 1, shift))
        assert np.array_equal(y, expected)


def test_softmax_is_near_that_of_pytorch():
    """Its table is rounded and it counts in 127ths: half a step, and what the table's rounding moves."""
    table, worst = np.rint(65535 * np.exp(-np.arange(256) * 0.03)).astype(np.int64), 0.0
    for d in drawn_cases(12000):
        *_, queries, keys, mask, window = attention_case(d)
        scores = d.int8(2, queries, keys)
        unseen = hidden(queries, keys, mask, window)
        y = integer_attention.softmax(scores, table, mask, window)
        exact = torch.softmax((floats(scores) * 0.03).masked_fill(unseen, -torch.inf), -1).numpy() * 127
        worst = max(worst, np.abs(y - exact).max())
        assert not y[:, unseen.numpy()].any()
    assert 0.4 < worst < 0.51


def test_attention_values():
    for d in drawn_cases(13000):
        kv_heads, heads, size, queries, keys, *_ = attention_case(d)
        p, v, (m, shift) = d.numbers.integers(0, 128, (heads, queries, keys)), d.int8(keys, kv_heads * size), d.scale()
        y = integer_attention.attention_values(p, v, heads, kv_heads, m, shift)
        sums = torch.bmm(floats(p), by_head(v, kv_heads, heads // kv_heads))
        assert np.array_equal(y, rounded(sums.transpose(0, 1).flatten(1), m, shift))


def test_norm_is_near_that_of_pytorch():
    """Deviations are whole numbers, as means are: with large multipliers, one of 2^15 steps."""
    worst = 0.0
    for d in drawn_cases(14000):
        rows, features = d.side(4), d.random.randint(2, 20)
        x, y = d.int8(rows, features), d.int8(rows, features)
        gamma, beta = d.numbers.integers(-12000, 12000, features), d.numbers.integers(-(2**28), 2**28, features)
        constants = dict(gamma=gamma, beta=beta, x_multiplier=60000, y_multiplier=40000, shift=23)
        total = floats(x) * 60000 + floats(y) * 40000
        scaled = floats(gamma) / 2**8, floats(beta) / 2**23
        layer = F.layer_norm(total, (features,), *scaled, eps=0)
        rms = total / total.square().mean(1, keepdim=True).sqrt() * scaled[0] + scaled[1]
        for norm, exact in (("layer", layer), ("rms", rms)):
            found = integer_elements.norm(x, y, norm=norm, **constants)
            worst = max(worst, np.abs(found - exact.clamp(-128, 127).numpy()).max())
    assert 0.4 < worst < 0.51


def test_rotary_is_a_product_of_complex_numbers():
    for d in drawn_cases(15000):
        heads, pairs, rest, rows, begin = d.side(3), d.side(4), d.side(3) - 1, d.side(5), d.random.randint(0, 3)
        size = 2 * pairs + rest
        x, (m, shift) = d.int8(rows, heads * size), d.scale()
        cosine, sine = (d.numbers.integers(-3000, 3000, (rows + begin, pairs)) for _ in "cs")
        turn = torch.complex(floats(cosine[begin:]), floats(sine[begin:]))[:, None]
        by_heads = floats(x).unflatten(1, (heads, size))
        for order in ("halves", "neighbours"):
            places = torch.arange(2 * pairs).reshape(2, pairs) if order == "halves" else torch.arange(2 * pairs).reshape(pairs, 2).T
            turned = torch.complex(*(by_heads[..., p] for p in places)) * turn
            expected = by_heads * m
            expected[..., places[0]], expected[..., places[1]] = turned.real, turned.imag
            y = integer_elements.rotary(x, cosine, sine, heads, order, m, shift, begin)
            assert np.array_equal(y, rounded(expected.flatten(1), 1, shift))


def test_embedding_and_activation():
    for d in drawn_cases(16000):
        table = d.int8(d.side(9), d.side(6))
        tokens = d.numbers.integers(0, len(table), d.side(6))
        (m, shift), begin = d.scale(), d.random.randint(0, 3)
        positions = d.int8(len(tokens) + begin, table.shape[1])
        sums = F.embedding(torch.from_numpy(tokens), floats(table)) * m + floats(positions[begin:]) * 77
        y = integer_weights.embedding(tokens, table, m, shift, positions, 77, begin)
        assert np.array_equal(y, rounded(sums, 1, shift))
        entries = d.int8(256)
        expected = torch.from_numpy(entries)[torch.from_numpy(y) + 128]
        assert np.array_equal(integer_elements.activation(y, entries), expected.numpy())
