"""An ONNX file as an exporter sees it: what goes in by name, what comes out by name, and its nodes
as primitive operators (scripts/export/graph/primitives.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.graph import onnx_arithmetic, onnx_moves, onnx_windows
from scripts.export.graph.network import Values
from scripts.export.graph.onnx_translation import Translation
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.onnx_evaluator import Evaluation, OnnxGraph, node_name
from scripts.export.onnx_layers import LAYERS

Array = np.ndarray
TRANSLATIONS = onnx_moves.TRANSLATIONS | onnx_arithmetic.TRANSLATIONS | onnx_windows.TRANSLATIONS
OF_SHAPES = ("Shape", "Size", "ConstantOfShape")  # whatever the values are
COMPARISONS = ("And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "Or")


class OnnxModel:
    """`names`: of the inputs, in the file's order; by default those of the file."""

    def __init__(self, path: Path, names: Sequence[str] = (), one_output: bool = False) -> None:
        self.file = OnnxGraph(path, LAYERS)
        self.names = list(names or self.file.inputs)
        if len(self.names) != len(self.file.inputs):
            raise ExportError(
                f"{path}: inputs {self.file.inputs}; expected {len(self.names)}: {', '.join(self.names)}"
            )
        outputs = self.file.outputs
        if one_output:
            outputs = ["logits"] if "logits" in outputs else outputs[:1]
        self.outputs = outputs

    def run(self, inputs: Values) -> dict[str, Array]:
        values = self._evaluate(inputs).values
        return {name: np.asarray(values[name], float) for name in self.outputs}

    def graph(self, inputs: Values) -> PrimitiveGraph:
        evaluation = self._evaluate(inputs)
        given = {
            name: Node("input", [], {"name": name}, evaluation.values[own].shape, name)
            for name, own in zip(self.names, self.file.inputs)
        }
        live = dict(zip(self.file.inputs, given.values()))
        translation = Translation(PrimitiveGraph(given), evaluation.values, live)
        for node in self.file.nodes:
            if not live.keys().isdisjoint(node.input) and not self._is_fixed(node, evaluation):
                self._translate(translation, node)
        for name in self.outputs:
            if name not in live:
                raise ExportError(f"{self.file.path}: output {name!r} depends on no input")
            live[name].uses += 1
            translation.graph.outputs[name] = live[name]
        return translation.graph

    def _evaluate(self, inputs: Values) -> Evaluation:
        axis = 1 if self.file.batch_is_second else 0
        batches = [np.expand_dims(np.asarray(inputs[name]), axis) for name in self.names]
        widened = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in batches]
        return self.file.run(dict(zip(self.file.inputs, widened)))

    def _is_fixed(self, node: onnx.NodeProto, evaluation: Evaluation) -> bool:
        """Comparisons of tokens count as they are here; the proof tries other tokens."""
        if node.op_type in OF_SHAPES:
            return True
        first = evaluation.values[node.input[0]]
        return node.op_type in COMPARISONS and first.dtype.kind != "f"

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
        results = translate(translation, attributes, *inputs)
        for name, result in zip(node.output, results if isinstance(results, list) else [results]):
            translation.live[name] = result
