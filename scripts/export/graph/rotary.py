"""Rotary positions, recognised by what they do: each feature of a row becomes a sum of itself and of
its partner, with factors that depend on the position.
"""

from __future__ import annotations

from math import prod

import numpy as np

from scripts.export.graph.affine import Affine, Term, is_scalar
from scripts.export.graph.builder import Builder
from scripts.export.graph.float_operators import rotary_pairs

Array = np.ndarray


def rotary(b: Builder, x: Affine) -> Term | None:
    """The value as a rotation of its base, or None."""
    own, partner = x.terms
    base = own.base
    if base is not partner.base or len(base.shape) != 2 or np.any(x.constant):
        return None
    if prod(x.shape) != prod(base.shape) or (is_scalar(own.factor) and is_scalar(partner.factor)):
        return None
    found = _by_column(x)
    if found is None:
        return None
    own_column, partner_column, own_factor, partner_factor, place = found
    order = np.argsort(own_column)
    arrays = partner_column[order], own_factor[:, order], partner_factor[:, order]
    fields = _pairs(*arrays)
    if fields is None:
        return None
    operator = b.make("rotary", [base], base.shape, **fields)
    index = np.empty(prod(x.shape), int)
    rows = np.arange(base.shape[0])[:, None] * base.shape[1]
    index[place] = rows + own_column
    return Term(operator, index.reshape(x.shape))


def _by_column(x: Affine) -> tuple[Array, ...] | None:
    """Of the value's elements, sorted into [T, F] by their rows: columns of both terms [F], factors
    [T, F], and positions in the value. A feature's own factor is the larger one at position 0.
    """
    rows, features = x.terms[0].base.shape
    index = [term.positions(x.shape).ravel() for term in x.terms]
    factors = [np.broadcast_to(term.factor, x.shape).ravel() for term in x.terms]
    unused = factors[1] == 0
    index[1] = np.where(unused & (index[1] // features != index[0] // features), index[0], index[1])
    row = index[0] // features
    place = np.argsort(row, kind="stable").reshape(rows, features)
    a, c = (values[place] for values in index)
    f, g = (values[place] for values in factors)
    swap = np.abs(g[0]) > np.abs(f[0])
    a, c = np.where(swap, c, a), np.where(swap, a, c)
    f, g = np.where(swap, g, f), np.where(swap, f, g)
    base_rows = np.arange(rows)[:, None]
    columns = a[0], c[0]
    expected = [base_rows * features + column for column in columns]
    if not (np.array_equal(a, expected[0]) and np.array_equal(c, expected[1])):
        return None
    if not np.array_equal(np.sort(columns[0]), np.arange(features)):
        return None
    return *columns, f, g, place


def _pairs(partner: Array, own: Array, other: Array) -> dict | None:
    """Fields of the operator that fits, with as many heads as do."""
    features = len(partner)
    for heads in (h for h in range(features, 0, -1) if features % h == 0):
        for pairs in ("halves", "neighbours"):
            found = _fit(heads, pairs, partner, own, other)
            if found is not None:
                return {"heads": heads, "pairs": pairs} | found
    return None


def _fit(heads: int, pairs: str, partner: Array, own: Array, other: Array) -> dict | None:
    rows, features = own.shape
    size = features // heads
    own, other = (values.reshape(rows, heads, size) for values in (own, other))
    if size < 2 or (own != own[:, :1]).any() or (other != other[:, :1]).any():
        return None
    own, other = own[:, 0], other[:, 0]
    turned = np.flatnonzero((other != 0).any(0) | (own != 1).any(0))
    if not len(turned) or len(turned) % 2 or turned[-1] != len(turned) - 1:
        return None
    number = len(turned) // 2
    a, c = rotary_pairs(pairs, number)
    wanted = np.arange(size)
    wanted[a], wanted[c] = c, a
    local = partner.reshape(heads, size) - np.arange(heads)[:, None] * size
    if (local[:, turned] != wanted[turned]).any():
        return None
    if (own[:, a] != own[:, c]).any() or (other[:, a] != -other[:, c]).any():
        return None
    return {"cosine": own[:, a], "sine": other[:, c]}
