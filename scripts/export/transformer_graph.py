"""The operators of a post-norm encoder-decoder Transformer in execution order, before any
constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.export.graph_fields import Operator


@dataclass(frozen=True)
class GraphNames:
    """Module paths of the model, which become operator names."""

    encoder_layers: Sequence[str]  # "encoder.layers.0", ...
    decoder_layers: Sequence[str]
    encoder: str = "encoder"
    decoder: str = "decoder"
    generator: str = "generator"
    encoder_norm: str | None = None  # a normalisation after the last layer, where the model has one
    decoder_norm: str | None = None


Heads = Mapping[str, int]  # of each attention, e.g. "encoder.layers.0.self_attn"


def transformer_operators(names: GraphNames, heads: int | Heads) -> list[Operator]:
    """Fields: name, kind, phase, inputs, and heads, causal or relu where the kind has them. `heads`
    is one number for all attentions, or one for each.
    """
    if isinstance(heads, int):
        attentions = [f"{layer}.self_attn" for layer in (*names.encoder_layers, *names.decoder_layers)]
        attentions += [f"{layer}.cross_attn" for layer in names.decoder_layers]
        heads = dict.fromkeys(attentions, heads)
    encoder = list(_encoder(names, heads))
    cross = list(_cross(names, encoder[-1]["name"]))
    return encoder + cross + list(_decoder(names, heads))


def _operator(
    name: str, kind: str, phase: str, inputs: Sequence[str], **fields: int | bool
) -> Operator:
    return {"name": name, "kind": kind, "phase": phase, "inputs": list(inputs), **fields}


def _linear(name: str, phase: str, x: str, relu: bool = False) -> Operator:
    return _operator(name, "linear", phase, [x], relu=relu)


def _attend(path: str, phase: str, x: str, heads: Heads, causal: bool) -> Iterator[Operator]:
    """From an existing q, k and v under `path` to its output projection."""
    q, k, v, scores, softmax, values = (
        f"{path}.{part}" for part in ("q", "k", "v", "scores", "softmax", "values")
    )
    yield _linear(q, phase, x)
    if not path.endswith("cross_attn"):
        yield _linear(k, phase, x)
        yield _linear(v, phase, x)
    yield _operator(scores, "attention_scores", phase, [q, k], heads=heads[path], causal=causal)
    yield _operator(softmax, "softmax", phase, [scores])
    yield _operator(values, "attention_values", phase, [softmax, v], heads=heads[path])
    yield _linear(f"{path}.out", phase, values)


def _feed_forward(layer: str, phase: str, x: str, norm: str) -> Iterator[Operator]:
    yield _linear(f"{layer}.linear1", phase, x, relu=True)
    yield _linear(f"{layer}.linear2", phase, f"{layer}.linear1")
    yield _operator(f"{layer}.{norm}", "add_norm", phase, [x, f"{layer}.linear2"])


def _encoder(names: GraphNames, heads: Heads) -> Iterator[Operator]:
    x = f"{names.encoder}.embed"
    yield _operator(x, "embedding", "encoder", ["source"])
    for layer in names.encoder_layers:
        yield from _attend(f"{layer}.self_attn", "encoder", x, heads, causal=False)
        yield _operator(f"{layer}.norm1", "add_norm", "encoder", [x, f"{layer}.self_attn.out"])
        yield from _feed_forward(layer, "encoder", f"{layer}.norm1", "norm2")
        x = f"{layer}.norm2"
    if names.encoder_norm:
        yield _operator(names.encoder_norm, "add_norm", "encoder", [x, x])


def _cross(names: GraphNames, memory: str) -> Iterator[Operator]:
    for layer in names.decoder_layers:
        yield _linear(f"{layer}.cross_attn.k", "cross", memory)
        yield _linear(f"{layer}.cross_attn.v", "cross", memory)


def _decoder(names: GraphNames, heads: Heads) -> Iterator[Operator]:
    x = f"{names.decoder}.embed"
    yield _operator(x, "embedding", "decoder", ["target"])
    for layer in names.decoder_layers:
        yield from _attend(f"{layer}.self_attn", "decoder", x, heads, causal=True)
        yield _operator(f"{layer}.norm1", "add_norm", "decoder", [x, f"{layer}.self_attn.out"])
        yield from _attend(f"{layer}.cross_attn", "decoder", f"{layer}.norm1", heads, causal=False)
        yield _operator(
            f"{layer}.norm2", "add_norm", "decoder", [f"{layer}.norm1", f"{layer}.cross_attn.out"]
        )
        yield from _feed_forward(layer, "decoder", f"{layer}.norm2", "norm3")
        x = f"{layer}.norm3"
    if names.decoder_norm:
        yield _operator(names.decoder_norm, "add_norm", "decoder", [x, x])
        x = names.decoder_norm
    yield _operator(names.generator, "logits", "decoder", [x])
