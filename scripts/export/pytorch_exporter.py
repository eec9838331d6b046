"""Traces from ordinary PyTorch models of torch.nn layers: one call, no patched framework.

    trace = export_model(
        model,  # of Embedding, MultiheadAttention, Linear and LayerNorm: post-norm, with ReLU;
                # nn.TransformerEncoder and nn.TransformerDecoder are made of these
        name="translation",
        origin=Origin(model=..., framework="PyTorch", exporter=..., source=..., licence=...),
        tokenizer=Tokenizer(bos=2, eos=3, pieces=[...]),
        max_tokens=64,  # longest sentence that the positions allow
        calibration_pairs=[(source_tokens, target_tokens), ...],  # 100 are plenty; EOS at the end
                # of both if the model was trained so, no BOS in front
        sentences=[Sentence(source_tokens, "source text", "human translation"), ...],
        masks={"encoder.layers.0.self_attn.q": kept, ...},  # optional
        points=[(0, "encoder.layers.0.norm1"), ...],  # optional
    )
    write_trace(Path("translation.safetensors"), trace)

The model runs in evaluation mode with forward hooks. From the order of the calls comes the
structure, from the embeddings' and the first layers' inputs come the embedding's factor and the
positions, however the model makes them. The extracted graph is proved against the model's own
forward pass (scripts/export/proof.py) on sentences of all lengths and with every token, before and
after the weights were read: a model that does anything else is refused, with the first place that
differs. The model is afterwards what it was.

Masks: a weight of exactly 0 is a pruned one, however it came to be 0 (torch.nn.utils.prune, a
parametrization, zeros in a checkpoint); keep_zeros=True keeps them all. A dictionary of masks goes
before that for the matrices that it names, as the trace does ("encoder.layers.0.self_attn.q",
"decoder.layers.0.cross_attn.out", "generator") or by module paths, with .q, .k and .v below a
MultiheadAttention ("decoder.layers.0.multihead_attn.q", "decoder.layers.0.multihead_attn.out_proj").
Weights outside a mask must be 0 in the model. A matrix without mask counts as dense.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from scripts.export.build_trace import (
    Contents,
    Masks,
    Origin,
    Sentence,
    Tokenizer,
    build_trace,
)
from scripts.export.calibrate import Pair
from scripts.export.extract import extract_model
from scripts.export.float_model import FloatModel
from scripts.export.pytorch_capture import Forward, capture, logits
from scripts.export.pytorch_constants import check_settings
from scripts.export.pytorch_state import kept
from scripts.export.trace import Trace

__all__ = ["Origin", "Sentence", "Tokenizer", "export_model", "extract"]


def export_model(
    model: nn.Module, *, forward: Forward | None = None, keep_zeros: bool = False, **contents: Any
) -> Trace:
    """A trace with int8 constants and reference outputs; `contents` are the fields of Contents.

    UnsupportedOperator for what a trace cannot say, ExportError for other mistakes.
    `forward(source [n], target [T])` returns logits of T rows; by default it is
    model(source[None], target[None]), or model(source[:, None], target[:, None]) where the model's
    attention wants the batch in the second dimension.
    """
    c = Contents(**contents)
    found = extract(
        model, c.tokenizer, c.max_tokens, c.calibration_pairs, c.masks, forward, keep_zeros
    )
    return build_trace(found, c)


def extract(
    model: nn.Module,
    tokenizer: Tokenizer,
    max_tokens: int,
    calibration_pairs: Sequence[Pair],
    masks: Masks | None = None,
    forward: Forward | None = None,
    keep_zeros: bool = False,
) -> FloatModel:
    """The model's graph with float constants, proved equal to it."""
    check_settings(model)
    with kept(model) as state:
        call = forward or default_forward(model)
        return extract_model(
            lambda source, target: capture(model, call, source, target),
            tokenizer,
            max_tokens,
            calibration_pairs,
            masks,
            keep_zeros,
            lambda source, target: logits(model, call, source, target),
            state.check,
        )


def default_forward(model: nn.Module) -> Forward:
    """The batch in the first dimension, unless that fails and the second works."""

    def batch_first(source: Tensor, target: Tensor) -> Any:
        return model(source[None], target[None])

    def batch_second(source: Tensor, target: Tensor) -> Any:
        return model(source[:, None], target[:, None])

    attentions = [m for m in model.modules() if isinstance(m, nn.MultiheadAttention)]
    if all(attention.batch_first for attention in attentions):
        return batch_first
    return next((f for f in (batch_first, batch_second) if _runs(model, f)), batch_first)


def _runs(model: nn.Module, forward: Forward) -> bool:
    try:
        capture(model, forward, [0, 0], [0, 0, 0])
    except Exception:  # whatever the model raises; it is asked again, and then its error is shown
        return False
    return True
