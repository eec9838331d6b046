"""What translations of ATen calls share: values by their numbers, and how nodes are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torch import Tensor

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph import pointwise
from scripts.export.graph.primitives import Move, Node, PrimitiveGraph, constant
from scripts.export.graph.recorder import Recorded, Value


class Translation:
    """`values`: number of a recorded tensor -> the node that makes it."""

    def __init__(self, graph: PrimitiveGraph, values: dict[int, Node]) -> None:
        self.graph, self.values = graph, values
        self.call: Recorded | None = None

    def of(self, value: Any) -> Any:
        """Nodes for numbers of recorded tensors, arrays for other tensors."""
        if isinstance(value, list):
            return [self.of(element) for element in value]
        if isinstance(value, Value):
            if int(value) not in self.values:
                self.refuse("a use of the places of maxima", "use the maxima alone")
            return self.values[int(value)]
        return value.numpy() if isinstance(value, Tensor) else value

    def node(self, kind: str, inputs: Sequence[Any], shape: Sequence[int], **attributes: Any) -> Node:
        path = self.call.path
        nodes = [x if isinstance(x, Node) else constant(x, path) for x in inputs]
        return self.graph.add(Node(kind, nodes, attributes, tuple(shape), path))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.call.shapes[0]

    def move(self, x: Node, function: Move, reshape: bool = False, shape: Any = None) -> Node:
        return self.node("move", [x], shape or self.shape, function=function, reshape=reshape)

    def reshaped(self, x: Any, shape: Sequence[int]) -> Any:
        if not isinstance(x, Node):
            return np.reshape(x, shape)
        shape = tuple(shape)
        return self.move(x, lambda a: a.reshape(shape), True, shape)

    def unary(self, x: Node, name: str, function: pointwise.Function | None = None) -> Node:
        function = function or pointwise.FUNCTIONS[name]
        return self.node("unary", [x], x.shape, name=name, function=function)

    def refuse(self, kind: str, remedy: str) -> None:
        raise UnsupportedOperator(self.call.path or "model", kind, remedy)

    def weights(self, *tensors: Any) -> None:
        """Weights are constants."""
        if any(isinstance(tensor, Node) for tensor in tensors):
            self.refuse(f"{self.call.name} with weights that depend on the input", "use fixed weights")


def scaled(t: Translation, x: Any, factor: float) -> Any:
    if factor == 1:
        return x
    return t.node("multiply", [x, factor], x.shape) if isinstance(x, Node) else np.multiply(x, factor)


def channels(x: Node) -> tuple[int, ...]:
    return (-1, *(1,) * (len(x.shape) - 2))
