"""Which map [C, H, W] an index into another one makes: chosen channels, windows of rows and columns,
zeros around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.export.graph.builder import Builder
from scripts.export.graph.network import FloatOperator

Array = np.ndarray
MOST = 255  # of a kernel, a stride or padding


@dataclass(frozen=True)
class Range:
    """begin, begin + step, ... of rows or columns: `count` of them."""

    begin: int
    step: int
    count: int

    def kernel(self, size: int) -> int:
        """Of a window whose element `begin` is taken, and which fits `size` elements `count` times."""
        return max(self.begin + 1, size - self.count * self.step + 1)


def map_of(b: Builder, base: FloatOperator, index: Array) -> FloatOperator | None:
    """An operator that makes base[index], -1 standing for a 0; None where none does."""
    key = ("map", base, index.shape, index.tobytes())
    if key not in b.known:
        found = _map_of(b, base, index)
        if found is None:
            return None
        b.known[key] = found
    return b.known[key]


def _map_of(b: Builder, base: FloatOperator, index: Array) -> FloatOperator | None:
    used = index >= 0
    if not used.any():
        return b.constant(np.zeros(index.shape))
    if not used.any((1, 2)).all():
        return _with_zero_channels(b, base, index, used.any((1, 2)))
    if not used.all():
        boxed = without_padding(index)
        inner = None if boxed is None else map_of(b, base, boxed[0])
        return None if inner is None else _padded(b, inner, boxed[1])
    _, height, width = base.shape
    channels, places = index // (height * width), index % (height * width)
    rows, columns = places[0, :, 0] // width, places[0, 0] % width
    ranges = [_range(rows), _range(columns)]
    is_grid = (places == rows[:, None] * width + columns).all()
    if None in ranges or not is_grid or (channels != channels[:, :1, :1]).any():
        return None
    return _windowed(b, _channels(b, base, channels[:, 0, 0]), ranges)


def without_padding(index: Array) -> tuple[Array, list[int]] | None:
    """The part without zeros, and [top, left, bottom, right] of them around it."""
    inside = np.argwhere(index >= 0)
    (_, top, left), (_, bottom, right) = inside.min(0), inside.max(0) + 1
    inner = index[:, top:bottom, left:right]
    padding = [int(n) for n in (top, left, index.shape[1] - bottom, index.shape[2] - right)]
    return None if (inner < 0).any() or max(padding) > MOST else (inner, padding)


def _padded(b: Builder, x: FloatOperator, padding: list[int]) -> FloatOperator:
    ones = np.ones(x.shape[0])
    return b.convolution(x, ones[:, None, None, None], 0 * ones, padding=padding, groups=len(ones))


def _with_zero_channels(
    b: Builder, base: FloatOperator, index: Array, used: Array
) -> FloatOperator | None:
    ends = [0, *np.flatnonzero(np.diff(used)) + 1, len(used)]
    parts = [map_of(b, base, index[begin:end]) for begin, end in zip(ends, ends[1:])]
    return None if None in parts else b.make("concat", parts, index.shape, axis="features")


def _range(places: Array) -> Range | None:
    steps = np.diff(places)
    step = int(steps[0]) if len(steps) else 1
    if step < 1 or (steps != step).any():
        return None
    return Range(int(places[0]), step, len(places))


def _windowed(b: Builder, x: FloatOperator, ranges: list[Range]) -> FloatOperator | None:
    """Pools of one element where those only skip, else convolutions that take one element of a window."""
    kernels = [r.kernel(size) for r, size in zip(ranges, x.shape[1:])]
    stride = [r.step for r in ranges]
    if max(*kernels, *stride) > MOST:
        return None
    if kernels == [1, 1]:
        return x if stride == [1, 1] else _skipped(b, x, ranges, stride)
    for axis in (0, 1):
        if kernels[axis] > 1 or stride[axis] > 1:
            x = _taken(b, x, axis, kernels[axis], ranges[axis])
    return x


def _skipped(b: Builder, x: FloatOperator, ranges: list[Range], stride: list[int]) -> FloatOperator:
    shape = (x.shape[0], *(r.count for r in ranges))
    fields = {"stride": stride, "padding": [0] * 4, "dilation": [1, 1], "ceil_mode": False}
    return b.once("max_pool2d", x, shape, {"kernel": [1, 1], **fields})


def _taken(b: Builder, x: FloatOperator, axis: int, kernel: int, rows: Range) -> FloatOperator:
    size, stride = ([n if i == axis else 1 for i in (0, 1)] for n in (kernel, rows.step))
    weight = np.zeros((x.shape[0], 1, kernel))
    weight[:, 0, rows.begin] = 1
    weight = weight.reshape(x.shape[0], 1, *size)
    return b.convolution(x, weight, np.zeros(len(weight)), stride=stride, groups=len(weight))


def _channels(b: Builder, base: FloatOperator, channels: Array) -> FloatOperator:
    if base.kind == "conv2d" and base["groups"] == 1:
        return b.rows(base, channels)
    if (np.diff(channels) == 1).all():
        return b.split(base, "features", channels[0], len(channels))
    weight = np.zeros((len(channels), base.shape[0], 1, 1))
    weight[np.arange(len(channels)), channels] = 1  # any other choice of channels
    return b.convolution(base, weight, np.zeros(len(channels)))
