"""The arithmetic of operators on maps [C, H, W]."""

from __future__ import annotations

import math

import numpy as np

from scripts.export.integer_arithmetic import Array, clamp8, nearest, rshift
from scripts.export.windows import Side, Sides, sides, taps

NOTHING = -129  # below all of int8


def max_pool2d(
    x: Array,
    kernel: list[int],
    stride: list[int],
    dilation: list[int],
    padding: list[int],
    ceil_mode: bool,
) -> Array:
    around = sides(x.shape[1:], kernel, stride, padding, dilation, ceil_mode)
    greatest = np.full(_pooled(x, around), NOTHING, np.int64)
    for _, _, seen in taps(x, around, NOTHING):
        np.maximum(greatest, seen, out=greatest)
    return greatest


def average_pool2d(
    x: Array,
    kernel: list[int],
    stride: list[int],
    padding: list[int],
    ceil_mode: bool,
    count_padding: bool,
    multiplier: int,
    shift: int,
) -> Array:
    around = sides(x.shape[1:], kernel, stride, padding, None, ceil_mode)
    total = np.zeros(_pooled(x, around), np.int64)
    for _, _, seen in taps(x, around, 0):
        total += seen
    number = _places(around[0], count_padding)[:, None] * _places(around[1], count_padding)
    return clamp8(nearest(total * multiplier, number << shift))


def _pooled(x: Array, around: Sides) -> tuple[int, int, int]:
    return len(x), around[0].positions, around[1].positions


def _places(side: Side, count_padding: bool) -> Array:
    """How many rows, or columns, of each window are in the map, or in it and its padding."""
    first = np.arange(side.positions) * side.stride - side.before
    low, high = (-side.before, side.size + side.behind) if count_padding else (0, side.size)
    return np.minimum(first + side.extent, high) - np.maximum(first, low)


def global_average(x: Array, multiplier: int, shift: int) -> Array:
    """[C, H, W] -> [C, 1, 1], or [T, F] -> [1, F]"""
    axes = (1, 2) if x.ndim == 3 else (0,)
    number = math.prod(x.shape[axis] for axis in axes)
    return clamp8(nearest(x.sum(axes, keepdims=True) * multiplier, number << shift))


def upsample(x: Array, factor: list[int], fill: str) -> Array:
    if fill == "nearest":
        return x.repeat(factor[0], 1).repeat(factor[1], 2)
    channels, rows, columns = x.shape
    y = np.zeros((channels, (rows - 1) * factor[0] + 1, (columns - 1) * factor[1] + 1), np.int64)
    y[:, :: factor[0], :: factor[1]] = x
    return y


def flatten(x: Array, to: str) -> Array:
    """[1, all elements], or pixels [H W, C]"""
    return x.reshape(1, -1) if to == "features" else x.reshape(len(x), -1).T


def unflatten(x: Array, shape: list[int]) -> Array:
    return x.reshape(shape)


def local_response_norm(x: Array, table: Array, size: int, table_shift: int, shift: int) -> Array:
    squares = np.pad(x * x, ((size // 2, (size - 1) // 2), (0, 0), (0, 0)))
    total = sum(squares[i : i + len(x)] for i in range(size))
    return clamp8(rshift(x * table[np.minimum(total >> table_shift, len(table) - 1)], shift))
