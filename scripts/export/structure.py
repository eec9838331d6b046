"""Recognises a post-norm encoder-decoder Transformer in the order of its layers' calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scripts.export.calls import Call
from scripts.export.errors import UnsupportedOperator
from scripts.export.safetensors import MAX_NAME_LENGTH
from scripts.export.transformer_graph import GraphNames, transformer_operators

ENCODER = {
    "self_attn": "attention",
    "norm1": "norm",
    "linear1": "linear",
    "linear2": "linear",
    "norm2": "norm",
}
DECODER = {
    "self_attn": "attention",
    "norm1": "norm",
    "cross_attn": "attention",
    "norm2": "norm",
    "linear1": "linear",
    "linear2": "linear",
    "norm3": "norm",
}


@dataclass(frozen=True)
class Layer:
    """`path`: the module that holds the attention; parts: self_attn, norm1, linear1, ... -> the
    call.
    """

    path: str
    parts: dict[str, Call]


@dataclass
class Structure:
    encoder: list[Layer] = field(default_factory=list)
    decoder: list[Layer] = field(default_factory=list)
    encoder_norm: Call | None = None
    decoder_norm: Call | None = None
    generator: Call | None = None

    @property
    def layers(self) -> list[Layer]:
        return [*self.encoder, *self.decoder]

    def names(self) -> GraphNames:
        """Those of the model's modules. Where two operators would share one, or a file cannot hold
        it, all are named by their place: encoder.layers.0, ..., decoder.norm, generator.
        """
        own = GraphNames(
            encoder_layers=[layer.path for layer in self.encoder],
            decoder_layers=[layer.path for layer in self.decoder],
            encoder=_container(self.encoder[0].path),
            decoder=_container(self.decoder[0].path),
            generator=self.generator.path,
            encoder_norm=self.encoder_norm.path if self.encoder_norm else None,
            decoder_norm=self.decoder_norm.path if self.decoder_norm else None,
        )
        return own if _can_stand_in_a_file(own) else self._names_by_place()

    def _names_by_place(self) -> GraphNames:
        return GraphNames(
            encoder_layers=[f"encoder.layers.{i}" for i in range(len(self.encoder))],
            decoder_layers=[f"decoder.layers.{i}" for i in range(len(self.decoder))],
            encoder_norm="encoder.norm" if self.encoder_norm else None,
            decoder_norm="decoder.norm" if self.decoder_norm else None,
        )

    def heads(self) -> dict[str, int]:
        """Of each attention, by the path that its operators have in common."""
        names = self.names()
        return {
            f"{path}.{part}": call["heads"]
            for path, layer in zip([*names.encoder_layers, *names.decoder_layers], self.layers)
            for part, call in layer.parts.items()
            if call.kind == "attention"
        }


def _can_stand_in_a_file(names: GraphNames) -> bool:
    operators = [operator["name"] for operator in transformer_operators(names, 1)]
    paths = [*names.encoder_layers, *names.decoder_layers, names.encoder, names.decoder]
    return (
        all(paths)
        and len(set(operators)) == len(operators)
        and not {"source", "target"}.intersection(operators)
        and all(n.isascii() and n.isprintable() and n for n in operators)
        and max(map(len, operators)) + len(".multiplier") <= MAX_NAME_LENGTH
    )


def find_structure(calls: Sequence[Call]) -> Structure:
    rest = [call for call in calls if call.kind != "embedding"]
    structure = Structure(encoder=_layers(rest, ENCODER, "encoder"))
    structure.encoder_norm = _take_norm(rest)
    structure.decoder = _layers(rest, DECODER, "decoder")
    structure.decoder_norm = _take_norm(rest)
    if len(rest) != 1 or rest[0].kind != "linear":
        odd = [call for call in rest if call.kind != "linear"] or rest[1:]
        _refuse(odd, "expected one linear layer from the last decoder layer to the logits")
    structure.generator = rest[0]
    return structure


def _refuse(odd: Sequence[Call], remedy: str) -> None:
    path, kind = (
        (odd[0].path, f"{odd[0].kind} at this place") if odd else ("model", "this order of layers")
    )
    raise UnsupportedOperator(path, kind, remedy)


def _layers(rest: list[Call], parts: dict[str, str], side: str) -> list[Layer]:
    """Takes whole layers off the front of `rest`: at least one."""
    layers = []
    while [call.kind for call in rest[: len(parts)]] == list(parts.values()):
        calls = dict(zip(parts, rest))
        del rest[: len(parts)]
        path = calls["self_attn"].path.rpartition(".")[0]
        _check_relu(path, calls["linear1"], calls["linear2"])
        layers.append(Layer(path, calls))
    if not layers:
        _refuse(
            rest,
            f"expected a post-norm {side} layer: {', '.join(parts.values())} (attention is "
            "nn.MultiheadAttention, or in ONNX softmax(query times key) times value)",
        )
    return layers


def _take_norm(rest: list[Call]) -> Call | None:
    return rest.pop(0) if rest and rest[0].kind == "norm" else None


def _check_relu(path: str, linear1: Call, linear2: Call) -> None:
    if not np.allclose(np.maximum(linear1.output, 0), linear2.inputs[0], atol=1e-5):
        raise UnsupportedOperator(
            path,
            f"an activation other than ReLU between {linear1.path} and {linear2.path}",
            "train it with ReLU",
        )


def _container(layer: str) -> str:
    """encoder.layers.0 -> encoder"""
    return layer.rpartition(".")[0].removesuffix(".layers") or layer
