"""Traces from ONNX files of encoder-decoder Transformers, as torch.onnx.export writes them.

    torch.onnx.export(model, (source, target), "model.onnx", opset_version=14,
                      input_names=["source", "target"], output_names=["logits"],
                      dynamic_axes={"source": {1: "n"}, "target": {1: "t"}, "logits": {1: "t"}})
    trace = export_onnx(Path("model.onnx"), name=..., origin=..., tokenizer=..., max_tokens=...,
                        calibration_pairs=..., sentences=...)

The graph's first two inputs are token ids [1, n] and [1, t], its first output the logits [1, t, V].
Names of operators come from the nodes' scopes. ONNX knows no pruning masks: weights that are
exactly 0 count as pruned unless masks are given or keep_zeros is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scripts.export.build_trace import Contents, Masks, Tokenizer, build_trace
from scripts.export.calibrate import Pair
from scripts.export.calls import Array, Call
from scripts.export.extract import extract_model
from scripts.export.float_model import FloatModel
from scripts.export.onnx_calls import CallFinder
from scripts.export.onnx_evaluator import OnnxGraph
from scripts.export.trace import Trace


def export_onnx(path: Path, *, keep_zeros: bool = False, **contents: Any) -> Trace:
    """A trace with int8 constants and reference outputs; `contents` are the fields of Contents.

    UnsupportedOperator names a node, ValueError a broken file.
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
    """The file's Transformer with float constants, proved equal to the graph on the probing
    sentences.
    """
    graph = OnnxGraph(path)
    if len(graph.inputs) != 2:
        raise ValueError(
            f"{path}: inputs {graph.inputs}; expected source and target tokens: "
            "export encoder, decoder and output projection as one graph"
        )

    def capture(source: list[int], target: list[int]) -> tuple[list[Call], Array]:
        tokens = [np.array([source]), np.array([target])]
        finder = CallFinder(graph, graph.run(dict(zip(graph.inputs, tokens))), keep_zeros)
        return finder.calls(), finder.rows(graph.outputs[0])

    return extract_model(capture, tokenizer, max_tokens, calibration_pairs, masks)
