"""Traces from ONNX files of encoder-decoder Transformers, as torch.onnx.export writes them.

    torch.onnx.export(model, (source, target), "model.onnx", opset_version=14,
                      input_names=["source", "target"], output_names=["logits"],
                      dynamic_axes={"source": {1: "n"}, "target": {1: "t"}, "logits": {1: "t"}})
    trace = export_onnx(Path("model.onnx"), name=..., origin=..., tokenizer=..., max_tokens=...,
                        calibration_pairs=..., sentences=...)

The graph's first two inputs are token ids [1, n] and [1, t]; the output called logits, else the
first, is the logits [1, t, V]. Names of operators come from the nodes' scopes. Weights of exactly 0
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
    """The file's Transformer with float constants, proved equal to the graph.
    """
    graph = OnnxGraph(path)
    for what, names, right in (
        ("inputs", graph.inputs, len(graph.inputs) == 2),
        ("outputs", graph.outputs, bool(graph.outputs)),
    ):
        if not right:
            raise ExportError(
                f"{path}: {what} {names}; expected source and target tokens as inputs, logits as "
                "output: export encoder, decoder and output projection as one graph"
            )
    logits = "logits" if "logits" in graph.outputs else graph.outputs[0]

    def run(source: list[int], target: list[int]) -> Evaluation:
        return graph.run(dict(zip(graph.inputs, [np.array([source]), np.array([target])])))

    def capture(source: list[int], target: list[int]) -> tuple[list[Call], Array]:
        finder = CallFinder(graph, run(source, target), logits)
        return finder.calls(), finder.rows(logits)

    def forward(source: list[int], target: list[int]) -> Array:
        values = run(source, target).values[logits]
        if values.dtype.kind != "f" or values.size != values.shape[-1] * len(target):
            raise ExportError(
                f"{path}: {logits} is {values.dtype} of shape {list(values.shape)} for "
                f"{len(target)} target tokens; logits are floats [1, T, V]"
            )
        return values.reshape(-1, values.shape[-1])

    return extract_model(
        capture, tokenizer, max_tokens, calibration_pairs, masks, keep_zeros, forward
    )
