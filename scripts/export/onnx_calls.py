"""Finds embeddings, linear layers, attentions and normalisations among the nodes of an evaluated
ONNX graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import onnx

from scripts.export.calls import Array, Call, Matrix
from scripts.export.errors import UnsupportedOperator
from scripts.export.onnx_evaluator import Evaluation, OnnxGraph, node_name
from scripts.export.onnx_nodes import Linear, Nodes, path_of
from scripts.export.onnx_norms import norms

SCALES = {"Div", "Mul"}
MOVES = SCALES | set("Expand Flatten Gather Reshape Slice Split Squeeze Transpose Unsqueeze".split())
MASKING = MOVES | {"Add", "Sub", "Where"}
Move = tuple[onnx.NodeProto, str, str]  # a node, what it moves, and what it gives
BEHIND_SOFTMAX = MOVES | {"Where"}  # which replaces what is no number


class CallFinder:
    def __init__(self, graph: OnnxGraph, evaluation: Evaluation, logits: str) -> None:
        self.nodes = Nodes(graph, evaluation)
        self.logits = self.nodes.root(logits)

    def calls(self) -> list[Call]:
        """Those that do not read the target first, in the order in which outputs appear."""
        attentions = [self._attention(node) for node in self._softmaxes()]
        inside = {name for _, _, outputs in attentions for name in outputs}
        found = [(output, call) for output, call, _ in attentions]
        found += [
            (linear.output, self._linear(linear))
            for linear in self.nodes.linears.values()
            if linear.output not in inside
        ]
        found += [*self._embeddings(), *norms(self.nodes)]
        return [call for _, call in sorted(found, key=lambda item: self.nodes.order(item[0]))]

    def rows(self, name: str) -> Array:
        return self.nodes.rows(name)

    def _softmaxes(self) -> Iterator[onnx.NodeProto]:
        """Those inside; one behind the logits is none of attention."""
        for node in self.nodes.dependent_nodes("Softmax"):
            if node.output[0] != self.logits:
                yield node

    def _linear(self, linear: Linear) -> Call:
        path = path_of(linear.node)
        matrix = Matrix(path, linear.weight, linear.bias)
        inputs, output = [self.rows(linear.x)], self.rows(linear.output)
        return Call(path, "linear", inputs, output, {"matrix": matrix})

    def _embeddings(self) -> Iterator[tuple[str, Call]]:
        for node in self.nodes.dependent_nodes("Gather"):
            table, tokens = self.nodes.inputs(node)
            if table in self.nodes.dependent or self.nodes.values[table].ndim != 2:
                continue
            output, ids = self.rows(node.output[0]), self.nodes.values[tokens].ravel()
            constants = {"table": self.nodes.values[table]}
            yield node.output[0], Call(path_of(node), "embedding", [ids], output, constants)

    def _attention(self, softmax: onnx.NodeProto) -> tuple[str, Call, list[str]]:
        """Its output's name, the call, and the outputs of the linear layers that belong to it."""
        scores = self._product_before(softmax)
        values, other = self._product_behind(softmax)
        q, k = self.nodes.inputs(scores)
        traced = [self._projection(name, softmax) for name in (q, k, other)]
        heads = self.nodes.values[scores.output[0]].size // max(
            1, len(self.rows(traced[0][0].x)) * len(self.rows(traced[1][0].x))
        )
        path, sides = path_of(softmax), (-2, -1, -2)  # where the tokens are
        matrices = {
            part: self._part(f"{path}.{part}", linear, columns, tokens, softmax)
            for part, (linear, columns), tokens in zip("qkv", traced, sides)
        }
        out, columns = self._linear_behind(values, softmax)
        weight = np.empty_like(out.weight)
        weight[:, _of_one_token(columns, -2, softmax)] = out.weight
        matrices["out"] = Matrix(f"{path}.out_proj", weight, out.bias)
        inputs = [self.rows(linear.x) for linear, _ in traced]
        call = Call(path, "attention", inputs, self.rows(out.output), matrices | {"heads": heads})
        return out.output, call, [linear.output for linear in (*(l for l, _ in traced), out)]

    def _part(
        self, path: str, linear: Linear, columns: Array, tokens: int, softmax: onnx.NodeProto
    ) -> Matrix:
        """The rows of the linear layer's matrix that reach this operand, head by head."""
        rows = _of_one_token(columns, tokens, softmax)
        return Matrix(path, linear.weight[rows], linear.bias[rows])

    def _product_before(self, softmax: onnx.NodeProto) -> onnx.NodeProto:
        """The MatMul of two activations that the softmax reads, perhaps scaled and masked."""
        open_names, seen = [self.nodes.inputs(softmax)[0]], set()
        while open_names:
            name = open_names.pop()
            node = self.nodes.producer.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            inputs = self.nodes.inputs(node)
            if node.op_type == "MatMul" and self.nodes.dependent.issuperset(inputs):
                return node
            if node.op_type in MASKING:
                open_names += [i for i in inputs if i in self.nodes.dependent]
        raise UnsupportedOperator(
            node_name(softmax),
            "Softmax of something else than query times key",
            "use dot-product attention",
        )

    def _product_behind(self, softmax: onnx.NodeProto) -> tuple[onnx.NodeProto, str]:
        """The MatMul of the probabilities with the values, and the values."""
        open_names, seen = [softmax.output[0]], set()
        while open_names:
            name = open_names.pop(0)
            if name in seen:
                continue
            seen.add(name)
            for node in self.nodes.consumers(name):
                inputs = self.nodes.inputs(node)
                if node.op_type == "MatMul" and inputs[0] == name:
                    return node, inputs[1]
                if node.op_type in BEHIND_SOFTMAX:
                    open_names.append(node.output[0])
        raise UnsupportedOperator(
            node_name(softmax),
            "Softmax without MatMul behind it",
            "multiply the probabilities with the values",
        )

    def _projection(self, name: str, softmax: onnx.NodeProto) -> tuple[Linear, Array]:
        """The linear layer behind an operand of attention, and from which of its features each
        element of the operand comes.
        """
        moves: list[Move] = []
        while name not in self.nodes.linears:
            node = self.nodes.producer.get(name)
            if node is None or node.op_type not in MOVES:
                raise UnsupportedOperator(
                    node_name(softmax),
                    f"attention that reads {node.op_type if node else 'an input'} {name}",
                    "project query, key and value with linear layers",
                )
            before = next(i for i in self.nodes.inputs(node) if i in self.nodes.dependent)
            moves.append((node, before, name))
            name = before
        linear = self.nodes.linears[name]
        shape = self.nodes.values[name].shape
        columns = np.broadcast_to(np.arange(len(linear.weight)), shape)
        return linear, self._moved(columns, reversed(moves))

    def _moved(self, columns: Array, moves: Iterable[Move]) -> Array:
        for node, before, after in moves:
            if node.op_type not in SCALES:
                columns = self.nodes.replay(node, {before: columns}, after)
        return columns

    def _linear_behind(
        self, values: onnx.NodeProto, softmax: onnx.NodeProto
    ) -> tuple[Linear, Array]:
        """The output projection, and which feature of which head each of its inputs is."""
        name = values.output[0]
        found = self.nodes.values[name]
        heads, width = found.size // max(1, found.shape[-2] * found.shape[-1]), found.shape[-1]
        columns = np.arange(heads * width).reshape(*found.shape[:-2], 1, width)
        columns = np.broadcast_to(columns, found.shape)
        while True:
            for linear in self.nodes.linears.values():
                if linear.x == name:
                    return linear, columns.reshape(-1, columns.shape[-1])
            moved = [node for node in self.nodes.consumers(name) if node.op_type in MOVES - SCALES]
            if not moved:
                raise UnsupportedOperator(
                    node_name(softmax),
                    "attention without an output projection",
                    "project its values linearly",
                )
            after = moved[0].output[0]
            columns = self._moved(columns, [(moved[0], name, after)])
            name = after


def _of_one_token(columns: Array, tokens: int, softmax: onnx.NodeProto) -> Array:
    """Columns head by head; they are the same for every token, and none is there twice."""
    first = np.take(columns, [0], tokens)
    found = first.ravel()
    if (columns != first).any() or len(set(found.tolist())) != len(found):
        raise UnsupportedOperator(
            node_name(softmax),
            "attention whose heads are no parts of one token's features of their own",
            "split the features of each token into heads, and give each its own keys and values",
        )
    return found
