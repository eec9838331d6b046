"""The arithmetic of every operator, as docs/trace-format.md defines it, on int64 arrays.

L rows are tokens. `first_row` is the position of row 0 in its sentence: decoding may evaluate one
position at a time, and causal attention lets row i see keys 0 .. first_row + i.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def rshift(value: Array, shift: int) -> Array:
    """Division by 2**shift, halves rounded up. Needs |value| < 2**62."""
    return (value + (1 << (shift - 1))) >> shift


def clamp8(value: Array) -> Array:
    return np.clip(value, -128, 127)


def product(a: Array, b: Array) -> Array:
    """Exact integer matrix product: float64 holds every sum below 2**53, and its product is the
    fast one.
    """
    return (a.astype(np.float64, copy=False) @ b.astype(np.float64, copy=False)).astype(np.int64)


def embedding(
    tokens: Array,
    table: Array,
    positions: Array,
    token_multiplier: int,
    position_multiplier: int,
    shift: int,
    first_row: int = 0,
) -> Array:
    """tokens [L], table [V, d], positions [Lmax, d] -> [L, d]"""
    token_part = table[tokens].astype(np.int64) * token_multiplier
    rows = positions[first_row : first_row + len(tokens)].astype(np.int64)
    return clamp8(rshift(token_part + rows * position_multiplier, shift))


def logits(x: Array, weight: Array, bias: Array, multiplier: Array, shift: int) -> Array:
    """x [L, W], weight [H, W], bias and multiplier [H] -> [L, H], not clamped"""
    return rshift((product(x, weight.T) + bias) * multiplier, shift)


def linear(
    x: Array, weight: Array, bias: Array, multiplier: Array, shift: int, relu: bool
) -> Array:
    """As logits, clamped to int8, negative values to 0 with relu."""
    y = clamp8(logits(x, weight, bias, multiplier, shift))
    return np.maximum(y, 0) if relu else y


def split_heads(x: Array, heads: int) -> Array:
    """[L, d] -> [heads, L, d / heads]"""
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def future(rows: int, keys: int, first_row: int) -> Array:
    """[rows, keys] True where a causal row must not look."""
    return np.arange(keys) > np.arange(first_row, first_row + rows)[:, None]


def attention_scores(
    q: Array, k: Array, heads: int, multiplier: int, shift: int, causal: bool, first_row: int = 0
) -> Array:
    """q [Lq, d], k [Lk, d] -> [heads, Lq, Lk], 0 where a causal row must not look"""
    dots = product(split_heads(q, heads), split_heads(k, heads).swapaxes(1, 2))
    scores = clamp8(rshift(dots * multiplier, shift))
    return np.where(future(len(q), len(k), first_row), 0, scores) if causal else scores


def softmax(scores: Array, table: Array, causal: bool, first_row: int = 0) -> Array:
    """scores [heads, Lq, Lk], table [256] -> probabilities in 127ths, 0 where a causal row must not
    look
    """
    hidden = future(*scores.shape[1:], first_row) if causal else np.zeros(scores.shape[1:], bool)
    maximum = np.where(hidden, -128, scores).max(-1, keepdims=True)
    exponentials = np.where(
        hidden, 0, table.astype(np.int64)[np.where(hidden, 0, maximum - scores)]
    )
    total = exponentials.sum(-1, keepdims=True)
    return (127 * exponentials + total // 2) // total


def attention_values(p: Array, v: Array, heads: int, multiplier: int, shift: int) -> Array:
    """p [heads, Lq, Lk], v [Lk, d] -> [Lq, d]"""
    sums = product(p, split_heads(v, heads)).swapaxes(0, 1).reshape(p.shape[1], -1)
    return clamp8(rshift(sums * multiplier, shift))


def integer_sqrt(value: Array) -> Array:
    """floor(sqrt(value)) for 0 <= value < 2**52; the float result may be one off, the two lines
    after it are not.
    """
    root = np.sqrt(value.astype(np.float64)).astype(np.int64)
    root -= root * root > value
    return root + ((root + 1) * (root + 1) <= value)


def add_norm(
    x: Array, y: Array, gamma: Array, beta: Array, x_multiplier: int, y_multiplier: int, shift: int
) -> Array:
    """x, y [L, d] -> [L, d]: layer normalisation of their weighted sum"""
    d = x.shape[1]
    z = x * x_multiplier + y * y_multiplier
    centred = z - (z.sum(1, keepdims=True) + d // 2) // d
    deviation = np.maximum(1, integer_sqrt((centred * centred).sum(1, keepdims=True) // d))
    normalised = (centred << 15) // deviation
    return clamp8(rshift(normalised * gamma + beta, shift))
