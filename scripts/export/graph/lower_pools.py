"""Lowering of what makes one number of many: pools, means, maxima, variances."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from scripts.export.graph import normalisation
from scripts.export.graph.affine import Affine, Centred, Statistic, Value, of
from scripts.export.graph.builder import window_counts
from scripts.export.graph.folding import as_it_lies, as_map, as_row_map, as_tokens, is_row_map, on_map, padded_map
from scripts.export.graph.network import FloatOperator, has_changing_rows
from scripts.export.graph.primitives import Node
from scripts.export.graph.state import State
from scripts.export.graph_fields import MAX_KERNEL


def _max_pool(s: State, node: Node) -> Affine:
    return _pool(s, node, *as_map(s.b, s.affine(node.inputs[0])), node.attributes)


def _average_pool(s: State, node: Node) -> Affine:
    """It takes in zeros around its map where it counts all places of a window."""
    fields, value = node.attributes, s.affine(node.inputs[0])
    x, factor, zeros = padded_map(s.b, value)
    padding = [p + z for p, z in zip(fields["padding"], zeros)]
    counts = fields["count_padding"] or not any(fields["padding"])
    fits = all(p < fields["kernel"][i % 2] for i, p in enumerate(padding))
    if not counts or not fits or (fields["ceil_mode"] and any(zeros)):
        return _pool(s, node, *as_map(s.b, value), fields)
    counted = bool(any(padding)) or fields["count_padding"]
    return _pool(s, node, x, factor, fields | {"padding": padding, "count_padding": counted})


def _pool(s: State, node: Node, x: FloatOperator, factor: float, fields: dict) -> Affine:
    dilation = fields.get("dilation", (1, 1))
    size = window_counts(
        x.shape[1:], fields["kernel"], fields["stride"], fields["padding"], dilation, fields["ceil_mode"]
    )
    operator = s.b.make(f"{node.kind}2d", [x], (x.shape[0], *size), [1.0], **fields)
    return of(operator, node.shape, factor)


def _mean(s: State, node: Node) -> Value:
    x = s.values[node.inputs[0]]
    if isinstance(x, Centred):
        return normalisation.mean_of_centred(s.b, x, node)
    x = s.affine(node.inputs[0])
    size, rank = x.shape, len(x.shape)
    axes = tuple(a for a in node["axes"] if size[a] > 1)
    pixels = tuple(a for a in range(2, rank) if size[a] > 1)
    if not axes:
        return x.reshaped(node.shape)
    if rank == 4 and axes == pixels and (on_map(x) or set(node["axes"]) >= {2, 3}):
        return _average(s, node, *as_map(s.b, x))
    if rank == 3 and axes == pixels and (on_map(x) or is_row_map(s.b, x)):
        return _average(s, node, *as_row_map(s.b, x))
    if axes == (rank - 1,):
        return normalisation.mean(s.b, x, node)
    if axes != tuple(a for a in range(rank - 1) if size[a] > 1):
        s.b.refuse(f"a mean over dimensions {list(axes)} of {rank}", "average all pixels or all tokens")
    return _average(s, node, *as_tokens(s.b, x))


def _average(s: State, node: Node, x: FloatOperator, factor: float) -> Affine:
    shape = (x.shape[0], 1, 1) if x.is_map else (1, x.shape[1])
    return of(s.b.make("global_average", [x], shape), node.shape, factor)


def _largest(s: State, node: Node) -> Affine:
    """A pool whose window is everything, over neighbouring dimensions taken as one."""
    x, axes = s.affine(node.inputs[0]), node["axes"]
    rank = len(x.shape)
    axes = [a for a in axes if x.shape[a] > 1] or list(axes[:1])
    if axes != list(range(axes[0], axes[-1] + 1)):
        s.b.refuse(f"a maximum over dimensions {axes} of {rank}", "use neighbouring dimensions")
    operator, factor = as_it_lies(s.b, x)
    if has_changing_rows(operator):
        s.b.refuse("a maximum over tokens, whose number changes,", "average them, or let attention choose")
    if not (operator.is_map and prod(x.shape[: axes[0]]) == operator.shape[0] and axes[-1] == rank - 1):
        sizes = prod(x.shape[: axes[0]]), prod(x.shape[a] for a in axes), prod(x.shape[axes[-1] + 1 :])
        operator = s.b.unflat(s.b.flat(operator), sizes)
    channels, *size = operator.shape
    if axes[-1] < rank - 1:
        size[1] = 1
    if max(size) > MAX_KERNEL:
        s.b.refuse(f"a maximum over {max(size)} elements", f"use {MAX_KERNEL} along each side at most")
    fields = {"kernel": size, "stride": size, "padding": [0] * 4, "dilation": [1, 1], "ceil_mode": False}
    columns = operator.shape[2] // size[1]
    pooled = s.b.make("max_pool2d", [operator], (channels, 1, columns), [1.0], **fields)
    return of(pooled, node.shape, factor)


def _variance(s: State, node: Node) -> Statistic:
    return normalisation.variance(s.b, s.affine(node.inputs[0]), node)


LOWERINGS: dict[str, Callable[[State, Node], Value]] = {
    "average_pool": _average_pool,
    "max_pool": _max_pool,
    "mean": _mean,
    "largest": _largest,
    "variance": _variance,
}
