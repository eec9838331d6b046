"""Recognises a post-norm encoder-decoder Transformer in the order of its module calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import nn

from scripts.export.errors import UnsupportedOperator
from scripts.export.pytorch_capture import Call

ENCODER = ("self_attn", "norm1", "linear1", "linear2", "norm2")
DECODER = ("self_attn", "norm1", "cross_attn", "norm2", "linear1", "linear2", "norm3")
KINDS = {"attn": nn.MultiheadAttention, "norm": nn.LayerNorm, "line": nn.Linear}
POST_NORM = "only post-norm layers (attention, norm, ... linear, ReLU, linear, norm) are known"


@dataclass
class Layer:
    """`path`: the module that holds the attention; parts: self_attn, norm1, linear1, ... -> the call."""

    path: str
    parts: dict[str, Call]


@dataclass
class Structure:
    encoder: list[Layer] = field(default_factory=list)
    decoder: list[Layer] = field(default_factory=list)
    encoder_norm: Call | None = None
    decoder_norm: Call | None = None
    generator: Call | None = None


def check_layers(model: nn.Module) -> None:
    """Names the settings of torch's own layers that cannot be exported."""
    for path, module in model.named_modules():
        if isinstance(module, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
            kind = type(module).__name__
            if module.norm_first:
                raise UnsupportedOperator(path, f"{kind} with norm_first=True", "train it with norm_first=False")
            activation = getattr(module.activation, "__name__", type(module.activation).__name__)
            if activation not in ("relu", "ReLU"):
                raise UnsupportedOperator(path, f"{kind} with activation {activation}", "train it with ReLU")
        if isinstance(module, nn.MultiheadAttention):
            if module.bias_k is not None or module.add_zero_attn or not module._qkv_same_embed_dim:
                raise UnsupportedOperator(
                    path,
                    "MultiheadAttention with add_bias_kv, add_zero_attn, kdim or vdim",
                    "use query, key and value of embed_dim features and no additional key",
                )


def find_structure(calls: Sequence[Call]) -> Structure:
    structure = Structure()
    rest = [call for call in calls if not isinstance(call.module, nn.Embedding)]
    structure.encoder = list(_layers(rest, ENCODER))
    structure.encoder_norm = _take_norm(rest)
    structure.decoder = list(_layers(rest, DECODER))
    structure.decoder_norm = _take_norm(rest)
    if not structure.encoder or not structure.decoder:
        found = rest[0] if rest else None
        raise UnsupportedOperator(
            found.path if found else "model",
            found.kind if found else "a model without attention",
            f"expected encoder layers, then decoder layers; {POST_NORM}",
        )
    if len(rest) != 1 or not isinstance(rest[0].module, nn.Linear):
        odd = rest[0] if rest and not isinstance(rest[0].module, nn.Linear) else rest[-1] if rest else None
        raise UnsupportedOperator(
            odd.path if odd else "model",
            odd.kind if odd else "no output projection",
            "expected one Linear from the last decoder layer to the logits",
        )
    structure.generator = rest[0]
    return structure


def _layers(rest: list[Call], parts: tuple[str, ...]) -> Iterator[Layer]:
    """Takes whole layers off the front of `rest`."""
    while _fits(rest, parts):
        calls = dict(zip(parts, rest))
        del rest[: len(parts)]
        path = calls["self_attn"].path.rpartition(".")[0]
        _check_relu(path, calls["linear1"], calls["linear2"])
        yield Layer(path, calls)


def _fits(rest: Sequence[Call], parts: tuple[str, ...]) -> bool:
    kinds = [KINDS[part[-4:] if part.endswith("attn") else part[:4]] for part in parts]
    return len(rest) >= len(kinds) and all(
        isinstance(call.module, kind) for call, kind in zip(rest, kinds)
    )


def _take_norm(rest: list[Call]) -> Call | None:
    return rest.pop(0) if rest and isinstance(rest[0].module, nn.LayerNorm) else None


def _check_relu(path: str, linear1: Call, linear2: Call) -> None:
    if not np.allclose(np.maximum(linear1.output, 0), linear2.inputs[0], atol=1e-5):
        raise UnsupportedOperator(
            path, f"an activation other than ReLU between {linear1.path} and {linear2.path}", "train it with ReLU"
        )
