"""Lowering of what moves elements and of what computes element by element."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.export.graph import attention, normalisation, tables
from scripts.export.graph.affine import Affine, Centred, Statistic, Term, Value, is_scalar, of, plain
from scripts.export.graph.folding import as_map, as_row_map, as_tokens, combined, is_row_map, realised
from scripts.export.graph.network import has_changing_rows
from scripts.export.graph.pointwise import ORDERS
from scripts.export.graph.primitives import Node
from scripts.export.graph.state import State

Array = np.ndarray


def _constant(s: State, node: Node) -> Affine:
    return s.affine(node)


def _move(s: State, node: Node) -> Value:
    x = s.values[node.inputs[0]]
    if isinstance(x, Affine):
        return x.moved(node["function"], node.shape, node["reshape"])
    if isinstance(x, Statistic):
        return x.then(lambda t: t, node.shape)
    return Centred(x.x, node.shape, x.power, x.factor)


def _pad(s: State, node: Node) -> Affine:
    x = s.affine(node.inputs[0])
    widths = list(zip(node["before"], node["after"]))
    x = realised(s.b, x) if not x.is_pointwise or x.constant else x
    terms = []
    for t in x.terms:
        index = np.pad(t.positions(x.shape), widths, constant_values=-1)
        terms.append(Term(t.base, plain(index, t.base), t.factor))
    return Affine(node.shape, terms)


def _join(s: State, node: Node) -> Affine:
    parts = [s.affine(x) for x in node.inputs]
    bases = {term.base for part in parts for term in part.terms}
    if len(bases) == 1 and all(part.terms for part in parts):
        return _joined_lazily(parts, node)
    rank, axis = len(node.shape), node["axis"]
    if any(_runs_along_tokens(term, part.shape, axis) for part in parts for term in part.terms):
        remedy = "put tokens in front of or behind the sentences before the model gets them"
        s.b.refuse("a concatenation of rows with the tokens, whose number changes,", remedy)
    if axis == 1 and (rank == 4 or any(is_row_map(s.b, part) for part in parts)):
        read = as_map if rank == 4 else as_row_map
        reads, dimension = [read(s.b, part) for part in parts], 0
    elif axis >= rank - 2:
        reads, dimension = [as_tokens(s.b, part) for part in parts], axis - (rank - 2)
    else:
        s.b.refuse(f"a concatenation along dimension {axis} of {rank}", "join features, channels or tokens")
    shape = list(reads[0][0].shape)
    shape[dimension] = sum(operator.shape[dimension] for operator, _ in reads)
    named = "tokens" if len(shape) == 2 and dimension == 0 else "features"
    operators, factors = zip(*reads)
    return of(s.b.make("concat", operators, shape, factors, axis=named), node.shape)


def _runs_along_tokens(term: Term, shape: tuple[int, ...], axis: int) -> bool:
    """Whether what lies along the axis are different tokens of a sentence."""
    if len(term.base.shape) != 2 or not has_changing_rows(term.base):
        return False
    rows = term.positions(shape) // term.base.shape[1]
    return bool((np.diff(rows, axis=axis) != 0).any())


def _joined_lazily(parts: list[Affine], node: Node) -> Affine:
    """Pieces of one operator's output; where a piece has fewer terms, others count 0 times."""
    axis, terms = node["axis"], []
    for k in range(max(len(part.terms) for part in parts)):
        pieces = [part.terms[k] if k < len(part.terms) else part.terms[0].scaled(0.0) for part in parts]
        index = np.concatenate([p.positions(x.shape) for p, x in zip(pieces, parts)], axis)
        factors = [p.factor for p in pieces]
        if not all(is_scalar(f) and f == factors[0] for f in factors):
            factors = [np.concatenate([np.broadcast_to(f, x.shape) for f, x in zip(factors, parts)], axis)]
        terms.append(Term(parts[0].base, index, factors[0]).moved(lambda a: a, node.shape, False))
    constants = [part.constant for part in parts]
    if any(np.any(c) for c in constants):
        constant = np.concatenate([np.broadcast_to(c, x.shape) for c, x in zip(constants, parts)], axis)
        return Affine(node.shape, terms, constant)
    return Affine(node.shape, terms)


def _unary(s: State, node: Node) -> Value:
    x = s.values[node.inputs[0]]
    name, function = node["name"], node["function"]
    if isinstance(x, Statistic):
        return x.then(function)
    if isinstance(x, Centred):
        if name != "square" or x.power != 1:
            return s.affine(node.inputs[0])  # refuses it
        return Centred(x.x, x.shape, 2, x.factor**2)
    if name == "neg":
        return x.scaled(-1.0)
    return tables.applied(s, x, name, function)


def _add(s: State, node: Node) -> Value:
    x, y = (s.values.get(n) or s.affine(n) for n in node.inputs)
    if not (isinstance(x, Affine) and isinstance(y, Affine)):
        return normalisation.added(s.b, x, y, node.shape)
    return _total(s, x, y, node.shape)


def _total(s: State, x: Affine, y: Affine, shape: tuple[int, ...]) -> Affine:
    if not y.terms or not x.terms:
        x, y = (x, y) if x.terms else (y, x)
        return x.plus(y.constant).broadcast(shape)
    same = None if _are_multiples(s, x, y) else tables.table(s, [x, y], np.add, x.shape)
    if same is not None:
        return same
    if {t.base for t in x.terms} != {t.base for t in y.terms}:
        x, y = realised(s.b, x), realised(s.b, y)
    return x.plus(y)


def _multiply(s: State, node: Node) -> Value:
    x, y = (s.values.get(n) or s.affine(n) for n in node.inputs)
    if not (isinstance(x, Affine) and isinstance(y, Affine)):
        return normalisation.multiplied(s.b, x, y, node.shape)
    return _product(s, x, y, node.shape)


def _product(s: State, x: Affine, y: Affine, shape: tuple[int, ...]) -> Affine:
    if not y.terms or not x.terms:
        x, y = (x, y) if x.terms else (y, x)
        return x.scaled(y.constant).broadcast(shape)
    same = tables.table(s, [x, y], np.multiply, x.shape)
    if same is not None:
        return same
    x, y = realised(s.b, x), realised(s.b, y)
    return combined(s.b, "multiply", x.broadcast(shape), y.broadcast(shape))


def _are_multiples(s: State, x: Affine, y: Affine) -> bool:
    """Of what other operators take in, so that their sum needs no table."""
    return all(v.is_pointwise and tables.root_of(s, v)[0] is v.base for v in (x, y))


def _maximum(s: State, node: Node) -> Affine:
    """max(x, y) = x + relu(y - x); of functions of one operator's output a table."""
    x, y = (s.affine(n) for n in node.inputs)
    same = tables.table(s, [x, y], np.maximum, node.shape)
    if same is not None:
        return same
    x, y = (realised(s.b, v) if v.terms else v for v in (x, y))
    above = tables.applied(s, y.plus(x.scaled(-1.0)), "relu", lambda v: np.maximum(v, 0))
    return x.plus(above)


def _binary(s: State, node: Node) -> Affine:
    x, y = (s.affine(n) for n in node.inputs)
    name, function = node["name"], node["function"]
    found = tables.table(s, [x, y], function, node.shape)
    if found is None and name in ORDERS:
        difference = x.plus(y.scaled(-1.0)).broadcast(node.shape)
        found = tables.table(s, [difference, Affine(())], function, node.shape)
    if found is None:
        s.b.refuse(f"{name} of several values", "compute it of one value and numbers")
    return found


def _choose(s: State, node: Node) -> Affine:
    mask, x, y = (s.affine(n) for n in node.inputs)
    found = tables.table(s, [mask, x, y], lambda m, a, b: np.where(m != 0, a, b), node.shape)
    if found is not None:
        return found
    chosen = tables.table(s, [mask], lambda m: m != 0, mask.shape)
    other = tables.table(s, [mask], lambda m: m == 0, mask.shape)
    if chosen is None or other is None:
        s.b.refuse("a choice by what is no comparison of one value", "compare one value with numbers")
    return _total(s, _product(s, x, chosen, node.shape), _product(s, y, other, node.shape), node.shape)


def _where(s: State, node: Node) -> Affine:
    """One side is a constant: where the mask chooses it, nothing of the other is left."""
    x, y = (s.affine(n) for n in node.inputs)
    chosen = np.broadcast_to(node["mask"], node.shape)
    if y.terms and x.terms:
        s.b.refuse("a choice between two computed values", "choose between a value and a constant")
    if y.terms:
        x, y, chosen = y, x, ~chosen
    x = x.broadcast(node.shape)
    if np.max(y.constant) <= attention.HIDDEN:
        return Affine(x.shape, x.terms, np.where(chosen, x.constant, y.constant))
    return x.scaled(chosen.astype(float)).plus(np.where(chosen, 0.0, y.constant))


LOWERINGS: dict[str, Callable[[State, Node], Value]] = {
    "constant": _constant,
    "move": _move,
    "pad": _pad,
    "join": _join,
    "unary": _unary,
    "add": _add,
    "multiply": _multiply,
    "maximum": _maximum,
    "binary": _binary,
    "choose": _choose,
    "where": _where,
}
