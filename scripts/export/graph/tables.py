"""Functions of one operator's output, element by element: each becomes one table of 256 entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.export.graph.affine import Affine, Term, of
from scripts.export.graph.finish import CLIPS
from scripts.export.graph.folding import as_map, as_row_map, realised
from scripts.export.graph.network import TOKENS, FloatOperator
from scripts.export.graph.state import State

Array = np.ndarray
NO_TABLE = ("attention_scores", "softmax", TOKENS)


def root_of(s: State, x: Affine) -> tuple[FloatOperator, Callable[[Array], Array], Term]:
    """x as a function of one operator's output, element by element: root, function, place. A ReLU
    counts as part of the operator before it.
    """
    if not x.is_pointwise:
        x = realised(s.b, x)
    term, constant = x.terms[0], x.constant
    factor = term.factor
    if term.base.kind == "activation" and term.base["named"] not in CLIPS:
        inner, scale = term.base["function"], term.base.factors[0]
        return term.base.inputs[0], lambda v: factor * inner(v * scale) + constant, term
    return term.base, lambda v: factor * v + constant, term


def applied(s: State, x: Affine, name: str, function: Callable[[Array], Array]) -> Affine:
    """An activation; one after another is one table."""
    x = _with_padding(s, x)
    root, inner, place = root_of(s, x)
    if root.kind == TOKENS:
        s.b.refuse(f"{name} of tokens", "look tokens up as they are; change them before the model gets them")
    if root.kind in ("attention_scores", "softmax"):
        s.b.refuse(f"{name} of {root.kind.replace('_', ' ')}", "use a softmax over plain scores")
    plain = x.is_single and place.factor == 1 and place.base is root
    named = name if plain else "composed"
    operator = s.b.make(
        "activation", [root], root.shape, function=lambda v: function(inner(v)), named=named
    )
    if name == "square" and x.is_single:
        operator.fields["square_of"] = x.terms[0]
    return Affine(x.shape, [Term(operator, place.index)])


def _with_padding(s: State, x: Affine) -> Affine:
    """Zeros around a map made first, for a function of 0 need not be 0."""
    if len(x.terms) != 1 or x.terms[0].index is None or (x.terms[0].index >= 0).all():
        return x
    operator, factor = (as_row_map if len(x.shape) == 3 else as_map)(s.b, x)
    return of(operator, x.shape, factor)


def table(
    s: State, values: Sequence[Affine], function: Callable[..., Array], shape: tuple[int, ...]
) -> Affine | None:
    """function(values), where those are functions of one operator's output, or numbers: a table."""
    values = [_with_padding(s, x) for x in values]
    live = [x for x in values if x.terms]
    fits = all(x.shape == shape and (x.is_pointwise or len(live) == 1) for x in live)
    numbers = [None if x.terms else np.unique(x.constant) for x in values]
    if not fits or any(n is not None and n.size != 1 for n in numbers):
        return None
    parts = [root_of(s, x) if x.terms else (None, lambda v, n=n: n[0], None) for x, n in zip(values, numbers)]
    (root, place), *others = [(root, place) for root, _, place in parts if root]
    if any(other is not root or not p.same_place(place) for other, p in others):
        return None
    if root.kind in NO_TABLE:
        return None
    functions = [inner for _, inner, _ in parts]

    def entries(v: Array) -> Array:
        return np.broadcast_to(function(*(inner(v) for inner in functions)), v.shape) * 1.0

    operator = s.b.make("activation", [root], root.shape, function=entries, named="composed")
    return Affine(shape, [Term(operator, place.index)])
