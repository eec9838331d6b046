"""Traces from ordinary PyTorch models of torch.nn layers: one call, no patched framework.

    trace = export_model(
        model,                      # any nn.Module of Embedding, MultiheadAttention, Linear, LayerNorm (post-norm, ReLU);
                                    # nn.TransformerEncoder and nn.TransformerDecoder are made of these
        name="translation",
        origin=Origin(model="...", framework="PyTorch 1.13", exporter="...", source="...", licence="..."),
        tokenizer=Tokenizer(bos=2, eos=3, pieces=[...]),
        max_tokens=64,              # longest sentence the positions allow
        calibration_pairs=[(source_tokens, target_tokens), ...],   # as in training, EOS at the end, no BOS: 100 are plenty
        sentences=[Sentence(source_tokens, "source text", "human translation"), ...],
        masks={"encoder.layers.0.self_attn.q": kept, ...},         # optional
    )
    write_trace(Path("translation.safetensors"), trace)

The model runs in evaluation mode on two probing sentences with forward hooks. From the order of the calls comes the
structure, from the embeddings' and the first layers' inputs come the embedding's factor and the positions, however
the model makes them. The extracted graph is run beside the model and compared operator by operator: a model that does
anything else is refused, with the first place that differs.

Masks: those of torch.nn.utils.prune are found by themselves. A dictionary names matrices as the trace does
("encoder.layers.0.self_attn.q", "decoder.layers.0.cross_attn.out", "generator") or by module paths, with .q, .k and .v
below a MultiheadAttention ("decoder.layers.0.multihead_attn.q", "decoder.layers.0.multihead_attn.out_proj").
Weights outside a mask must be 0 in the model. A matrix without mask counts as dense.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from scripts.export.build_trace import Origin, Sentence, Tokenizer, build_trace
from scripts.export.calibrate import Pair
from scripts.export.errors import UnsupportedOperator
from scripts.export.float_model import FloatModel
from scripts.export.pytorch_capture import Call, Forward, capture
from scripts.export.pytorch_constants import Masks, match_masks, matrices, norm_constants
from scripts.export.pytorch_structure import Structure, check_layers, find_structure
from scripts.export.reference_outputs import Point
from scripts.export.trace import Trace
from scripts.export.transformer_graph import GraphNames, transformer_operators

TOLERANCE = 1e-3  # of the largest magnitude, between the model's float32 and the graph's float64


def export_model(
    model: nn.Module,
    *,
    name: str,
    origin: Origin,
    tokenizer: Tokenizer,
    max_tokens: int,
    calibration_pairs: Sequence[Pair],
    sentences: Sequence[Sentence],
    masks: Masks | None = None,
    points: Sequence[Point] | None = None,
    forward: Forward | None = None,
) -> Trace:
    """A trace with int8 constants and reference outputs; UnsupportedOperator for what a trace cannot say.

    `forward(source [n], target [T])` returns logits of T rows, e.g. for models that want the batch in the second
    dimension; by default it is model(source[None], target[None]). `points` are (sentence, operator name) pairs.
    """
    float_model = extract(model, tokenizer, max_tokens, calibration_pairs, masks, forward)
    return build_trace(float_model, name, origin, calibration_pairs, sentences, tokenizer, points)


def extract(
    model: nn.Module,
    tokenizer: Tokenizer,
    max_tokens: int,
    calibration_pairs: Sequence[Pair],
    masks: Masks | None = None,
    forward: Forward | None = None,
) -> FloatModel:
    """The model's graph with float constants, proved equal to the model on the probing sentences."""
    check_layers(model)
    forward = forward or (lambda source, target: model(source[None], target[None]))
    probes = _probes(calibration_pairs, max_tokens)
    runs = [capture(model, forward, *probe) for probe in probes]
    structure = find_structure(runs[0][0])
    names = _names(structure)
    heads = structure.encoder[0].parts["self_attn"].module.num_heads
    result = FloatModel(transformer_operators(names, heads), {})
    _add_embeddings(result, names, probes, [calls for calls, _ in runs])
    _add_layers(result, structure, masks)
    result.shape = _shape(result, structure, tokenizer, heads, max_tokens)
    _compare(result, structure, probes[0], runs[0][1])
    return result


def _probes(pairs: Sequence[Pair], max_tokens: int) -> list[tuple[list[int], list[int]]]:
    """Two sentence pairs of full length, of tokens that occur, so that padding stays out."""
    tokens = np.unique(np.concatenate([np.asarray(side) for pair in pairs for side in pair]))
    random = np.random.default_rng(0)
    return [tuple(random.choice(tokens, max_tokens).tolist() for _ in range(2)) for _ in range(2)]


def _names(structure: Structure) -> GraphNames:
    return GraphNames(
        encoder_layers=[layer.path for layer in structure.encoder],
        decoder_layers=[layer.path for layer in structure.decoder],
        encoder=_container(structure.encoder[0].path),
        decoder=_container(structure.decoder[0].path),
        generator=structure.generator.path,
        encoder_norm=structure.encoder_norm.path if structure.encoder_norm else None,
        decoder_norm=structure.decoder_norm.path if structure.decoder_norm else None,
    )


def _container(layer: str) -> str:
    """encoder.layers.0 -> encoder"""
    return layer.rpartition(".")[0].removesuffix(".layers") or layer


def _add_embeddings(result: FloatModel, names: GraphNames, probes: list, runs: list[list[Call]]) -> None:
    """Solves input = factor * embedding + position from two probes: tokens differ, positions do not."""
    for side, operator in enumerate((f"{names.encoder}.embed", f"{names.decoder}.embed")):
        found = [_embedding_call(calls, probe[side]) for calls, probe in zip(runs, probes)]
        sums = [_first_input(calls, side) for calls in runs]
        first, second = (call.output for call in found)
        change = first - second
        factor = float(((sums[0] - sums[1]) * change).sum() / (change**2).sum())
        positions = sums[0] - factor * first
        if not _close(factor * second + positions, sums[1]):
            raise UnsupportedOperator(
                found[0].path,
                "an embedding with more than a factor and positions",
                "feed the first layer with factor * embedding + position",
            )
        table = found[0].module.weight.detach().double().numpy() * factor
        result.constants[operator] = {"table": table, "positions": positions}


def _embedding_call(calls: list[Call], tokens: list[int]) -> Call:
    for call in calls:
        if isinstance(call.module, nn.Embedding) and np.array_equal(call.inputs[0], tokens):
            return call
    raise UnsupportedOperator("model", "a model without nn.Embedding of its tokens", "embed tokens with nn.Embedding")


def _first_input(calls: list[Call], side: int) -> np.ndarray:
    """What the first encoder (0) or decoder (1) layer reads."""
    structure = find_structure(calls)
    return (structure.encoder, structure.decoder)[side][0].parts["self_attn"].inputs[0]


def _add_layers(result: FloatModel, structure: Structure, masks: Masks | None) -> None:
    found = list(matrices(structure))
    for matrix in found:
        result.constants[matrix.operator] = {"weight": matrix.weight, "bias": matrix.bias}
    result.masks = match_masks(found, masks)
    for layer in (*structure.encoder, *structure.decoder):
        for part, call in layer.parts.items():
            if isinstance(call.module, nn.LayerNorm):
                result.constants[f"{layer.path}.{part}"] = norm_constants(call, alone=False)
    for call in (structure.encoder_norm, structure.decoder_norm):
        if call is not None:
            result.constants[call.path] = norm_constants(call, alone=True)


def _shape(
    result: FloatModel, structure: Structure, tokenizer: Tokenizer, heads: int, max_tokens: int
) -> dict[str, int | str]:
    linear1 = structure.encoder[0].parts["linear1"].module
    return {
        "kind": "encoder_decoder",
        "d_model": linear1.in_features,
        "heads": heads,
        "d_ff": linear1.out_features,
        "encoder_layers": len(structure.encoder),
        "decoder_layers": len(structure.decoder),
        "vocabulary": structure.generator.module.out_features,
        "max_tokens": max_tokens,
        "bos": tokenizer.bos,
        "eos": tokenizer.eos,
    }


def _compare(result: FloatModel, structure: Structure, probe: tuple, logits: np.ndarray) -> None:
    """Every captured output against the extracted graph's; the first difference names its module."""
    outputs = result.run(*probe)
    for layer in (*structure.encoder, *structure.decoder):
        for part, call in layer.parts.items():
            operator = f"{layer.path}.{part}" + (".out" if part.endswith("attn") else "")
            expected = np.maximum(call.output, 0) if part == "linear1" else call.output
            _check_equal(outputs[operator], expected, call)
    _check_equal(outputs[structure.generator.path], logits, structure.generator)


def _check_equal(output: np.ndarray, expected: np.ndarray, call: Call) -> None:
    if not _close(output, expected):
        raise UnsupportedOperator(
            call.path,
            f"{call.kind} that does not compute what a post-norm Transformer computes there",
            "use post-norm layers with plain residual sums, a causal mask in the decoder only, and no other masks",
        )


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.abs(a - b).max() <= TOLERANCE * np.abs(b).max() + 1e-6)
