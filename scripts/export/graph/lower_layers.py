"""Lowering of whole layers: convolutions, matrices, normalisations, attention."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from scripts.export.graph import attention, normalisation
from scripts.export.graph.affine import Affine, Statistic, Value, of
from scripts.export.graph.folding import as_map, as_tokens, padded_map
from scripts.export.graph.network import TOKENS, FloatOperator
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.graph.state import State


def _convolution(s: State, node: Node) -> Affine:
    x, factor, zeros = padded_map(s.b, s.affine(node.inputs[0]))
    fields = {key: node[key] for key in ("stride", "dilation", "groups")}
    padding = [p + z for p, z in zip(node["padding"], zeros)]
    y = s.b.convolution(x, node["weight"], node["bias"], factor, padding=padding, **fields)
    return _shared(s, node, y)


def _transposed(s: State, node: Node) -> Affine:
    """Zeros between the pixels, then a convolution with the kernel turned round."""
    x, factor = as_map(s.b, s.affine(node.inputs[0]))
    weight, groups = node["weight"], node["groups"]  # [C, O / groups, R, S]
    parts = np.split(weight[:, :, ::-1, ::-1], groups)
    turned = np.concatenate([part.swapaxes(0, 1) for part in parts])
    if node["stride"] != [1, 1]:
        a, b = node["stride"]
        shape = (x.shape[0], (x.shape[1] - 1) * a + 1, (x.shape[2] - 1) * b + 1)
        x = s.b.once("upsample", x, shape, {"factor": [a, b], "fill": "zeros"})
    reach = [d * (k - 1) for d, k in zip(node["dilation"], weight.shape[2:])]
    top, left = (reach[i] - node["padding"][i] for i in (0, 1))
    bottom, right = (
        reach[i] - node["padding"][i + 2] + node["output_padding"][i] for i in (0, 1)
    )
    if min(top, left, bottom, right) < 0:
        s.b.refuse("a transposed convolution with more padding than its kernel", "use less padding")
    padding = [top, left, bottom, right]
    y = s.b.convolution(
        x, turned, node["bias"], factor, padding=padding, dilation=node["dilation"], groups=groups
    )
    return _shared(s, node, y)


def _shared(s: State, node: Node, operator: FloatOperator) -> Affine:
    if node.uses > 1:
        s.b.shared.add(operator)
    return of(operator, node.shape)


def _layer_norm(s: State, node: Node) -> Affine:
    fields = {key: node[key] for key in ("gamma", "beta", "epsilon")}
    return normalisation.norm(s.b, s.affine(node.inputs[0]), node.shape, norm="layer", **fields)


def _embedding(s: State, node: Node) -> Affine:
    x = s.affine(node.inputs[0])
    table = node["table"]
    if not x.is_single or x.base.kind != TOKENS or x.terms[0].index is not None or x.terms[0].factor != 1:
        s.b.refuse("an embedding of something else than the tokens", "look tokens up as they are")
    shape = (prod(x.shape), table.shape[1])
    return of(s.b.make("embedding", [x.base], shape, table=table), node.shape)


def _upsample(s: State, node: Node) -> Affine:
    x, factor = as_map(s.b, s.affine(node.inputs[0]))
    a, b = node["factor"]
    shape = (x.shape[0], x.shape[1] * a, x.shape[2] * b)
    y = s.b.once("upsample", x, shape, {"factor": list(node["factor"]), "fill": "nearest"})
    return of(y, node.shape, factor)


def _response_norm(s: State, node: Node) -> Affine:
    x = s.affine(node.inputs[0])
    return normalisation.response_norm(s.b, x, node.shape, node["size"], node["function"])


def _softmax(s: State, node: Node) -> Affine:
    x = s.affine(node.inputs[0])
    if node.kind == "softmax" and len(x.terms) == 1 and x.base.kind == "attention_scores":
        return attention.softmax(s.b, x, node)
    if node not in s.graph.outputs.values() and node.uses > 0 and not _ends(s.graph, node):
        s.b.refuse(f"a {node.kind} that is not of attention scores", "use softmax in attention, or last")
    return x


def _ends(graph: PrimitiveGraph, node: Node) -> bool:
    """Only moves lie between the node and an output."""
    outputs = set(graph.outputs.values())
    readers = [n for n in graph.nodes if node in n.inputs]
    return (node in outputs or bool(readers)) and all(
        n.kind == "move" and n["reshape"] and _ends(graph, n) for n in readers
    )


def _matmul(s: State, node: Node) -> Affine:
    x, y = node.inputs
    if y.is_constant or x.is_constant:
        return _linear(s, node)
    return attention.product(s.b, s.affine(x), s.affine(y), node)


def _linear(s: State, node: Node) -> Affine:
    x, weight = node.inputs
    turned = x.is_constant
    if turned:  # (x^T w^T)^T
        x, weight = weight, x
    matrix = weight.value.reshape(weight.shape[-2:]) if prod(weight.shape[:-2]) == 1 else None
    if matrix is None:
        s.b.refuse("a product with a matrix for each sample", "use one matrix")
    value = s.affine(x)
    if turned:
        value = value.moved(lambda a: a.swapaxes(-1, -2), (*x.shape[:-2], x.shape[-1], x.shape[-2]))
    matrix = matrix if turned else matrix.T
    operator, factor = as_tokens(s.b, value)
    y = s.b.make(
        "linear", [operator], (operator.shape[0], len(matrix)), [factor],
        weight=np.ascontiguousarray(matrix), bias=np.zeros(len(matrix)),
    )  # fmt: skip
    result = _shared(s, node, y)
    if not turned:
        return result
    shape = (*node.shape[:-2], node.shape[-1], node.shape[-2])
    return of(y, shape).moved(lambda a: a.swapaxes(-1, -2), node.shape)


def _channel_sum(s: State, node: Node) -> Statistic:
    return normalisation.channel_sum(s.b, s.affine(node.inputs[0]), node)


LOWERINGS: dict[str, Callable[[State, Node], Value]] = {
    "convolution": _convolution,
    "transposed_convolution": _transposed,
    "layer_norm": _layer_norm,
    "embedding": _embedding,
    "upsample": _upsample,
    "local_response_norm": _response_norm,
    "log_softmax": _softmax,
    "softmax": _softmax,
    "matmul": _matmul,
    "channel_sum": _channel_sum,
}
