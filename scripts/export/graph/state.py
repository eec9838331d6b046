"""What is known while a graph is lowered: which value each node stands for."""

from __future__ import annotations

from math import prod

import numpy as np

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
            if not tokens and _is_channels_last(node, graph):
                rows, columns, channels = shape
                operator.shape, operator.fields["order"] = (channels, rows, columns), (2, 0, 1)
                index = np.arange(prod(shape)).reshape(1, channels, rows, columns)
                self.values[node] = of(operator, node.shape, index=index.transpose(0, 2, 3, 1))

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


def _is_channels_last(node: Node, graph: PrimitiveGraph) -> bool:
    """Maps [1, H, W, C] of which nothing is read but [1, C, H, W]."""
    readers = [reader for reader in graph.nodes if node in reader.inputs]
    if len(node.shape) != 4 or not readers or any(reader.kind != "move" for reader in readers):
        return False
    index = np.arange(prod(node.shape)).reshape(node.shape)
    wanted = index.transpose(0, 3, 1, 2)
    return all(np.array_equal(reader["function"](index), wanted) for reader in readers)


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
