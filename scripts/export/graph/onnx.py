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
from scripts.export.graph.contents import TOKEN_INPUTS, Contents
from scripts.export.graph.prepare import Prepared, prepared
from scripts.export.metadata import Origin

__all__ = ["Export", "Origin", "export_onnx_network", "prepare_onnx_network"]


def export_onnx_network(path: Path, *, judge: Judge = integer_run, **contents: Any) -> Export:
    """A trace and a report; `contents` are those of prepare_onnx_network. UnsupportedOperator names a
    node, ExportError what else is wrong.
    """
    return export(*prepare_onnx_network(path, **contents), judge)


def prepare_onnx_network(
    path: Path,
    *,
    samples: Sequence[Any],
    calibration: Sequence[Any],
    kind: str = "feed_forward",
    **contents: Any,
) -> tuple[Prepared, Contents]:
    """The proved and quantised network, without reference outputs; `contents` are the other fields of
    Contents (contents.py).
    """
    one_output = kind in ("decoder", "encoder_decoder")
    model = OnnxModel(path, TOKEN_INPUTS.get(kind, ()), kind in TOKEN_INPUTS, one_output)
    c = contents_of(kind, model.names, samples, calibration, **contents)
    return prepared(model, c), c
