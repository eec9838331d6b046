"""Traces from ordinary PyTorch models: one call, without edits to the model.

    export = export_network(
        model,  # built of the operators of docs/trace-format.md, whatever its modules are called
        name="digits",
        origin=Origin(model=..., framework="PyTorch", exporter=..., source=..., licence=...),
        calibration=images[:100],  # [N, C, H, W]: like those to come
        samples=images[100:116],  # whose int8 results the trace holds
        labels=labels[100:116],
    )
    write_trace(Path("digits.safetensors"), export.trace)
    print(export.report)

Models of tokens say their kind, and how many tokens they take:

    export_network(model, kind="decoder", max_tokens=64, eos=0, samples=prompts,
                   allowed_tokens=[20] * len(prompts), calibration=texts, ...)
    export_network(model, kind="encoder", max_tokens=64, samples=texts, calibration=texts, ...)
    export_network(model, kind="encoder_decoder", max_tokens=64, bos=2, eos=3, samples=sources,
                   calibration=[(source, target), ...], ...)  # targets without bos

A model is called with each input, a batch of one in front: model(image[None]), model(tokens[None]),
model(source[None], target[None]), or with tokens [n, 1] where its attention wants the batch in the
second dimension; `forward` replaces that call. One with several inputs has samples that are tuples. The forward pass is recorded operator by operator (scripts/export/graph/recorder.py),
lowered (lowering.py), and proved against the model (prove.py) before it is quantised. The model is
afterwards what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from scripts.export.graph.contents import TOKEN_INPUTS, Contents
from scripts.export.graph.export import Export, Judge, export
from scripts.export.graph.inputs import contents_of, names_of
from scripts.export.graph.judged import integer_run
from scripts.export.graph.prepare import Prepared, prepared
from scripts.export.graph.pytorch_model import Forward, TorchModel
from scripts.export.graph.pytorch_settings import check_settings
from scripts.export.metadata import Origin
from scripts.export.graph.pytorch_state import kept

__all__ = ["Export", "Origin", "export_network", "prepare_network"]


def export_network(model: nn.Module, *, judge: Judge = integer_run, **contents: Any) -> Export:
    """A trace and a report; `contents` are those of prepare_network.

    UnsupportedOperator for what a trace cannot say, ExportError for other mistakes.
    """
    return export(*prepare_network(model, **contents), judge)


def prepare_network(
    model: nn.Module,
    *,
    samples: Sequence[Any],
    calibration: Sequence[Any],
    kind: str = "feed_forward",
    forward: Forward | None = None,
    **contents: Any,
) -> tuple[Prepared, Contents]:
    """The proved and quantised network, without reference outputs; `contents` are the other fields of
    Contents (contents.py).
    """
    check_settings(model)
    names = names_of(kind, samples)
    c = contents_of(kind, names, samples, calibration, **contents)
    one_output = kind in ("decoder", "encoder_decoder")
    with kept(model) as state:
        seen = TorchModel(model, forward, names, kind in TOKEN_INPUTS, one_output, state.check)
        return prepared(seen, c), c
