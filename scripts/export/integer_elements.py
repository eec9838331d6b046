"""The arithmetic of operators that work element by element or row by row, and of those that join
and cut. Tokens are [T, F], maps [C, H, W].
"""

from __future__ import annotations

import numpy as np

from scripts.export.integer_arithmetic import Array, clamp8, integer_sqrt, rectified, rshift


def add(
    x: Array, y: Array, x_multiplier: int, y_multiplier: int, shift: int, relu: bool
) -> Array:
    """y: as x, or one row or pixel for all"""
    return rectified(rshift(x * x_multiplier + y * y_multiplier, shift), relu)


def multiply(x: Array, y: Array, multiplier: int, shift: int) -> Array:
    return clamp8(rshift(x * y * multiplier, shift))


def _axis(x: Array, axis: str) -> int:
    return 1 if x.ndim == 2 and axis == "features" else 0


def concat(*inputs: Array, axis: str, multipliers: list[int], shift: int) -> Array:
    parts = [clamp8(rshift(x * m, shift)) for x, m in zip(inputs, multipliers, strict=True)]
    return np.concatenate(parts, _axis(parts[0], axis))


def split(x: Array, axis: str, begin: int, size: int) -> Array:
    piece = slice(begin, begin + size)
    return x[:, piece] if _axis(x, axis) else x[piece]


def activation(x: Array, table: Array) -> Array:
    """table [256]: of x + 128"""
    return table[x + 128]


def norm(
    x: Array,
    y: Array | None = None,
    *,
    norm: str,
    gamma: Array,
    beta: Array,
    x_multiplier: int,
    y_multiplier: int = 0,
    shift: int,
) -> Array:
    """x, y [T, F] -> [T, F]: layer or rms normalisation of their weighted sum"""
    d = x.shape[1]
    z = x * x_multiplier + (0 if y is None else y * y_multiplier)
    centred = z - (z.sum(1, keepdims=True) + d // 2) // d if norm == "layer" else z
    deviation = np.maximum(1, integer_sqrt((centred * centred).sum(1, keepdims=True) // d))
    normalised = (centred << 15) // deviation
    return clamp8(rshift(normalised * gamma + beta, shift))


def rotary(
    x: Array,
    cosine: Array,
    sine: Array,
    heads: int,
    pairs: str,
    multiplier: int,
    shift: int,
    first_row: int = 0,
) -> Array:
    """x [T, F], cosine and sine [M, P]; `first_row`: position of row 0"""
    count = cosine.shape[1]
    p = np.arange(count)
    a, b = (p, p + count) if pairs == "halves" else (2 * p, 2 * p + 1)
    split_x = x.reshape(len(x), heads, -1)
    c, s = (table[first_row : first_row + len(x), None] for table in (cosine, sine))
    y = split_x * multiplier
    y[..., a] = split_x[..., a] * c - split_x[..., b] * s
    y[..., b] = split_x[..., b] * c + split_x[..., a] * s
    return clamp8(rshift(y, shift)).reshape(x.shape)
