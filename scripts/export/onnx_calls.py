"""Finds embeddings, linear layers, attentions and normalisations among the nodes of an evaluated
ONNX graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx

from scripts.export.calls import Array, Call, Matrix
from scripts.export.errors import UnsupportedOperator
from scripts.export.onnx_evaluator import Evaluation, OnnxGraph, node_name

MOVES = set(
    "Cast Div Expand Gather Identity Mul Reshape Slice Split Squeeze Transpose Unsqueeze".split()
)
MASKING = MOVES | {"Add", "Where"}


@dataclass(frozen=True)
class Linear:
    """A MatMul or Gemm with a constant matrix, and the Add of its bias."""

    node: onnx.NodeProto
    x: str
    output: str
    weight: Array  # [H, W]
    bias: Array  # [H]


class CallFinder:
    def __init__(self, graph: OnnxGraph, evaluation: Evaluation, keep_zeros: bool) -> None:
        self.nodes, self.values = graph.nodes, evaluation.values
        self.dependent, self.keep_zeros = evaluation.token_dependent, keep_zeros
        self.producer = {name: node for node in self.nodes for name in node.output}
        self.consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.position = {name: i for i, node in enumerate(self.nodes) for name in node.output}
        self.linears = {linear.output: linear for linear in self._linears()}

    def calls(self) -> list[Call]:
        """In the order in which outputs appear."""
        attentions = [self._attention(node) for node in self.nodes if node.op_type == "Softmax"]
        inside = {name for _, _, outputs in attentions for name in outputs}
        found = [(output, call) for output, call, _ in attentions]
        found += [
            (l.output, self._linear(l)) for l in self.linears.values() if l.output not in inside
        ]
        found += [*self._embeddings(), *self._norms()]
        return [call for _, call in sorted(found, key=lambda item: self.position[item[0]])]

    def rows(self, name: str) -> Array:
        """[1, L, d], [L, 1, d] or [L, d] -> [L, d]"""
        value = self.values[name]
        return value.reshape(-1, value.shape[-1])

    def _linears(self) -> Iterator[Linear]:
        for node in self.nodes:
            if node.op_type not in ("MatMul", "Gemm") or node.input[1] in self.dependent:
                continue
            weight = self.values[node.input[1]]
            transposed = any(a.name == "transB" and a.i for a in node.attribute)
            weight = weight if transposed else weight.T
            if node.op_type == "Gemm":
                bias = self.values[node.input[2]] if len(node.input) > 2 else np.zeros(len(weight))
                yield Linear(node, node.input[0], node.output[0], weight, bias)
            else:
                output, bias = self._added_constant(node.output[0], len(weight))
                yield Linear(node, node.input[0], output, weight, bias)

    def _added_constant(self, name: str, size: int) -> tuple[str, Array]:
        """Output and vector of the Add of a constant behind `name`, or `name` and zeros."""
        for node in self.consumers.get(name, []):
            others = [other for other in node.input if other != name]
            if node.op_type == "Add" and others and others[0] not in self.dependent:
                if self.values[others[0]].shape == (size,):
                    return node.output[0], self.values[others[0]]
        return name, np.zeros(size)

    def _matrix(self, path: str, weight: Array, bias: Array) -> Matrix:
        pruned = None if self.keep_zeros or weight.all() else weight != 0
        return Matrix(path, weight, bias, pruned)

    def _linear(self, linear: Linear) -> Call:
        path = _path(linear.node)
        matrix = self._matrix(path, linear.weight, linear.bias)
        return Call(
            path, "linear", [self.rows(linear.x)], self.rows(linear.output), {"matrix": matrix}
        )

    def _embeddings(self) -> Iterator[tuple[str, Call]]:
        for node in self.nodes:
            if (
                node.op_type == "Gather"
                and node.input[1] in self.dependent
                and node.input[0] not in self.dependent
            ):
                table, tokens = self.values[node.input[0]], self.values[node.input[1]].ravel()
                output = self.rows(node.output[0])
                yield node.output[0], Call(
                    _path(node), "embedding", [tokens], output, {"table": table}
                )

    def _norms(self) -> Iterator[tuple[str, Call]]:
        for node in self.nodes:
            if node.op_type == "LayerNormalization":
                scale, bias = (self.values[name] for name in node.input[1:3])
                epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5)
                yield self._norm(node, node.input[0], node.output[0], scale, bias, epsilon)
            elif node.op_type == "Sqrt":
                yield self._decomposed_norm(node)

    def _decomposed_norm(self, root: onnx.NodeProto) -> tuple[str, Call]:
        """Sub(x, mean) / Sqrt(mean of squares + epsilon) * scale + bias"""
        variance = self.producer.get(root.input[0])
        division = self._consumer(root, "Div")
        scaling = self._consumer(division, "Mul")
        centring = self.producer.get(division.input[0])
        if (
            variance is None
            or variance.op_type != "Add"
            or centring is None
            or centring.op_type != "Sub"
        ):
            raise UnsupportedOperator(
                node_name(root),
                "Sqrt outside a layer normalisation",
                "normalise as torch.nn.LayerNorm does",
            )
        epsilon, scale = (self._constant_input(node) for node in (variance, scaling))
        output, bias = self._added_constant(scaling.output[0], len(scale))
        return self._norm(root, centring.input[0], output, scale, bias, float(epsilon))

    def _norm(
        self, node: onnx.NodeProto, x: str, output: str, scale: Array, bias: Array, epsilon: float
    ) -> tuple[str, Call]:
        constants = {"gamma": scale, "beta": bias, "epsilon": epsilon}
        return output, Call(_path(node), "norm", [self.rows(x)], self.rows(output), constants)

    def _consumer(self, node: onnx.NodeProto, kind: str) -> onnx.NodeProto:
        for consumer in self.consumers.get(node.output[0], []):
            if consumer.op_type == kind:
                return consumer
        raise UnsupportedOperator(
            node_name(node),
            f"{node.op_type} without {kind} behind it",
            "use layer normalisation with scale and bias",
        )

    def _constant_input(self, node: onnx.NodeProto) -> Array:
        for name in node.input:
            if name not in self.dependent:
                return self.values[name]
        raise UnsupportedOperator(
            node_name(node), f"{node.op_type} of two activations", "use a constant"
        )

    def _attention(self, softmax: onnx.NodeProto) -> tuple[str, Call, list[str]]:
        """Its output's name, the call, and the outputs of the linear layers that belong to it."""
        scores = self._product_before(softmax.input[0], softmax)
        values = self._consumer(softmax, "MatMul")
        operands = [self._linear_before(name, softmax) for name in (*scores.input, values.input[1])]
        out = self._linear_behind(values, softmax)
        path = _path(softmax)
        matrices = dict(zip("qkv", self._parts(path, operands)))
        matrices["out"] = self._matrix(f"{path}.out_proj", out.weight, out.bias)
        lengths = len(self.rows(operands[0].x)) * len(self.rows(operands[1].x))
        heads = self.values[scores.output[0]].size // lengths
        inputs = [self.rows(linear.x) for linear in operands]
        call = Call(path, "attention", inputs, self.rows(out.output), matrices | {"heads": heads})
        return out.output, call, [linear.output for linear in (*operands, out)]

    def _parts(self, path: str, operands: list[Linear]) -> Iterator[Matrix]:
        """q, k and v in this order share a matrix in equal parts, or two of them, or none."""
        for i, linear in enumerate(operands):
            group = [j for j, other in enumerate(operands) if other.output == linear.output]
            part = group.index(i)
            weight, bias = (
                np.split(array, len(group))[part] for array in (linear.weight, linear.bias)
            )
            yield self._matrix(f"{path}.{'qkv'[i]}", weight, bias)

    def _product_before(self, name: str, softmax: onnx.NodeProto) -> onnx.NodeProto:
        """The MatMul of two activations that the softmax reads, perhaps scaled and masked."""
        open_names = [name]
        while open_names:
            node = self.producer.get(open_names.pop())
            if node is None:
                continue
            if node.op_type == "MatMul" and self.dependent.issuperset(node.input):
                return node
            if node.op_type in MASKING:
                open_names += node.input
        raise UnsupportedOperator(
            node_name(softmax),
            "Softmax of something else than query times key",
            "use dot-product attention",
        )

    def _linear_before(self, name: str, softmax: onnx.NodeProto) -> Linear:
        while name not in self.linears:
            node = self.producer.get(name)
            if node is None or node.op_type not in MOVES:
                raise UnsupportedOperator(
                    node_name(softmax),
                    f"attention that reads {node.op_type if node else 'an input'} {name}",
                    "project query, key and value with linear layers",
                )
            name = next(i for i in node.input if i in self.dependent)
        return self.linears[name]

    def _linear_behind(self, values: onnx.NodeProto, softmax: onnx.NodeProto) -> Linear:
        name = values.output[0]
        while True:
            for linear in self.linears.values():
                if linear.x == name:
                    return linear
            moved = [node for node in self.consumers.get(name, []) if node.op_type in MOVES]
            if not moved:
                raise UnsupportedOperator(
                    node_name(softmax),
                    "attention without an output projection",
                    "project its values linearly",
                )
            name = moved[0].output[0]


def _path(node: onnx.NodeProto) -> str:
    """/encoder/layers.0/norm1/Sqrt -> encoder.layers.0.norm1; a name without scopes stays."""
    scopes = node_name(node).strip("/").split("/")
    return ".".join(scopes[:-1]) or scopes[0]
