"""Brings a value into the shape in which an operator can read it: tokens [T, F] or a map [C, H, W].

Values have one term (scripts/export/graph/folding.py). Functions return an operator and the factor
that its output has in the value, 0 or more, or None where that is no order that operators know.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from scripts.export.graph.affine import Affine, Term, plain
from scripts.export.graph.builder import Builder
from scripts.export.graph.map_layouts import map_of
from scripts.export.graph.network import FloatOperator, has_changing_rows

Array = np.ndarray
Read = tuple[FloatOperator, float]


def tokens_or_none(b: Builder, x: Affine) -> Read | None:
    shape = (prod(x.shape[:-1]), x.shape[-1] if x.shape else 1)
    base, index, factor = x.base, x.terms[0].index, float(x.terms[0].factor)
    if index is not None:
        index = index.reshape(shape)
    if len(base.shape) == 1:
        return None
    for read in (base, *_flattened(b, base)):
        moved = index
        if read.kind == "flatten" and read["to"] == "tokens" and read is not base:
            if moved is None:
                continue
            pixels, channels = read.shape
            moved = plain((moved % pixels) * channels + moved // pixels, read)
        found = _from_tokens(b, read, moved, shape)
        if found is not None:
            return with_sign(b, found, factor)
    return None


def _flattened(b: Builder, base: FloatOperator) -> list[FloatOperator]:
    """Tokens that hold what a map or other tokens hold; made only if they are read."""
    if base.is_map:
        return [b.flat(base), b.pixels(base)]
    return [b.flat(base)] if len(base.shape) == 2 and not has_changing_rows(base) else []


def _from_tokens(
    b: Builder, base: FloatOperator, index: Array | None, shape: tuple[int, int]
) -> FloatOperator | None:
    if len(base.shape) != 2:
        return None
    if index is None:
        return base if base.shape == shape else None
    if (index < 0).any():
        return None
    features = base.shape[1]
    rows, columns = index // features, index % features
    if (rows != rows[:, :1]).any() or (columns != columns[:1]).any():
        return None
    return _rows(b, _columns(b, base, columns[0]), rows[:, 0])


def _columns(b: Builder, base: FloatOperator, columns: Array) -> FloatOperator | None:
    if base.kind == "linear":
        return b.rows(base, columns)
    if (np.diff(columns) == 1).all():
        return b.split(base, "features", columns[0], len(columns))
    weight = np.zeros((len(columns), base.shape[1]))
    weight[np.arange(len(columns)), columns] = 1  # any other choice of features
    return b.make("linear", [base], (base.shape[0], len(columns)), weight=weight, bias=np.zeros(len(columns)))


def _rows(b: Builder, base: FloatOperator, rows: Array) -> FloatOperator | None:
    if (np.diff(rows) != 1).any():
        return None
    first, every = np.array_equal(rows, [0]), len(rows) == base.shape[0]
    if has_changing_rows(base) and not first and not every:
        return None
    return b.split(base, "tokens", rows[0], len(rows))


def chooses_rows(x: Affine) -> bool:
    """Whether x is made of whole rows of its base, which are as many as there are tokens."""
    base, index = x.base, x.terms[0].index
    if index is None or len(base.shape) != 2 or x.shape[-1] != base.shape[1] or not has_changing_rows(base):
        return False
    columns = index.reshape(-1, base.shape[1]) % base.shape[1]
    return bool((columns == np.arange(base.shape[1])).all())


def map_or_none(b: Builder, x: Affine) -> Read | None:
    shape = x.shape[1:] if len(x.shape) == 4 and x.shape[0] == 1 else x.shape
    if len(shape) != 3:
        return None
    base, index, factor = x.base, x.terms[0].index, float(x.terms[0].factor)
    found = _to_map(b, base, None if index is None else index.reshape(shape), shape)
    return None if found is None else with_sign(b, found, factor)


def _to_map(
    b: Builder, base: FloatOperator, index: Array | None, shape: Sequence[int]
) -> FloatOperator | None:
    if not base.is_map and has_changing_rows(base):
        return None
    if index is None:
        return base if base.shape == tuple(shape) else b.unflat(b.flat(base), shape)
    if base.is_map:
        return map_of(b, base, index)
    found = _from_pixels(b, base, index, shape)
    if found is None and len(base.shape) == 2:  # rows of features as a map of one row
        found = map_of(b, b.unflat(b.flat(base), (base.shape[0], 1, base.shape[1])), index)
    return found


def _from_pixels(
    b: Builder, base: FloatOperator, index: Array, shape: Sequence[int]
) -> FloatOperator | None:
    """Tokens of pixels that came from a map with nothing but an activation on the way."""
    if base.kind == "flatten" and base["to"] == "tokens":
        pixels, channels = base.shape
        moved = (index % channels) * pixels + index // channels
        source = base.inputs[0]
        moved = plain(moved, source)
        return _to_map(b, source, moved, shape)
    if len(base.shape) == 2 and base.shape[0] == 1:
        row = _from_tokens(b, base, index.reshape(1, -1), (1, index.size))
        return None if row is None else b.unflat(row, shape)
    return None


def with_sign(b: Builder, operator: FloatOperator, factor: float) -> Read:
    """A negative factor becomes an operator of its own."""
    if factor >= 0:
        return operator, factor
    turned = b.make("activation", [operator], operator.shape, function=np.negative, named="neg")
    return turned, -factor


def same_order(b: Builder, x: Affine, y: Affine) -> list[Read] | None:
    """Operators of one shape whose elements are in the same, whatever, order in both values."""
    alike = x.terms[0].same_place(y.terms[0]) and x.base.shape == y.base.shape
    if not alike or len(x.base.shape) < 2:
        return None
    return [with_sign(b, v.base, float(v.terms[0].factor)) for v in (x, y)]


def same_layout(b: Builder, x: Affine, y: Affine) -> list[Read] | None:
    """The two as maps of one shape, or as tokens of one shape."""
    for bring in (map_or_none, tokens_or_none):
        reads = [bring(b, v) for v in (x, y)]
        if None not in reads and reads[0][0].shape == reads[1][0].shape:
            return reads
    return None


def replaced(x: Affine, base: FloatOperator) -> Affine:
    """The same elements of another operator."""
    return Affine(x.shape, [Term(base, x.terms[0].index)], uses=x.uses)
