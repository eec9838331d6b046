"""Finds layer normalisations in an ONNX graph: the operator, or the steps that it consists of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx

from scripts.export.calls import Array, Call
from scripts.export.errors import UnsupportedOperator
from scripts.export.onnx_evaluator import node_name
from scripts.export.onnx_nodes import Nodes, path_of


def norms(nodes: Nodes) -> Iterator[tuple[str, Call]]:
    """Output's name and call."""
    for node in nodes.dependent_nodes("LayerNormalization"):
        yield _operator(nodes, node)
    for node in nodes.dependent_nodes("Sqrt"):
        yield _steps(nodes, node)


def _operator(nodes: Nodes, node: onnx.NodeProto) -> tuple[str, Call]:
    names = nodes.inputs(node)
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    size = nodes.values[names[0]].shape[-1]
    vectors = [nodes.values[name].ravel() if name else np.zeros(size) for name in names[1:]]
    scale, bias = (*vectors, np.zeros(size))[:2]
    if scale.size != size or bias.size != size:
        raise UnsupportedOperator(
            node_name(node), "LayerNormalization over several dimensions", "normalise the last one only"
        )
    return _norm(nodes, node, names[0], node.output[0], scale, bias, attributes.get("epsilon", 1e-5))


def _steps(nodes: Nodes, root: onnx.NodeProto) -> tuple[str, Call]:
    """(x - mean) / Sqrt(mean of squares + epsilon), perhaps * scale, perhaps + bias"""
    variance = nodes.producer.get(nodes.inputs(root)[0])
    quotient, centred = _quotient(nodes, root)
    centring = nodes.producer.get(centred)
    epsilon = nodes.constant(variance) if variance is not None and variance.op_type == "Add" else None
    if epsilon is None or epsilon.size != 1 or centring is None or centring.op_type != "Sub":
        _refuse(root)
    x, size = nodes.inputs(centring)[0], nodes.values[quotient].shape[-1]
    output, scale = _scaled(nodes, quotient, size)
    output, bias = nodes.added_constant(output, size)
    return _norm(nodes, root, x, output, scale, bias, float(epsilon.ravel()[0]))


def _quotient(nodes: Nodes, root: onnx.NodeProto) -> tuple[str, str]:
    """Output of what divides by the root, and what it divides."""
    division = nodes.consumer(root.output[0], {"Div"})
    if division is not None and nodes.inputs(division)[1] == root.output[0]:
        divided = nodes.inputs(division)[0]
        if divided in nodes.dependent:
            return division.output[0], divided
        if not (nodes.values[divided] == 1).all():
            _refuse(root)
    inverse = division or nodes.consumer(root.output[0], {"Reciprocal"})
    product = inverse and nodes.consumer(inverse.output[0], {"Mul"})
    if not product:
        _refuse(root)
    others = [name for name in nodes.inputs(product) if name != inverse.output[0]]
    return product.output[0], others[0] if others else ""


def _scaled(nodes: Nodes, name: str, size: int) -> tuple[str, Array]:
    """Output and vector of the Mul of a constant behind `name`, or `name` and ones."""
    for node in nodes.consumers(name):
        constant = nodes.constant(node) if node.op_type == "Mul" else None
        if constant is not None and constant.size == size:
            return node.output[0], constant.reshape(size)
    return name, np.ones(size)


def _refuse(root: onnx.NodeProto) -> None:
    raise UnsupportedOperator(
        node_name(root),
        "Sqrt outside a layer normalisation",
        "normalise as torch.nn.LayerNorm does",
    )


def _norm(
    nodes: Nodes,
    node: onnx.NodeProto,
    x: str,
    output: str,
    scale: Array,
    bias: Array,
    epsilon: float,
) -> tuple[str, Call]:
    constants = {"gamma": scale, "beta": bias, "epsilon": epsilon}
    return output, Call(path_of(node), "norm", [nodes.rows(x)], nodes.rows(output), constants)
