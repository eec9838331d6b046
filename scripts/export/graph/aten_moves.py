"""ATen calls that move elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scripts.export.graph.aten import Translation
from scripts.export.graph.primitives import Node, padded


def _same(t: Translation, self: Node, **_: Any) -> Node:
    return self


def _reshape(t: Translation, self: Node, **_: Any) -> Node:
    return t.reshaped(self, t.shape)


def _permute(t: Translation, self: Node, dims: Sequence[int]) -> Node:
    return t.move(self, lambda a: a.transpose(dims))


def _transpose(t: Translation, self: Node, dim0: int = 0, dim1: int = 1) -> Node:
    if len(self.shape) < 2:
        return self
    return t.move(self, lambda a: a.swapaxes(dim0, dim1))


def _expand(t: Translation, self: Node, **_: Any) -> Node:
    shape = t.shape
    return t.move(self, lambda a: np.broadcast_to(a, shape), shape == self.shape)


def _repeat(t: Translation, self: Node, repeats: Sequence[int]) -> Node:
    return t.move(self, lambda a: np.tile(a, repeats))


def _select(t: Translation, self: Node, dim: int, index: int) -> Node:
    return t.move(self, lambda a: np.take(a, index, dim))


def _slice(
    t: Translation, self: Node, dim: int, start: int | None, end: int | None, step: int
) -> Node:
    part = (slice(None),) * (dim % len(self.shape)) + (slice(start, end, step),)
    return t.move(self, lambda a: a[part])


def _split(t: Translation, self: Node, split_size: Any = None, dim: int = 0, **names: Any) -> list:
    sizes = names.get("split_sizes", split_size)
    if isinstance(sizes, int):
        sizes = [shape[dim] for shape in t.call.shapes]
    ends = np.cumsum(sizes)
    return [part(t, self, int(end - size), int(end), dim) for end, size in zip(ends, sizes)]


def part(t: Translation, x: Node, begin: int, end: int, dim: int) -> Node:
    part = (slice(None),) * (dim % len(x.shape)) + (slice(begin, end),)
    shape = list(x.shape)
    shape[dim] = end - begin
    return t.move(x, lambda a: a[part], shape=tuple(shape))


def _unbind(t: Translation, self: Node, dim: int) -> list:
    return [
        t.move(self, lambda a, i=i: np.take(a, i, dim), shape=t.shape)
        for i in range(self.shape[dim])
    ]


def _flip(t: Translation, self: Node, dims: Sequence[int]) -> Node:
    return t.move(self, lambda a: np.flip(a, dims))


def _roll(t: Translation, self: Node, shifts: Sequence[int], dims: Sequence[int]) -> Node:
    return t.move(self, lambda a: np.roll(a, shifts, tuple(dims) or None))


def _index_select(t: Translation, self: Node, dim: int, index: Any) -> Node:
    t.weights(index)
    return t.move(self, lambda a: np.take(a, index, dim))


def _index(t: Translation, self: Node, indices: Sequence[Any]) -> Node:
    t.weights(*indices)
    if not isinstance(self, Node):
        t.refuse("a table that is indexed by tokens without an Embedding", "use nn.Embedding")
    key = tuple(slice(None) if index is None else index for index in indices)
    return t.move(self, lambda a: a[key])


def _as_strided(t: Translation, self: Node, index: np.ndarray) -> Node:
    return t.move(self, lambda a: a.ravel()[index])


def _cat(t: Translation, tensors: Sequence[Any], dim: int) -> Node:
    parts = [x for x in tensors if x.shape != (0,)]
    return t.node("join", parts, t.shape, axis=dim % len(t.shape))


def _stack(t: Translation, tensors: Sequence[Any], dim: int) -> Node:
    dim %= len(t.shape)
    shape = (*t.shape[:dim], 1, *t.shape[dim + 1 :])
    return t.node("join", [t.reshaped(x, shape) for x in tensors], t.shape, axis=dim)


def _pad(t: Translation, self: Node, pad: Sequence[int], value: float) -> Node:
    """A negative number cuts off."""
    if value:
        t.refuse(f"padding with {value:g}", "pad maps with 0, and leave tokens as they are given")
    rest = [0] * (len(self.shape) - len(pad) // 2)
    return padded(t, self, rest + list(pad[-2::-2]), rest + list(pad[::-2]))


TRANSLATIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(["alias", "clone", "contiguous", "detach", "lift_fresh", "_to_copy"], _same),
    **dict.fromkeys(
        ["view", "_unsafe_view", "reshape", "_reshape_alias", "unsqueeze", "squeeze", "flatten"],
        _reshape,
    ),
    "permute": _permute,
    **dict.fromkeys(["t", "transpose"], _transpose),
    "expand": _expand,
    "repeat": _repeat,
    "select": _select,
    "slice": _slice,
    **dict.fromkeys(["split", "split_with_sizes"], _split),
    "unbind": _unbind,
    "flip": _flip,
    "roll": _roll,
    "as_strided": _as_strided,
    "index_select": _index_select,
    "index": _index,
    "cat": _cat,
    "stack": _stack,
    "constant_pad_nd": _pad,
}
