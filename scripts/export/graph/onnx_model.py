"""An ONNX file as an exporter sees it: what goes in by name, what comes out by name, and its nodes
as primitive operators (scripts/export/graph/primitives.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.graph import onnx_arithmetic, onnx_moves, onnx_windows
from scripts.export.graph.answers import NoOutput
from scripts.export.graph.network import Values
from scripts.export.graph.onnx_translation import Translation
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.onnx_evaluator import OnnxGraph, node_name

Array = np.ndarray
TRANSLATIONS = onnx_moves.TRANSLATIONS | onnx_arithmetic.TRANSLATIONS | onnx_windows.TRANSLATIONS
OF_SHAPES = ("Shape", "Size", "ConstantOfShape")  # whatever the values are
COMPARISONS = ("Not", *onnx_arithmetic.COMPARISONS)


class OnnxModel:
    """`names`: of the inputs, in the file's order; by default those of the file. `tokens`: they are
    tokens; `one_output`: the logits.
    """

    def __init__(
        self, path: Path, names: Sequence[str] = (), tokens: bool = False, one_output: bool = False
    ) -> None:
        self.file = OnnxGraph(path)
        self.names = list(names or self.file.inputs)
        if len(self.names) != len(self.file.inputs):
            raise ExportError(
                f"{path}: inputs {self.file.inputs}; expected {len(self.names)}: {', '.join(self.names)}"
            )
        outputs = self.file.outputs
        if not outputs:
            raise ExportError(f"{path}: outputs []; name what the network computes as outputs of the graph")
        if one_output:
            outputs = ["logits"] if "logits" in outputs else outputs[:1]
        self.outputs = outputs
        self._one_output = one_output
        axes = (1, 0) if self.file.batch_is_second else (0, 1)
        self._batch_axis = next((axis for axis in axes if self._runs(axis)), axes[0]) if tokens else 0

    def check(self) -> None:
        """A file stays as it is."""

    def run(self, inputs: Values) -> dict[str, Array]:
        values = self._evaluate(inputs, self._batch_axis)
        rows = len(inputs[self.names[-1]]) if self._one_output else None
        for name in self.outputs:
            self._check_output(name, values[name], rows)
        return {name: np.asarray(values[name], float) for name in self.outputs}

    def _check_output(self, name: str, value: Array, rows: int | None) -> None:
        if value.dtype.kind != "f":
            raise ExportError(f"{self.file.path}: output {name!r} is {value.dtype}; outputs are floats")
        if rows is not None and value.size != value.shape[-1] * rows:
            raise NoOutput(
                f"{self.file.path}: output {name!r} has shape {list(value.shape)} for {rows} tokens; "
                f"logits are floats [1, {rows}, V]"
            )

    def _runs(self, batch_axis: int) -> bool:
        trial = {name: np.zeros(2 + i, np.int64) for i, name in enumerate(self.names)}
        try:
            self._evaluate(trial, batch_axis)
        except ExportError:  # it is asked again, and then its error is shown
            return False
        return True

    def first_nan(self, inputs: Values) -> str | None:
        values = self._evaluate(inputs, self._batch_axis)
        for node in self.file.nodes:
            for output in (values[name] for name in node.output if values.get(name) is not None):
                if output.dtype.kind == "f" and (np.isnan(output) | np.isposinf(output)).any():
                    return _nan_of(node, values[node.input[0]] if node.input else None)
        return None

    def graph(self, inputs: Values) -> PrimitiveGraph:
        values = self._evaluate(inputs, self._batch_axis)
        given = {
            name: Node("input", [], {"name": name}, values[own].shape, name)
            for name, own in zip(self.names, self.file.inputs)
        }
        live = dict(zip(self.file.inputs, given.values()))
        translation = Translation(PrimitiveGraph(given), values, live)
        for node in self._needed():
            if not live.keys().isdisjoint(node.input) and not self._is_fixed(node, values, live):
                self._translate(translation, node)
        for name in self.outputs:
            if name not in live:
                raise ExportError(f"{self.file.path}: output {name!r} depends on no input")
            live[name].uses += 1
            translation.graph.outputs[name] = live[name]
        return translation.graph

    def _needed(self) -> list[onnx.NodeProto]:
        """Nodes that the outputs depend on."""
        wanted, needed = set(self.outputs), []
        for node in reversed(self.file.nodes):
            if not wanted.isdisjoint(node.output):
                needed.append(node)
                wanted.update(node.input)
        return needed[::-1]

    def _evaluate(self, inputs: Values, batch_axis: int) -> dict[str, Array]:
        batches = [np.expand_dims(np.asarray(inputs[name]), batch_axis) for name in self.names]
        widened = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in batches]
        return self.file.run(dict(zip(self.file.inputs, widened)))

    def _is_fixed(self, node: onnx.NodeProto, values: dict[str, Array], live: Mapping[str, Node]) -> bool:
        """Comparisons of tokens count as they are here; the proof tries other tokens. Truth values that
        are live come from floats.
        """
        if node.op_type in OF_SHAPES:
            return True
        compared = (values[name].dtype.kind for name in node.input if name in live)
        return node.op_type in COMPARISONS and not any(kind in "fb" for kind in compared)

    def _translate(self, translation: Translation, node: onnx.NodeProto) -> None:
        translate = TRANSLATIONS.get(node.op_type)
        if translate is None:
            raise UnsupportedOperator(
                node_name(node), node.op_type, "build the model from operators of docs/trace-format.md"
            )
        translation.enter(node)
        attributes: dict[str, Any] = {
            a.name: onnx.helper.get_attribute_value(a) for a in node.attribute
        }
        inputs = [translation.of(name) for name in node.input]
        while inputs and inputs[-1] is None:
            inputs.pop()  # optional ones
        try:
            results = translate(translation, attributes, *inputs)
        except ExportError:
            raise
        except Exception as error:  # attributes of other types, inputs of other numbers
            where = f"{self.file.path}: node {node_name(node)} ({node.op_type})"
            raise ExportError(f"{where}: {type(error).__name__}: {error}") from error
        for name, result in zip(node.output, results if isinstance(results, list) else [results]):
            translation.live[name] = result


def _nan_of(node: onnx.NodeProto, scores: Array | None) -> str:
    name = node_name(node)
    if node.op_type == "Softmax" and np.isneginf(scores).all(-1).any():
        return f"{name} reads scores with a mask that hides every key, as one of BOS or of all tokens does: let it leave one"
    return f"the first numbers that are not finite are those of {name}: look there and at what it reads"
