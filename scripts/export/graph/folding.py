"""Turns a sum of terms into the output of one operator: into weights and tables where it can, with
operators of its own where it must.
"""

from __future__ import annotations

from math import prod

import numpy as np

from scripts.export.graph import layouts
from scripts.export.graph.affine import Affine, Factor, Term, is_zero, of, plain
from scripts.export.graph.builder import Builder
from scripts.export.graph.map_layouts import without_padding
from scripts.export.graph.network import FloatOperator, has_changing_rows

Array = np.ndarray
Read = tuple[FloatOperator, float]
CHANGING = "use all tokens, the first one, or their average"
WITH_WEIGHTS = ("linear", "conv2d")


def realised(b: Builder, x: Affine) -> Affine:
    """x itself, now with one term, one factor and no constant."""
    if x.is_single:
        return x
    here, b.path = b.path, x.path or b.path
    x.terms, x.constant = [_realised(b, x)], 0.0
    b.path = here
    return x


def _realised(b: Builder, x: Affine) -> Term:
    if not x.terms:
        return _constant(b, x)
    if len(x.terms) == 1:
        return _folded(b, x)
    term = _sum(b, x)
    if is_zero(x.constant):
        return term
    return _folded(b, Affine(x.shape, [term], x.constant))


def as_tokens(b: Builder, x: Affine) -> Read:
    """[T, F], rows being all dimensions but the last."""
    found = layouts.tokens_or_none(b, realised(b, x))
    return found or _refuse_order(b, x, "features together in rows of tokens")


def as_map(b: Builder, x: Affine) -> Read:
    """[C, H, W] of a value [1, C, H, W]"""
    found = layouts.map_or_none(b, realised(b, x))
    return found or _refuse_order(b, x, "channels, rows and columns of maps in their order")


def is_row_map(b: Builder, x: Affine) -> bool:
    """Whether x [1, C, L] is a map of one row, as networks of one dimension have them, and no tokens."""
    if len(x.shape) != 3 or x.shape[0] != 1 or not all(term.base.is_map for term in x.terms):
        return False
    x = realised(b, x)
    return layouts.tokens_or_none(b, x) is None and layouts.map_or_none(b, one_row(x)) is not None


def one_row(x: Affine) -> Affine:
    """[1, C, L] as [1, C, 1, L]"""
    return x.reshaped((*x.shape[:2], 1, x.shape[2]))


def as_row_map(b: Builder, x: Affine) -> Read:
    return as_map(b, one_row(realised(b, x)))


def on_map(x: Affine) -> bool:
    """Whether x has the elements of a map in their order."""
    return x.is_single and x.base.is_map and x.terms[0].index is None


def as_it_lies(b: Builder, x: Affine) -> Read:
    """A map where x is one, its pixels maybe in one dimension; else tokens."""
    x = realised(b, x)
    if len(x.shape) == 3 and on_map(x) and x.shape[:2] == (1, x.base.shape[0]):
        return as_map(b, x.reshaped((1, *x.base.shape)))
    return (as_map if len(x.shape) == 4 else as_row_map if is_row_map(b, x) else as_tokens)(b, x)


def padded_map(b: Builder, x: Affine) -> tuple[FloatOperator, float, list[int]]:
    """As as_map, and the zeros around it that the reader has to take in."""
    x = realised(b, x)
    term = x.terms[0]
    if term.index is not None and len(x.shape) == 4 and (term.index >= 0).any():
        boxed = without_padding(term.index.reshape(x.shape[1:]))
        if boxed is not None and any(boxed[1]):
            index, padding = boxed
            inner = Affine((1, *index.shape), [Term(term.base, plain(index, term.base), term.factor)])
            return *as_map(b, inner), padding
    return *as_map(b, x), [0, 0, 0, 0]


def _refuse_order(b: Builder, x: Affine, wanted: str) -> Read:
    what = x.base.path or x.base.kind
    if layouts.chooses_rows(x):
        b.refuse(f"a choice among, or a repetition of, the tokens of {what}, whose number changes,", CHANGING)
    if len(x.shape) == 4 and has_changing_rows(x.base):
        b.refuse(f"a map of the tokens of {what}, whose number changes,", "let attention mix tokens")
    b.refuse(f"a use of {what} in another order of its elements", f"keep {wanted}")
    raise AssertionError


def _constant(b: Builder, x: Affine) -> Term:
    value = np.broadcast_to(x.constant, x.shape)
    if len(x.shape) == 4 and x.shape[0] == 1:
        return Term(b.constant(value[0]))
    return Term(b.constant(value.reshape(prod(x.shape[:-1]), -1)))


def _folded(b: Builder, x: Affine) -> Term:
    """One term with an array of factors, or with something added."""
    term = x.terms[0]
    base, size = term.base, prod(term.base.shape)
    if term.index is None:
        factor, constant = (_laid(v, x.shape).reshape(base.shape) for v in (term.factor, x.constant))
        return Term(absorbed(b, base, factor, constant))
    flat = term.index.ravel()
    if flat.size == size and flat.min() == 0 and np.array_equal(np.sort(flat), np.arange(size)):
        order = np.argsort(flat)
        factor, constant = (
            _laid(v, x.shape).ravel()[order].reshape(base.shape) for v in (term.factor, x.constant)
        )
        return Term(absorbed(b, base, factor, constant), term.index)
    plain = Affine(x.shape, [Term(base, term.index)])
    read = layouts.map_or_none(b, plain) or layouts.tokens_or_none(b, plain)
    if read is None:
        _refuse_order(b, plain, "tokens and maps as they are")
    return _folded(b, Affine(x.shape, [Term(read[0], None, term.factor * read[1])], x.constant))


def _laid(value: Factor, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(np.asarray(value, float), shape)


def absorbed(b: Builder, base: FloatOperator, factor: Array, constant: Array) -> FloatOperator:
    """An operator that makes factor * base + constant; both have the base's shape."""
    if not (np.isfinite(factor).all() and np.isfinite(constant).all()):
        b.refuse("an addend or factor that is not finite", "hide nothing but attention scores")
    features = [_features(values, base) for values in (factor, constant)]
    parts = [v if f is None else f for v, f in zip((factor, constant), features)]
    key = ("absorbed", base, *(part.tobytes() for part in parts))
    if key not in b.known:
        b.known[key] = _absorbed(b, base, *parts)
    return b.known[key]


def _absorbed(b: Builder, base: FloatOperator, factor: Array, constant: Array) -> FloatOperator:
    """Of factors and constants for each feature [F], or for each element."""
    if factor.ndim == constant.ndim == 1:
        return _by_feature(b, base, factor, constant)
    if factor.ndim == 1 and base.kind == "embedding":
        rows = base.fields.get("positions", 0.0) * factor + constant
        return _like(b, base, table=base["table"] * factor, positions=rows)
    return _with_constants(b, base, factor, constant)


def _features(values: Array, base: FloatOperator) -> Array | None:
    """One number a feature or channel, where all rows or pixels have the same."""
    if base.is_map:
        vector = values[:, 0, 0]
        return vector if (values == vector[:, None, None]).all() else None
    if base.kind in ("attention_scores", "softmax"):
        return None
    return values[0] if (values == values[0]).all() else None


def _like(b: Builder, base: FloatOperator, **fields: Array) -> FloatOperator:
    return b.make(base.kind, base.inputs, base.shape, base.factors, base.path, **base.fields | fields)


def _by_feature(b: Builder, base: FloatOperator, factor: Array, shift: Array) -> FloatOperator:
    if base.kind in WITH_WEIGHTS and base not in b.shared:
        scale = factor.reshape(-1, *(1,) * (base["weight"].ndim - 1))
        return _like(b, base, weight=base["weight"] * scale, bias=base["bias"] * factor + shift)
    if base.kind == "norm":
        return _like(b, base, gamma=base["gamma"] * factor, beta=base["beta"] * factor + shift)
    if base.kind == "embedding":
        changed = {"table": base["table"] * factor + shift}
        if "positions" in base.fields:
            changed["positions"] = base["positions"] * factor
        return _like(b, base, **changed)
    if base.is_map:
        return b.pointwise(base, factor, shift)
    return _with_constants(b, base, factor, shift)


def _with_constants(b: Builder, base: FloatOperator, factor: Array, constant: Array) -> FloatOperator:
    """Products with, and sums of, constants: for tokens, and for what differs from row to row."""
    if base.kind in ("attention_scores", "softmax", "tokens"):
        what = base.kind.replace("_", " ")
        b.refuse(f"arithmetic on {what}", "use the plain forms of attention and embedding")
    factor, constant = (
        v if v.ndim > 1 else v[:, None, None] if base.is_map else v[None] for v in (factor, constant)
    )
    result = base
    if (factor != 1).any():
        result = b.make("multiply", [base, b.constant(factor)], base.shape)
    if constant.any():
        result = b.make("add", [result, b.constant(constant)], base.shape)
    return result


def _sum(b: Builder, x: Affine) -> Term:
    parts = [realised(b, Affine(x.shape, [term])) for term in x.terms]
    total = parts[0]
    for part in parts[1:]:
        total = combined(b, "add", total, part)
    return total.terms[0]


def combined(b: Builder, kind: str, x: Affine, y: Affine) -> Affine:
    """The operator `add` or `multiply` of two values of equal shapes, each of one term."""
    alike = layouts.same_order(b, x, y)
    if alike is not None:
        return layouts.replaced(x, _combined(b, kind, *alike))
    for one, other in ((x, y), (y, x)):
        small = _narrow(b, other, one.shape)
        if small is not None:
            wide = (as_map if small[0].is_map else as_tokens)(b, one)
            return of(_combined(b, kind, wide, small), x.shape)
    found = layouts.same_layout(b, x, y)
    if found is None and (is_row_map(b, x) or is_row_map(b, y)):
        return combined(b, kind, one_row(x), one_row(y)).reshaped(x.shape)
    if found is None:
        _refuse_order(b, y if layouts.chooses_rows(y) else x, "both sides of a sum or product in one order")
    return of(_combined(b, kind, *found), x.shape)


def _combined(b: Builder, kind: str, x: Read, y: Read) -> FloatOperator:
    return b.make(kind, [x[0], y[0]], x[0].shape, [x[1], y[1]])


def _narrow(b: Builder, x: Affine, shape: tuple[int, ...]) -> Read | None:
    """One row or pixel of a value that repeats it."""
    term = x.terms[0]
    if term.index is None:
        return None
    index = term.index
    if len(shape) == 4 and shape[0] == 1 and (index == index[:, :, :1, :1]).all():
        return layouts.map_or_none(b, x.moved(lambda a: a[:, :, :1, :1], (1, shape[1], 1, 1)))
    flat = index.reshape(-1, shape[-1])
    if (flat == flat[0]).all():
        features = shape[-1]
        row = x.moved(lambda a: a.reshape(-1, features)[:1], (1, features))
        return layouts.tokens_or_none(b, row)
    return None
