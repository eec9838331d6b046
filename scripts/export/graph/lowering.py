"""From primitive operators to those of docs/trace-format.md: one pass over the nodes, in which each
stands for operators' outputs, moved, scaled and added (scripts/export/graph/affine.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from scripts.export.graph import lower_elements, lower_layers, lower_pools
from scripts.export.graph.affine import Affine
from scripts.export.graph.folding import WITH_WEIGHTS, absorbed, as_it_lies, realised
from scripts.export.graph.network import TOKENS, FloatOperator
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.graph.rotary import rotary
from scripts.export.graph.state import State

LOWERINGS = lower_elements.LOWERINGS | lower_layers.LOWERINGS | lower_pools.LOWERINGS


@dataclass(frozen=True)
class Lowered:
    """Operators by the names of inputs and outputs. `endings`: "softmax" or "log_softmax", which
    are left out behind an output.
    """

    inputs: dict[str, FloatOperator]
    outputs: dict[str, FloatOperator]
    endings: dict[str, str]


def lower(graph: PrimitiveGraph, tokens: bool) -> Lowered:
    """UnsupportedOperator for what the format cannot say."""
    s = State(graph, tokens)
    for node in graph.nodes:
        s.b.path = node.path
        if 0 in node.shape:
            s.b.refuse(f"a tensor of shape {list(node.shape)}", "leave out what has no elements")
        value = LOWERINGS[node.kind](s, node)
        value.uses = node.uses
        if isinstance(value, Affine):
            _settle(s, node, value)
        s.values[node] = value
    outputs = {name: _output(s, node) for name, node in graph.outputs.items()}
    endings = {name: _ending(s, node, outputs[name]) for name, node in graph.outputs.items()}
    return Lowered(s.inputs, outputs, {name: step for name, step in endings.items() if step})


def _settle(s: State, node: Node, x: Affine) -> None:
    """Rotations are recognised before they are moved; what is read twice is made once."""
    if node.kind != "move":
        x.path = node.path
    if len(x.terms) == 2 and node.kind in ("add", "join"):
        turned = rotary(s.b, x)
        if turned is not None:
            x.terms = [turned]
    waits = x.is_pointwise or not x.terms or x.base.kind in ("attention_scores", TOKENS)
    if node.uses > 1 and not waits:
        realised(s.b, x)


def _ending(s: State, node: Node, operator: FloatOperator) -> str | None:
    """Left out is a softmax over the classes of each row or pixel, whose order it keeps."""
    while node.kind == "move" and node["reshape"]:
        node = node.inputs[0]
    if node.kind not in ("softmax", "log_softmax"):
        return None
    classes, behind = operator.shape[-1], 1
    if operator.is_map:
        classes, behind = operator.shape[0], prod(operator.shape[1:])
    axis = node["axis"]
    if (node.shape[axis], prod(node.shape[axis + 1 :])) != (classes, behind):
        s.b.path = node.path
        s.b.refuse(f"a {node.kind} over dimension {axis} of {len(node.shape)}", "take it over the classes")
    return node.kind


def _output(s: State, node: Node) -> FloatOperator:
    s.b.path = node.path
    operator, factor = as_it_lies(s.b, s.affine(node))
    if factor == 1:
        return operator
    if operator.kind in WITH_WEIGHTS:
        return absorbed(s.b, operator, np.full(operator.shape, factor), np.zeros(operator.shape))
    return s.b.make(
        "activation", [operator], operator.shape, function=lambda v: v * factor, named="scale"
    )
