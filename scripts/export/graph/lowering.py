"""From primitive operators to those of docs/trace-format.md: one pass over the nodes, in which each
stands for an operator's output, moved, scaled and added to others (scripts/export/graph/affine.py).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from scripts.export.errors import ExportError
from scripts.export.graph import attention, statistics
from scripts.export.graph.affine import Affine, Centred, Statistic, Term, Value, is_scalar, of
from scripts.export.graph.builder import Builder, window_counts
from scripts.export.graph.folding import as_map, as_tokens, combined, padded_map, realised
from scripts.export.graph.finish import CLIPS
from scripts.export.graph.network import FLOATS, TOKENS, FloatOperator
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.graph.rotary import rotary

Array = np.ndarray


class Lowering:
    """`inputs`: operators that stand for the graph's inputs. `notes`: what was left out."""

    def __init__(self, graph: PrimitiveGraph, tokens: bool) -> None:
        self.graph, self.b = graph, Builder()
        self.inputs: dict[str, FloatOperator] = {}
        self.notes: list[str] = []
        self.values: dict[Node, Value] = {}
        for name, node in graph.inputs.items():
            shape = _input_shape(name, node, tokens)
            operator = FloatOperator(TOKENS if tokens else FLOATS, [], shape, name=name, path=name)
            self.inputs[name] = operator
            self.values[node] = of(operator, node.shape)

    def lower(self) -> dict[str, FloatOperator]:
        """The operators that make the graph's outputs, by their names."""
        for node in self.graph.nodes:
            self.b.path = node.path
            value = LOWERINGS[node.kind](self, node)
            value.uses = node.uses
            if isinstance(value, Affine):
                self._settle(node, value)
            self.values[node] = value
        return {name: self._output(name, node) for name, node in self.graph.outputs.items()}

    def _settle(self, node: Node, x: Affine) -> None:
        """Rotations are recognised before they are moved; what is read twice is made once."""
        if node.kind != "move":
            x.path = node.path
        if len(x.terms) == 2 and node.kind in ("add", "join"):
            turned = rotary(self.b, x)
            if turned is not None:
                x.terms = [turned]
        waits = x.is_pointwise or not x.terms or x.base.kind in ("attention_scores", TOKENS)
        if node.uses > 1 and not waits:
            realised(self.b, x)

    def _output(self, name: str, node: Node) -> FloatOperator:
        self.b.path = node.path
        x = self.affine(node)
        last = node
        while last.kind == "move" and last["reshape"]:
            last = last.inputs[0]
        if last.kind in ("softmax", "log_softmax") and x.base.kind != "softmax":
            self.notes.append(f"the {last.kind} behind {name} is left out, which keeps the order")
        x = realised(self.b, x)
        if len(x.shape) == 4:
            operator, factor = as_map(self.b, x)
        else:
            operator, factor = as_tokens(self.b, x)
        return operator if factor == 1 else _scaled(self.b, operator, factor)

    def affine(self, node: Node) -> Affine:
        """The node as a sum of operators' outputs."""
        if node.is_constant:
            return Affine(node.shape, [], node.value if node.value.ndim else float(node.value))
        value = self.values[node]
        if not isinstance(value, Affine):
            self.b.refuse(
                "a mean, variance or other statistic of a row by itself",
                "use statistics in layer or RMS normalisation only",
            )
        return value


def _input_shape(name: str, node: Node, tokens: bool) -> tuple[int, ...]:
    shape = node.shape
    if tokens:
        if prod(shape) != max(shape):
            raise ExportError(f"input {name}: tokens of shape {list(shape)}; use one sentence, [1, n]")
        return (prod(shape),)
    if shape[0] != 1 or len(shape) not in (2, 3, 4):
        raise ExportError(
            f"input {name}: shape {list(shape)}; use one sample, [1, F], [1, T, F] or [1, C, H, W]"
        )
    return shape if len(shape) == 2 else shape[1:]


def _scaled(b: Builder, x: FloatOperator, factor: float) -> FloatOperator:
    return b.make("activation", [x], x.shape, function=lambda v: v * factor, named="scale")


def _constant(l: Lowering, node: Node) -> Affine:
    return l.affine(node)


def _move(l: Lowering, node: Node) -> Value:
    x = l.values[node.inputs[0]]
    if isinstance(x, Affine):
        return x.moved(node["function"], node.shape, node["reshape"])
    if isinstance(x, Statistic):
        return x.then(lambda t: t, node.shape)
    return Centred(x.x, node.shape, x.power, x.factor)


def _pad(l: Lowering, node: Node) -> Affine:
    x = l.affine(node.inputs[0])
    widths = list(zip(node["before"], node["after"]))
    x = realised(l.b, x) if not x.is_pointwise or x.constant else x
    terms = [
        Term(t.base, np.pad(t.positions(x.shape), widths, constant_values=-1), t.factor) for t in x.terms
    ]
    return Affine(node.shape, terms)


def _join(l: Lowering, node: Node) -> Affine:
    parts = [l.affine(x) for x in node.inputs]
    bases = {term.base for part in parts for term in part.terms}
    if len(bases) == 1 and all(part.terms for part in parts):
        return _joined_lazily(parts, node)
    rank, axis = len(node.shape), node["axis"]
    if rank == 4 and axis == 1:
        reads, dimension = [as_map(l.b, part) for part in parts], 0
    elif axis >= rank - 2:
        reads, dimension = [as_tokens(l.b, part) for part in parts], axis - (rank - 2)
    else:
        l.b.refuse(f"a concatenation along dimension {axis} of {rank}", "join features, channels or tokens")
    shape = list(reads[0][0].shape)
    shape[dimension] = sum(operator.shape[dimension] for operator, _ in reads)
    named = "tokens" if len(shape) == 2 and dimension == 0 else "features"
    operators, factors = zip(*reads)
    return of(l.b.make("concat", operators, shape, factors, axis=named), node.shape)


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


def _unary(l: Lowering, node: Node) -> Value:
    x = l.values[node.inputs[0]]
    name, function = node["name"], node["function"]
    if isinstance(x, Statistic):
        return x.then(function)
    if isinstance(x, Centred):
        if name != "square" or x.power != 1:
            return l.affine(node.inputs[0])  # refuses it
        return Centred(x.x, x.shape, 2, x.factor**2)
    if name == "neg":
        return x.scaled(-1.0)
    return applied(l, x, name, function)


def root_of(l: Lowering, x: Affine) -> tuple[FloatOperator, Callable[[Array], Array], Term]:
    """x as a function of one operator's output, element by element: root, function, place. A ReLU
    counts as part of the operator before it.
    """
    if not x.is_pointwise:
        x = realised(l.b, x)
    term, constant = x.terms[0], x.constant
    factor = term.factor
    if term.base.kind == "activation" and term.base["named"] not in CLIPS:
        inner, scale = term.base["function"], term.base.factors[0]
        return term.base.inputs[0], lambda v: factor * inner(v * scale) + constant, term
    return term.base, lambda v: factor * v + constant, term


def applied(l: Lowering, x: Affine, name: str, function: Callable[[Array], Array]) -> Affine:
    """An activation; one after another is one table."""
    root, inner, place = root_of(l, x)
    if root.kind in ("attention_scores", "softmax", TOKENS):
        l.b.refuse(f"{name} of {root.kind.replace('_', ' ')}", "use a softmax over plain scores")
    if place.index is not None and (place.index < 0).any():
        read = as_map(l.b, x)[0]
        return applied(l, of(read, x.shape), name, function)
    plain = x.is_single and place.factor == 1 and place.base is root
    named = name if plain else "composed"
    operator = l.b.make(
        "activation", [root], root.shape, function=lambda v: function(inner(v)), named=named
    )
    if name == "square" and x.is_single:
        operator.fields["square_of"] = x.terms[0]
    return Affine(x.shape, [Term(operator, place.index)])


def _add(l: Lowering, node: Node) -> Value:
    x, y = (l.values.get(n) or l.affine(n) for n in node.inputs)
    if not (isinstance(x, Affine) and isinstance(y, Affine)):
        return statistics.added(l.b, x, y, node.shape)
    if not y.terms or not x.terms:
        x, y = (x, y) if x.terms else (y, x)
        return x.plus(y.constant).broadcast(node.shape)
    same = _same_root(l, x, y, lambda f, g: lambda v: f(v) + g(v))
    if same is not None:
        return same
    if {t.base for t in x.terms} != {t.base for t in y.terms}:
        x, y = realised(l.b, x), realised(l.b, y)
    return x.plus(y)


def _multiply(l: Lowering, node: Node) -> Value:
    x, y = (l.values.get(n) or l.affine(n) for n in node.inputs)
    if not (isinstance(x, Affine) and isinstance(y, Affine)):
        return statistics.multiplied(l.b, x, y, node.shape)
    if not y.terms or not x.terms:
        x, y = (x, y) if x.terms else (y, x)
        return x.scaled(y.constant).broadcast(node.shape)
    same = _same_root(l, x, y, lambda f, g: lambda v: f(v) * g(v), squares=True)
    if same is not None:
        return same
    x, y = realised(l.b, x), realised(l.b, y)
    return combined(l.b, "multiply", x.broadcast(node.shape), y.broadcast(node.shape))


def _same_root(
    l: Lowering, x: Affine, y: Affine, join: Callable, squares: bool = False
) -> Affine | None:
    """Both sides are functions of one operator's output, element by element: so is the result."""
    if not (x.is_pointwise and y.is_pointwise and x.shape == y.shape):
        return None
    (root, f, place), (other, g, other_place) = root_of(l, x), root_of(l, y)
    linear = x.base is root and y.base is root
    if root is not other or not place.same_place(other_place) or (linear and not squares):
        return None
    if root.kind in ("attention_scores", "softmax", TOKENS):
        return None
    operator = l.b.make("activation", [root], root.shape, function=join(f, g), named="composed")
    return Affine(x.shape, [Term(operator, place.index)])


def _where(l: Lowering, node: Node) -> Affine:
    """One side is a constant: where the mask chooses it, nothing of the other is left."""
    x, y = (l.affine(n) for n in node.inputs)
    chosen = np.broadcast_to(node["mask"], node.shape)
    if y.terms and x.terms:
        l.b.refuse("a choice between two computed values", "choose between a value and a constant")
    if y.terms:
        x, y, chosen = y, x, ~chosen
    x = x.broadcast(node.shape)
    if np.max(y.constant) <= attention.HIDDEN:
        return Affine(x.shape, x.terms, np.where(chosen, x.constant, y.constant))
    return x.scaled(chosen.astype(float)).plus(np.where(chosen, 0.0, y.constant))


def _convolution(l: Lowering, node: Node) -> Affine:
    x, factor, zeros = padded_map(l.b, l.affine(node.inputs[0]))
    fields = {key: node[key] for key in ("stride", "dilation", "groups")}
    padding = [p + z for p, z in zip(node["padding"], zeros)]
    y = l.b.convolution(x, node["weight"], node["bias"], factor, padding=padding, **fields)
    return _shared(l, node, y)


def _transposed(l: Lowering, node: Node) -> Affine:
    """Zeros between the pixels, then a convolution with the kernel turned round."""
    x, factor = as_map(l.b, l.affine(node.inputs[0]))
    weight, groups = node["weight"], node["groups"]  # [C, O / groups, R, S]
    parts = np.split(weight[:, :, ::-1, ::-1], groups)
    turned = np.concatenate([part.swapaxes(0, 1) for part in parts])
    if node["stride"] != [1, 1]:
        a, b = node["stride"]
        shape = (x.shape[0], (x.shape[1] - 1) * a + 1, (x.shape[2] - 1) * b + 1)
        x = l.b.once("upsample", x, shape, {"factor": [a, b], "fill": "zeros"})
    reach = [d * (k - 1) for d, k in zip(node["dilation"], weight.shape[2:])]
    top, left = (reach[i] - node["padding"][i] for i in (0, 1))
    bottom, right = (
        reach[i] - node["padding"][i + 2] + node["output_padding"][i] for i in (0, 1)
    )
    if min(top, left, bottom, right) < 0:
        l.b.refuse("a transposed convolution with more padding than its kernel", "use less padding")
    padding = [top, left, bottom, right]
    y = l.b.convolution(
        x, turned, node["bias"], factor, padding=padding, dilation=node["dilation"], groups=groups
    )
    return _shared(l, node, y)


def _shared(l: Lowering, node: Node, operator: FloatOperator) -> Affine:
    if node.uses > 1:
        l.b.shared.add(operator)
    return of(operator, node.shape)


def _pool(l: Lowering, node: Node) -> Affine:
    kind = f"{node.kind}2d"
    x, factor = as_map(l.b, l.affine(node.inputs[0]))
    dilation = node.attributes.get("dilation", (1, 1))
    size = window_counts(
        x.shape[1:], node["kernel"], node["stride"], node["padding"], dilation, node["ceil_mode"]
    )
    operator = l.b.make(kind, [x], (x.shape[0], *size), [1.0], **node.attributes)
    return of(operator, node.shape, factor)


def _mean(l: Lowering, node: Node) -> Value:
    x = l.values[node.inputs[0]]
    if isinstance(x, Centred):
        return statistics.mean_of_centred(l.b, x, node)
    x, rank = l.affine(node.inputs[0]), len(node.inputs[0].shape)
    axes = tuple(a for a in node["axes"] if node.inputs[0].shape[a] > 1)
    if axes == (rank - 1,) and not (rank == 3 and x.is_single and x.base.is_map):
        return statistics.mean(l.b, x, node)
    if not axes:
        return x.reshaped(node.shape)
    if rank == 3 and axes == (2,):
        x = x.reshaped((*x.shape[:2], 1, x.shape[2]))
    elif rank == 4 and axes in ((2,), (3,)) or axes != (2, 3) and rank == 4 and axes != (1, 2):
        l.b.refuse(f"a mean over dimensions {list(axes)} of {rank}", "average all pixels or all tokens")
    pixels = len(x.shape) == 4 and axes in ((2, 3), (2,))
    operator, factor = as_map(l.b, x) if pixels else as_tokens(l.b, x)
    shape = (operator.shape[0], 1, 1) if operator.is_map else (1, operator.shape[1])
    return of(l.b.make("global_average", [operator], shape), node.shape, factor)


def _layer_norm(l: Lowering, node: Node) -> Affine:
    fields = {key: node[key] for key in ("gamma", "beta", "epsilon")}
    return statistics.norm(l.b, l.affine(node.inputs[0]), node.shape, norm="layer", **fields)


def _embedding(l: Lowering, node: Node) -> Affine:
    x = l.affine(node.inputs[0])
    table = node["table"]
    if not x.is_single or x.base.kind != TOKENS or x.terms[0].index is not None or x.terms[0].factor != 1:
        l.b.refuse("an embedding of something else than the tokens", "look tokens up as they are")
    shape = (prod(x.shape), table.shape[1])
    return of(l.b.make("embedding", [x.base], shape, table=table), node.shape)


def _upsample(l: Lowering, node: Node) -> Affine:
    x, factor = as_map(l.b, l.affine(node.inputs[0]))
    a, b = node["factor"]
    shape = (x.shape[0], x.shape[1] * a, x.shape[2] * b)
    y = l.b.once("upsample", x, shape, {"factor": list(node["factor"]), "fill": "nearest"})
    return of(y, node.shape, factor)


def _response_norm(l: Lowering, node: Node) -> Affine:
    x = l.affine(node.inputs[0])
    return statistics.response_norm(l.b, x, node.shape, node["size"], node["function"])


def _softmax(l: Lowering, node: Node) -> Affine:
    x = l.affine(node.inputs[0])
    if node.kind == "softmax" and len(x.terms) == 1 and x.base.kind == "attention_scores":
        return attention.softmax(l.b, x, node)
    if node not in l.graph.outputs.values() and node.uses > 0 and not _ends(l.graph, node):
        l.b.refuse(f"a {node.kind} that is not of attention scores", "use softmax in attention, or last")
    return x


def _ends(graph: PrimitiveGraph, node: Node) -> bool:
    """Only moves lie between the node and an output."""
    outputs = set(graph.outputs.values())
    readers = [n for n in graph.nodes if node in n.inputs]
    return (node in outputs or bool(readers)) and all(
        n.kind == "move" and n["reshape"] and _ends(graph, n) for n in readers
    )


def _matmul(l: Lowering, node: Node) -> Affine:
    x, y = node.inputs
    if y.is_constant or x.is_constant:
        return _linear(l, node)
    return attention.product(l.b, l.affine(x), l.affine(y), node)


def _linear(l: Lowering, node: Node) -> Affine:
    x, weight = node.inputs
    turned = x.is_constant
    if turned:  # (x^T w^T)^T
        x, weight = weight, x
    matrix = weight.value.reshape(weight.shape[-2:]) if prod(weight.shape[:-2]) == 1 else None
    if matrix is None:
        l.b.refuse("a product with a matrix for each sample", "use one matrix")
    value = l.affine(x)
    if turned:
        value = value.moved(lambda a: a.swapaxes(-1, -2), (*x.shape[:-2], x.shape[-1], x.shape[-2]))
    matrix = matrix if turned else matrix.T
    operator, factor = as_tokens(l.b, value)
    y = l.b.make(
        "linear", [operator], (operator.shape[0], len(matrix)), [factor],
        weight=np.ascontiguousarray(matrix), bias=np.zeros(len(matrix)),
    )  # fmt: skip
    result = _shared(l, node, y)
    if not turned:
        return result
    shape = (*node.shape[:-2], node.shape[-1], node.shape[-2])
    return of(y, shape).moved(lambda a: a.swapaxes(-1, -2), node.shape)


def _channel_sum(l: Lowering, node: Node) -> Statistic:
    return statistics.channel_sum(l.b, l.affine(node.inputs[0]), node)


def _variance(l: Lowering, node: Node) -> Statistic:
    return statistics.variance(l.b, l.affine(node.inputs[0]), node)


LOWERINGS: dict[str, Callable[[Lowering, Node], Any]] = {
    "add": _add,
    "average_pool": _pool,
    "channel_sum": _channel_sum,
    "constant": _constant,
    "convolution": _convolution,
    "embedding": _embedding,
    "join": _join,
    "layer_norm": _layer_norm,
    "local_response_norm": _response_norm,
    "log_softmax": _softmax,
    "matmul": _matmul,
    "max_pool": _pool,
    "mean": _mean,
    "move": _move,
    "multiply": _multiply,
    "pad": _pad,
    "softmax": _softmax,
    "transposed_convolution": _transposed,
    "unary": _unary,
    "upsample": _upsample,
    "variance": _variance,
    "where": _where,
}
