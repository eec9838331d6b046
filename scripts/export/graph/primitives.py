"""What a front end makes of a model's forward pass: nodes of a few primitive operators, in order.

Values that do not depend on the model's inputs are constants, whatever computed them. All other
nodes carry the shape that they had in the recorded pass, the batch of one sample included. The
vocabulary (x, y: nodes; everything else: attributes):

    input                                 a tensor of floats, or tokens [1, n]
    constant     value                    an array
    move(x)      function, reshape        elements elsewhere: function(array) -> array moves them, or
                                          drops or repeats them; reshape: their order stays
    pad(x)       before, after            zeros around, one number a dimension
    join(x, ...) axis                     one behind the other
    unary(x)     name, function           function(array) -> array, element by element
    add, multiply, maximum(x, y)          element by element; one of the two may be a constant
    binary(x, y) name, function           function(array, array) -> array, element by element
    choose(mask, x, y)                    x where the mask is not 0, else y
    matmul(x, y)                          over the last two dimensions
    convolution  weight, bias, stride, padding [top, left, bottom, right], dilation, groups
    transposed_convolution                the same, and output_padding [y, x]
    max_pool     kernel, stride, padding, dilation, ceil_mode
    average_pool kernel, stride, padding, ceil_mode, count_padding
    channel_sum  size                     sums over `size` neighbours in dimension 2 of 5 (LRN)
    mean         axes, keep               over dimensions
    largest      axes                     over dimensions
    variance     axes, keep               the same, of the squared distance from the mean
    layer_norm   gamma, beta, epsilon     over the last dimension
    softmax, log_softmax  axis
    embedding(x) table                    rows by tokens
    where        mask, x, y               one of the two; the mask is an array of bool
    upsample     factor                   nearest
    local_response_norm size, function    x * function(sum of squares over `size` channels)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

Array = np.ndarray
Move = Callable[[Array], Array]


@dataclass(eq=False)
class Node:
    """One call of an operator. `path`: of the innermost module that made it, or the ONNX scope."""

    kind: str
    inputs: list[Node]
    attributes: dict[str, Any]
    shape: tuple[int, ...]
    path: str = ""
    uses: int = 0  # how many inputs of nodes, and outputs of the graph, it is

    @property
    def is_constant(self) -> bool:
        return self.kind == "constant"

    @property
    def value(self) -> Array:
        return self.attributes["value"]

    def __getitem__(self, attribute: str) -> Any:
        return self.attributes[attribute]


def constant(value: Array, path: str = "") -> Node:
    value = np.asarray(value)
    if value.dtype != bool:
        value = value.astype(np.float64)
    return Node("constant", [], {"value": value}, value.shape, path)


@dataclass
class PrimitiveGraph:
    """Nodes in the order of their calls; inputs and outputs by name."""

    inputs: dict[str, Node]
    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, Node] = field(default_factory=dict)

    def add(self, node: Node) -> Node:
        for x in node.inputs:
            x.uses += 1
        self.nodes.append(node)
        return node


class Maker(Protocol):
    """What front ends make nodes with."""

    shape: tuple[int, ...]  # of the result of the call that is translated

    def node(self, kind: str, inputs: Sequence[Any], shape: Sequence[int], **attributes: Any) -> Node: ...

    def move(self, x: Node, function: Move, reshape: bool = False, shape: Any = None) -> Node: ...


def padded(t: Maker, x: Node, before: Sequence[int], after: Sequence[int]) -> Node:
    """Zeros around; a negative number cuts off."""
    if min(*before, *after) < 0:
        cut = tuple(slice(max(0, -a), n - max(0, -b)) for n, a, b in zip(x.shape, before, after))
        shape = tuple(piece.stop - piece.start for piece in cut)
        x = t.move(x, lambda v: v[cut], shape=shape)
        before, after = ([max(0, n) for n in ends] for ends in (before, after))
    return t.node("pad", [x], t.shape, before=list(before), after=list(after))
