"""Traces from ONNX files of encoder-decoder Transformers, as torch.onnx.export writes them.

    torch.onnx.export(model, (source, target), "model.onnx", opset_version=14,
                      input_names=["source", "target"], output_names=["logits"],
                      dynamic_axes={"source": {1: "n"}, "target": {1: "t"}, "logits": {1: "t"}})
    trace = export_onnx(Path("model.onnx"), name=..., origin=..., tokenizer=..., max_tokens=...,
                        calibration_pairs=..., sentences=...)

The graph's first two inputs are token ids [1, n] and [1, t], or [n, 1] and [t, 1] of a model whose
batch is the second dimension; the output called logits, else the first, is the logits [1, t, V] or
[t, 1, V]. Names of operators come from the nodes' scopes. Weights of exactly 0
count as pruned unless masks are given or keep_zeros is set, as in the PyTorch exporter. The result
is proved (scripts/export/proof.py) against the evaluation of the graph node by node, which reads no
structure into it; its operators are tested with the ONNX project's own cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scripts.export.build_trace import Contents, Masks, Tokenizer, build_trace
from scripts.export.calibrate import Pair
from scripts.export.calls import Array, Call
from scripts.export.errors import ExportError
from scripts.export.extract import extract_model
from scripts.export.float_model import FloatModel
from scripts.export.onnx_calls import CallFinder
from scripts.export.onnx_evaluator import Evaluation, OnnxGraph
from scripts.export.trace import Trace


def export_onnx(path: Path, *, keep_zeros: bool = False, **contents: Any) -> Trace:
    """A trace with int8 constants and reference outputs; `contents` are the fields of Contents.

    UnsupportedOperator names a node, ExportError what else is wrong.
    """
    c = Contents(**contents)
    found = extract_onnx(
        path, c.tokenizer, c.max_tokens, c.calibration_pairs, c.masks, keep_zeros
    )
    return build_trace(found, c)


def extract_onnx(
    path: Path,
    tokenizer: Tokenizer,
    max_tokens: int,
    calibration_pairs: Sequence[Pair],
    masks: Masks | None = None,
    keep_zeros: bool = False,
) -> FloatModel:
    """The file's Transformer with float constants, proved equal to the graph."""
    model = _Model(path)
    return extract_model(
        model.capture, tokenizer, max_tokens, calibration_pairs, masks, keep_zeros, model.forward
    )


class _Model:
    """The graph with source and target tokens as lists."""

    def __init__(self, path: Path) -> None:
        self._graph = graph = OnnxGraph(path)
        for what, names, right in (
            ("inputs", graph.inputs, len(graph.inputs) == 2),
            ("outputs", graph.outputs, bool(graph.outputs)),
        ):
            if not right:
                raise ExportError(
                    f"{path}: {what} {names}; expected source and target tokens as inputs, logits "
                    "as output: export encoder, decoder and output projection as one graph"
                )
        self._logits = "logits" if "logits" in graph.outputs else graph.outputs[0]
        axes = (1, 0) if graph.batch_is_second else (0, 1)  # of the batch
        self._batch_axis = next((axis for axis in axes if self._runs(axis)), axes[0])

    def capture(self, source: list[int], target: list[int]) -> tuple[list[Call], Array]:
        evaluation = self._run(source, target, self._batch_axis)
        finder = CallFinder(self._graph, evaluation, self._logits)
        return finder.calls(), finder.rows(self._logits)

    def forward(self, source: list[int], target: list[int]) -> Array:
        return self._forward(source, target, self._batch_axis)

    def _forward(self, source: list[int], target: list[int], batch_axis: int) -> Array:
        values = self._run(source, target, batch_axis).values[self._logits]
        if values.dtype.kind != "f" or values.size != values.shape[-1] * len(target):
            raise ExportError(
                f"{self._graph.path}: {self._logits} is {values.dtype} of shape "
                f"{list(values.shape)} for {len(target)} target tokens; logits are floats [1, T, V]"
            )
        return values.reshape(-1, values.shape[-1])

    def _run(self, source: list[int], target: list[int], batch_axis: int) -> Evaluation:
        sides = [np.expand_dims(np.array(tokens), batch_axis) for tokens in (source, target)]
        return self._graph.run(dict(zip(self._graph.inputs, sides)))

    def _runs(self, batch_axis: int) -> bool:
        try:
            self._forward([0, 0], [0, 0, 0], batch_axis)
        except ExportError:  # it is asked again, and then its error is shown
            return False
        return True
