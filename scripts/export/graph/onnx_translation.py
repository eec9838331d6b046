"""What translations of ONNX nodes share: values by their names, and how nodes are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import onnx

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph import pointwise
from scripts.export.graph.primitives import Array, Node, PrimitiveGraph, constant
from scripts.export.onnx_evaluator import node_name, path_of

Attributes = dict[str, Any]


class Translation:
    """`values`: of one evaluation, by name; `live`: nodes of those that depend on the inputs."""

    def __init__(
        self, graph: PrimitiveGraph, values: dict[str, Array], live: dict[str, Node]
    ) -> None:
        self.graph, self.values, self.live = graph, values, live
        self.path, self.name, self.shapes = "", "", [()]

    def enter(self, node: onnx.NodeProto) -> None:
        """The node that is translated next."""
        self.path, self.name = path_of(node), node_name(node)
        self.shapes = [np.shape(self.values[name]) for name in node.output if name in self.values]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[0]

    def of(self, name: str) -> Node | Array | None:
        return self.live.get(name, self.values[name])

    def node(self, kind: str, inputs: Sequence[Any], shape: Sequence[int], **attributes: Any) -> Node:
        nodes = [x if isinstance(x, Node) else constant(x, self.path) for x in inputs]
        return self.graph.add(Node(kind, nodes, attributes, tuple(shape), self.path))

    def move(
        self, x: Node, function: Callable[[Array], Array], reshape: bool = False, shape: Any = None
    ) -> Node:
        shape = self.shape if shape is None else shape
        return self.node("move", [x], shape, function=function, reshape=reshape)

    def unary(self, x: Node, name: str, function: pointwise.Function | None = None) -> Node:
        function = function or pointwise.FUNCTIONS[name]
        return self.node("unary", [x], x.shape, name=name, function=function)

    def refuse(self, kind: str, remedy: str) -> None:
        raise UnsupportedOperator(self.name, kind, remedy)

    def fixed(self, *values: Any) -> None:
        if any(isinstance(value, Node) for value in values):
            self.refuse("an operator whose weights depend on the input", "use constants")
