"""Evaluates an ONNX graph node by node: the judge of what is made of it. Floats are computed as
float64.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.onnx_file import DOMAINS, INTEGERS, array_of, check_once, load
from scripts.export.onnx_layers import LAYERS
from scripts.export.onnx_operators import check_inputs

Array = np.ndarray
OPERATORS = "build the model from operators of docs/trace-format.md"
BRANCHES = "write a file without branches, or export the PyTorch model itself"


class OnnxGraph:
    """A loaded model whose every node is of a known operator."""

    def __init__(self, path: Path) -> None:
        self.path = path
        graph = load(path)
        self.nodes = list(graph.node)
        check_once((tensor.name for tensor in graph.initializer), f"{path}: holds the weights")
        check_once((value.name for value in graph.input), f"{path}: has the input")
        self.constants = {tensor.name: array_of(tensor) for tensor in graph.initializer}
        self.inputs = [i.name for i in graph.input if i.name not in self.constants]
        self.outputs = [output.name for output in graph.output]
        shapes = [_shape(value) for value in graph.input if value.name in self.inputs]
        tokens = [value for value in graph.input if value.type.tensor_type.elem_type in INTEGERS]
        self.fixed_lengths = any(
            size > 1 for value in tokens if value.name in self.inputs for size in _shape(value)
        )
        self.batch_is_second = all(shape[1:] == [1] and shape[0] != 1 for shape in shapes)
        self._check_nodes()
        self._check_constants()

    def _check_constants(self) -> None:
        for name, value in self.constants.items():  # a mask may hold -inf
            if value.dtype.kind == "f" and (np.isnan(value).any() or np.isposinf(value).any()):
                raise ExportError(f"{self.path}: {name} holds numbers that are not finite")

    def _check_nodes(self) -> None:
        known = {"", *self.constants, *self.inputs}
        for node in self.nodes:
            self._check_operator(node)
            for name in node.input:
                if name not in known:
                    raise ExportError(
                        f"{self.path}: node {node_name(node)} reads {name!r}, which no earlier one gives"
                    )
            given = [name for name in node.output if name]
            for name in given:
                if name in known or given.count(name) > 1:
                    raise ExportError(
                        f"{self.path}: node {node_name(node)} gives {name!r} a second time"
                    )
            if not given:
                raise ExportError(f"{self.path}: node {node_name(node)} gives nothing")
            known.update(given)
        for name in self.outputs:
            if name not in known:
                raise ExportError(f"{self.path}: output {name!r} is given by no node")

    def _check_operator(self, node: onnx.NodeProto) -> None:
        if node.domain not in DOMAINS:
            raise UnsupportedOperator(
                node_name(node),
                f"{node.op_type} of the domain {node.domain!r}",
                "use operators of the standard domain ai.onnx only",
            )
        if node.op_type not in LAYERS:
            raise UnsupportedOperator(
                node_name(node),
                node.op_type or "a node without operator",
                BRANCHES if node.op_type in ("If", "Loop", "Scan") else OPERATORS,
            )
        where = f"{self.path}: node {node_name(node)} has the attribute"
        check_once((attribute.name for attribute in node.attribute), where)

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Values by name, those of the weights among them."""
        values = self.constants | inputs | {"": None}
        for node in self.nodes:
            values.update(zip(node.output, self._evaluate(node, values)))
        return values

    def _evaluate(self, node: onnx.NodeProto, values: dict[str, Array]) -> list[Array]:
        try:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            attributes["outputs"] = len(node.output)
            inputs = [_value(name, values) for name in node.input]
            while inputs and inputs[-1] is None:
                inputs.pop()  # optional ones
            function = LAYERS[node.op_type]
            check_inputs(function, inputs)
            with np.errstate(all="ignore"):
                result = function(attributes, *inputs)
        except Exception as error:  # numpy raises unrelated kinds for operands that do not fit
            text = f"has no attribute {error}" if isinstance(error, KeyError) else error
            remedy = "; export with dynamic axes for the lengths of sentences"
            raise ExportError(
                f"{self.path}: node {node_name(node)} ({node.op_type}): {text}"
                + (remedy if self.fixed_lengths else "")
            ) from error
        return result if isinstance(result, list) else [np.asarray(result)]


def _value(name: str, values: dict[str, Array]) -> Array | None:
    if name not in values:  # a second output, such as the mask of Dropout
        raise ValueError(f"reads {name!r}, an output that is not computed here")
    return values[name]


def _shape(value: onnx.ValueInfoProto) -> list[int]:
    """0 for a size that is not fixed."""
    return [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]


def node_name(node: onnx.NodeProto) -> str:
    name = node.name or f"{node.op_type} that gives {next(iter(node.output), 'nothing')}"
    return name if isinstance(name, str) else name.decode("utf-8", "backslashreplace")  # as protobuf has it


def path_of(node: onnx.NodeProto) -> str:
    """/encoder/layers.0/norm1/Sqrt -> encoder.layers.0.norm1; a name without scopes stays."""
    scopes = node_name(node).strip("/").split("/")
    return ".".join(scopes[:-1]) or scopes[0]
