"""Traces from ONNX files of any network, opset 13 to 21.

    export = export_onnx_network(Path("digits.onnx"), name="digits", origin=Origin(...),
                                 calibration=images[:100], samples=images[100:116])
    write_trace(Path("digits.safetensors"), export.trace)

Arguments are those of scripts/export/graph/pytorch.py. Files of models of tokens need dynamic axes
for the number of tokens. The judge is the evaluation of the file node by node
(scripts/export/onnx_evaluator.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.export.graph.export import Export, Judge, export
from scripts.export.graph.inputs import contents_of
from scripts.export.graph.judged import integer_run
from scripts.export.graph.onnx_model import OnnxModel
from scripts.export.graph.prepare import TOKEN_INPUTS
from scripts.export.metadata import Origin

__all__ = ["Export", "Origin", "export_onnx_network"]


def export_onnx_network(
    path: Path,
    *,
    samples: Sequence[Any],
    calibration: Sequence[Any],
    judge: Judge = integer_run,
    kind: str = "feed_forward",
    **contents: Any,
) -> Export:
    """A trace and a report. UnsupportedOperator names a node, ExportError what else is
    wrong.
    """
    model = OnnxModel(path, TOKEN_INPUTS.get(kind, ()), kind in ("decoder", "encoder_decoder"))
    return export(model, contents_of(kind, model.names, samples, calibration, **contents), judge)
