"""ONNX nodes that move elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scripts.export.graph.onnx_translation import Attributes, Translation
from scripts.export.graph.primitives import Array, Node, padded


def _same(t: Translation, a: Attributes, x: Node, *_: Any) -> Node:
    return x


def _reshape(t: Translation, a: Attributes, x: Node, *_: Any) -> Node:
    shape = t.shape
    return t.move(x, lambda v: v.reshape(shape), True)


def _transpose(t: Translation, a: Attributes, x: Node) -> Node:
    order = a.get("perm") or list(range(len(x.shape)))[::-1]
    return t.move(x, lambda v: v.transpose(order))


def _expand(t: Translation, a: Attributes, x: Node, _: Array) -> Node:
    shape = t.shape
    return t.move(x, lambda v: np.broadcast_to(v, shape), shape == x.shape)


def _tile(t: Translation, a: Attributes, x: Node, repeats: Array) -> Node:
    return t.move(x, lambda v: np.tile(v, [int(r) for r in repeats]))


def _slice(t: Translation, a: Attributes, x: Node, starts, ends, axes=None, steps=None) -> Node:
    t.fixed(starts, ends, axes, steps)
    index = [slice(None)] * len(x.shape)
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    for axis, start, end, step in zip(axes, starts, ends, steps):
        index[int(axis)] = slice(int(start), int(end), int(step))
    return t.move(x, lambda v: v[tuple(index)])


def _split(t: Translation, a: Attributes, x: Node, *_: Any) -> list[Node]:
    axis, begin, parts = a.get("axis", 0) % len(x.shape), 0, []
    for shape in t.shapes:
        index = (slice(None),) * axis + (slice(begin, begin + shape[axis]),)
        parts.append(t.move(x, lambda v, index=index: v[index], shape=shape))
        begin += shape[axis]
    return parts


def _gather(t: Translation, a: Attributes, x: Any, index: Any) -> Node:
    axis = a.get("axis", 0)
    if isinstance(x, Node):
        t.fixed(index)
        return t.move(x, lambda v: np.take(v, index.astype(int), axis))
    if axis or np.ndim(x) != 2:
        t.refuse("a Gather by tokens that is no embedding", "look tokens up in rows of a matrix")
    return t.node("embedding", [index], t.shape, table=np.asarray(x, float))


def _concat(t: Translation, a: Attributes, *parts: Any) -> Node:
    return t.node("join", parts, t.shape, axis=a["axis"] % len(t.shape))


def _pad(t: Translation, a: Attributes, x: Node, pads: Array, value=None, axes=None) -> Node:
    """A negative number cuts off."""
    t.fixed(pads, value, axes)
    if value is not None and np.any(value):
        t.refuse("a Pad with something else than zeros", "pad with zeros")
    ends, rank = [int(p) for p in pads], len(x.shape)
    places = range(rank) if axes is None else [int(axis) % rank for axis in axes]
    before, after = [0] * rank, [0] * rank
    for i, place in enumerate(places):
        before[place], after[place] = ends[i], ends[i + len(places)]
    return padded(t, x, before, after)


def _resize(t: Translation, a: Attributes, x: Node, *_: Any) -> Node:
    if len(x.shape) != 4 or t.shape[:2] != x.shape[:2]:
        t.refuse("a Resize of other dimensions than rows and columns", "resize maps")
    return t.node("upsample", [x], t.shape, factor=[b // a for a, b in zip(x.shape[2:], t.shape[2:])])


TRANSLATIONS: dict[str, Callable[..., Node | list[Node]]] = {
    **dict.fromkeys(["Cast", "Dropout", "Identity"], _same),
    **dict.fromkeys(["Flatten", "Reshape", "Squeeze", "Unsqueeze"], _reshape),
    "Concat": _concat,
    "Expand": _expand,
    "Gather": _gather,
    "Pad": _pad,
    "Resize": _resize,
    "Slice": _slice,
    "Split": _split,
    "Tile": _tile,
    "Transpose": _transpose,
}
