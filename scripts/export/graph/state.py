"""What is known while a graph is lowered: which value each node stands for."""

from __future__ import annotations

from math import prod

from scripts.export.errors import ExportError
from scripts.export.graph.affine import Affine, Value, of
from scripts.export.graph.builder import Builder
from scripts.export.graph.network import FLOATS, TOKENS, FloatOperator
from scripts.export.graph.primitives import Node, PrimitiveGraph


class State:
    """`inputs`: operators that stand for the graph's inputs."""

    def __init__(self, graph: PrimitiveGraph, tokens: bool) -> None:
        self.graph, self.b = graph, Builder()
        self.inputs: dict[str, FloatOperator] = {}
        self.values: dict[Node, Value] = {}
        for name, node in graph.inputs.items():
            shape = _input_shape(name, node, tokens)
            operator = FloatOperator(TOKENS if tokens else FLOATS, [], shape, name=name, path=name)
            self.inputs[name] = operator
            self.values[node] = of(operator, node.shape)

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
