"""The nodes of an evaluated ONNX graph: who gives and who reads a value, and the linear layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from scripts.export.calls import Array
from scripts.export.errors import UnsupportedOperator
from scripts.export.onnx_evaluator import Evaluation, OnnxGraph, node_name
from scripts.export.onnx_operators import OPERATORS

SAME = {"Cast", "Dropout", "Identity"}  # of floats


@dataclass(frozen=True)
class Linear:
    """A MatMul or Gemm with a constant matrix, and the Add of its bias."""

    node: onnx.NodeProto
    x: str
    output: str
    weight: Array  # [H, W]
    bias: Array  # [H]


class Nodes:
    """Names of values stand for all that are the same numbers: what Identity, Dropout and casts
    between floats give has the name of what they read.
    """

    def __init__(self, graph: OnnxGraph, evaluation: Evaluation) -> None:
        self.values, self.dependent = evaluation.values, evaluation.token_dependent
        self._targets = evaluation.target_dependent
        self._roots: dict[str, str] = {}
        self.producer: dict[str, onnx.NodeProto] = {}
        self._consumers: dict[str, list[onnx.NodeProto]] = {}
        self._position: dict[str, int] = {}
        for number, node in enumerate(graph.nodes):
            self._enter(number, node)
        self.linears = {linear.output: linear for linear in self._find_linears()}

    def _enter(self, number: int, node: onnx.NodeProto) -> None:
        inputs = self.inputs(node)
        if node.op_type in SAME and self.values[inputs[0]].dtype == np.float64:
            if self.values[node.output[0]].dtype == np.float64:
                self._roots[node.output[0]] = inputs[0]
                return
        for name in node.output:
            self.producer[name], self._position[name] = node, number
        for name in inputs:
            self._consumers.setdefault(name, []).append(node)

    def root(self, name: str) -> str:
        return self._roots.get(name, name)

    def inputs(self, node: onnx.NodeProto) -> list[str]:
        return [self.root(name) for name in node.input]

    def consumers(self, name: str) -> list[onnx.NodeProto]:
        return self._consumers.get(name, [])

    def consumer(self, name: str, kinds: set[str]) -> onnx.NodeProto | None:
        return next((node for node in self.consumers(name) if node.op_type in kinds), None)

    def dependent_nodes(self, kind: str) -> Iterator[onnx.NodeProto]:
        for name, node in self.producer.items():
            if node.op_type == kind and name == node.output[0] and name in self.dependent:
                yield node

    def order(self, name: str) -> tuple[bool, int]:
        return name in self._targets, self._position[name]

    def rows(self, name: str) -> Array:
        """[1, L, d], [L, 1, d] or [L, d] -> [L, d]"""
        value = self.values[name]
        if value.ndim < 2:
            raise UnsupportedOperator(
                name, f"a value of shape {list(value.shape)}", "use rows of features"
            )
        return value.reshape(-1, value.shape[-1])

    def constant(self, node: onnx.NodeProto) -> Array | None:
        """The constant operand of a node of two."""
        return next(
            (self.values[name] for name in self.inputs(node) if name not in self.dependent), None
        )

    def replay(self, node: onnx.NodeProto, changed: Mapping[str, Array], output: str) -> Array:
        """What the node gives as `output` with other inputs."""
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        attributes["outputs"] = len(node.output)
        inputs = [changed.get(name, self.values[name]) for name in self.inputs(node)]
        result = OPERATORS[node.op_type](attributes, *inputs)
        return result[list(node.output).index(output)] if isinstance(result, list) else result

    def added_constant(self, name: str, size: int) -> tuple[str, Array]:
        """Output and vector of the Add of a constant behind `name`, or `name` and zeros."""
        for node in self.consumers(name):
            constant = self.constant(node) if node.op_type == "Add" else None
            if constant is not None and constant.size == size == constant.shape[-1]:
                return node.output[0], constant.reshape(size)
        return name, np.zeros(size)

    def _find_linears(self) -> Iterator[Linear]:
        for kind in ("MatMul", "Gemm"):
            for node in self.dependent_nodes(kind):
                x, matrix = self.inputs(node)[:2]
                if matrix in self.dependent:
                    continue
                weight = _matrix(self.values[matrix], node)
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
                if kind == "Gemm":
                    yield self._gemm(node, x, weight, attributes)
                else:
                    output, bias = self.added_constant(node.output[0], weight.shape[1])
                    yield Linear(node, x, output, weight.T, bias)

    def _gemm(self, node: onnx.NodeProto, x: str, weight: Array, attributes: dict) -> Linear:
        if attributes.get("transA"):
            raise UnsupportedOperator(
                node_name(node), "Gemm with transA of an activation", "give it tokens as rows"
            )
        weight = weight if attributes.get("transB") else weight.T
        weight = weight * attributes.get("alpha", 1.0)
        if len(node.input) < 3 or not node.input[2]:
            output, bias = self.added_constant(node.output[0], len(weight))
            return Linear(node, x, output, weight, bias)
        bias = self.values[node.input[2]]
        if self.root(node.input[2]) in self.dependent or bias.size not in (1, len(weight)):
            raise UnsupportedOperator(
                node_name(node), "Gemm that adds no bias vector", "add a constant a feature"
            )
        bias = np.broadcast_to(bias.ravel(), len(weight)) * attributes.get("beta", 1.0)
        return Linear(node, x, node.output[0], weight, bias)


def _matrix(value: Array, node: onnx.NodeProto) -> Array:
    """Two dimensions, behind any number of 1."""
    if value.ndim < 2 or value.size != value.shape[-1] * value.shape[-2]:
        raise UnsupportedOperator(
            node_name(node), f"a product with constants of shape {list(value.shape)}", "use a matrix"
        )
    return value.reshape(value.shape[-2:])


def path_of(node: onnx.NodeProto) -> str:
    """/encoder/layers.0/norm1/Sqrt -> encoder.layers.0.norm1; a name without scopes stays."""
    scopes = node_name(node).strip("/").split("/")
    return ".".join(scopes[:-1]) or scopes[0]
