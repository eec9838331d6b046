"""The arithmetic of tables and weights. Tokens are [T, F], maps [C, H, W]."""

from __future__ import annotations

import numpy as np

from scripts.export.integer_arithmetic import Array, clamp8, product, rectified, rshift
from scripts.export.windows import sides, taps


def embedding(
    tokens: Array,
    table: Array,
    token_multiplier: int,
    shift: int,
    positions: Array | None = None,
    position_multiplier: int = 0,
    first_row: int = 0,
) -> Array:
    """tokens [T], table [V, F], positions [M, F] -> [T, F]; `first_row`: position of token 0"""
    parts = table[tokens].astype(np.int64) * token_multiplier
    if positions is not None:
        rows = positions[first_row : first_row + len(tokens)].astype(np.int64)
        parts = parts + rows * position_multiplier
    return clamp8(rshift(parts, shift))


def constant(value: Array) -> Array:
    return value


def logits(x: Array, weight: Array, bias: Array, multiplier: Array, shift: int) -> Array:
    """x [T, W], weight [F, W], bias and multiplier [F] -> [T, F], not clamped"""
    return rshift((product(x, weight.T) + bias) * multiplier, shift)


def linear(
    x: Array, weight: Array, bias: Array, multiplier: Array, shift: int, relu: bool
) -> Array:
    """As logits, clamped to int8, negative values to 0 with relu."""
    return rectified(logits(x, weight, bias, multiplier, shift), relu)


def conv2d(
    x: Array,
    weight: Array,
    bias: Array,
    multiplier: Array,
    shift: int,
    stride: list[int],
    dilation: list[int],
    padding: list[int],
    groups: int,
    relu: bool,
) -> Array:
    """x [C, H, W], weight [O, C / groups, R, S], bias and multiplier [O] -> [O, rows, columns]"""
    outputs, channels, *kernel = weight.shape
    around = sides(x.shape[1:], kernel, stride, padding, dilation)
    rows, columns = (side.positions for side in around)
    # [groups, O / groups, C / groups, R, S] times [groups, C / groups, places], kernel by kernel
    grouped = weight.reshape(groups, outputs // groups, channels, *kernel).astype(np.float64)
    sums = np.zeros((groups, outputs // groups, rows * columns))
    for r, s, seen in taps(x.astype(np.float64), around, 0.0):
        sums += grouped[..., r, s] @ seen.reshape(groups, channels, -1)
    totals = sums.reshape(outputs, -1).astype(np.int64) + bias[:, None]
    y = rectified(rshift(totals * multiplier[:, None], shift), relu)
    return y.reshape(outputs, rows, columns)
