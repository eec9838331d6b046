"""From the calls of two probing sentences to a float model that is proved to compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.export.build_trace import Contents, Masks, Tokenizer
from scripts.export.calibrate import Pair
from scripts.export.calls import Array, Call, Matrix
from scripts.export.errors import UnsupportedOperator
from scripts.export.float_model import FloatModel
from scripts.export.graph_rules import nearest
from scripts.export.structure import Structure, find_structure
from scripts.export.transformer_graph import transformer_operators

TOLERANCE = 1e-3  # of the largest magnitude, between a model's float32 and the graph's float64

Capture = Callable[
    [list[int], list[int]], tuple[list[Call], Array]
]  # source, target -> calls, logits


def extract_model(
    capture: Capture,
    tokenizer: Tokenizer,
    max_tokens: int,
    pairs: Sequence[Pair],
    masks: Masks | None = None,
) -> FloatModel:
    """Runs `capture` on two sentence pairs of `max_tokens` tokens that occur in `pairs`."""
    probes = _probes(pairs, max_tokens)
    runs = [capture(*probe) for probe in probes]
    structures = [find_structure(calls) for calls, _ in runs]
    structure, names = structures[0], structures[0].names()
    shape = _shape(structure, tokenizer, max_tokens)
    result = FloatModel(transformer_operators(names, shape["heads"]), shape)
    for side, container in enumerate((names.encoder, names.decoder)):
        tokens = [probe[side] for probe in probes]
        embedded = [_embedding(calls, rows) for (calls, _), rows in zip(runs, tokens)]
        read = [_first_input(structure, side) for structure in structures]
        result.constants[f"{container}.embed"] = _solve_embedding(embedded, read)
    _add_layers(result, structure, masks)
    _compare(result, structure, probes[0], runs[0][1])
    return result


def _probes(pairs: Sequence[Pair], max_tokens: int) -> list[tuple[list[int], list[int]]]:
    """Only tokens that occur, so that padding stays out."""
    tokens = np.unique(np.concatenate([np.asarray(side) for pair in pairs for side in pair]))
    random = np.random.default_rng(0)
    return [tuple(random.choice(tokens, max_tokens).tolist() for _ in range(2)) for _ in range(2)]


def _shape(structure: Structure, tokenizer: Tokenizer, max_tokens: int) -> dict[str, int | str]:
    first = structure.encoder[0].parts
    features, width = first["linear1"]["matrix"].weight.shape
    return {
        "kind": "encoder_decoder",
        "d_model": width,
        "heads": first["self_attn"]["heads"],
        "d_ff": features,
        "encoder_layers": len(structure.encoder),
        "decoder_layers": len(structure.decoder),
        "vocabulary": len(structure.generator["matrix"].weight),
        "max_tokens": max_tokens,
        "bos": tokenizer.bos,
        "eos": tokenizer.eos,
    }


def _embedding(calls: list[Call], tokens: list[int]) -> Call:
    for call in calls:
        if call.kind == "embedding" and np.array_equal(call.inputs[0], tokens):
            return call
    raise UnsupportedOperator(
        "model", "a model without an embedding of its tokens", "look tokens up in a table"
    )


def _first_input(structure: Structure, side: int) -> Array:
    """What the first encoder (0) or decoder (1) layer reads."""
    return (structure.encoder, structure.decoder)[side][0].parts["self_attn"].inputs[0]


def _solve_embedding(embedded: list[Call], read: list[Array]) -> dict[str, Array]:
    """Solves read = factor * embedding + position: the probes differ in tokens only."""
    change = embedded[0].output - embedded[1].output
    factor = float(((read[0] - read[1]) * change).sum() / (change**2).sum())
    positions = read[0] - factor * embedded[0].output
    if not _close(factor * embedded[1].output + positions, read[1]):
        raise UnsupportedOperator(
            embedded[0].path,
            "an embedding with more than a factor and positions",
            "feed the first layer with factor * embedding + position",
        )
    return {"table": embedded[0]["table"] * factor, "positions": positions}


def _matrices(structure: Structure) -> dict[str, Matrix]:
    """Operator name -> matrix."""
    found = {structure.generator.path: structure.generator["matrix"]}
    for layer in structure.layers:
        for part, call in layer.parts.items():
            if call.kind == "attention":
                found |= {
                    f"{layer.path}.{part}.{name}": call[name] for name in ("q", "k", "v", "out")
                }
            elif call.kind == "linear":
                found[f"{layer.path}.{part}"] = call["matrix"]
    return found


def _add_layers(result: FloatModel, structure: Structure, masks: Masks | None) -> None:
    found = _matrices(structure)
    for name, matrix in found.items():
        result.constants[name] = {"weight": matrix.weight, "bias": matrix.bias}
    result.masks = match_masks(found, masks or {})
    for layer in structure.layers:
        for part, call in layer.parts.items():
            if call.kind == "norm":
                result.constants[f"{layer.path}.{part}"] = dict(call.constants)
    for call in (structure.encoder_norm, structure.decoder_norm):
        if call is not None:
            result.constants[call.path] = dict(call.constants) | {"alone": True}


def match_masks(found: dict[str, Matrix], masks: Masks) -> dict[str, Array]:
    """Operator name -> bool mask: the given ones, else those found in the model."""
    operators = {matrix.path: name for name, matrix in found.items()} | {
        name: name for name in found
    }
    result = {name: matrix.mask for name, matrix in found.items() if matrix.mask is not None}
    for name, given in masks.items():
        if name not in operators:
            raise ValueError(
                f"mask {name!r} belongs to no exported matrix{nearest(name, operators)}"
            )
        mask = np.asarray(given).astype(bool)
        _check_mask(name, mask, found[operators[name]].weight)
        result[operators[name]] = mask
    return result


def _check_mask(name: str, mask: Array, weight: Array) -> None:
    if mask.shape != weight.shape:
        raise ValueError(f"mask {name}: shape {mask.shape}; its weight has {weight.shape}")
    dropped = np.count_nonzero(weight[~mask])
    if dropped:
        raise ValueError(
            f"mask {name}: {dropped} weights outside the mask are not 0; zero them in the model"
        )


def _compare(result: FloatModel, structure: Structure, probe: tuple, logits: Array) -> None:
    """Every captured output against the extracted graph's; the first difference names its layer."""
    outputs = result.run(*probe)
    for layer in structure.layers:
        for part, call in layer.parts.items():
            operator = f"{layer.path}.{part}" + (".out" if call.kind == "attention" else "")
            expected = np.maximum(call.output, 0) if part == "linear1" else call.output
            _check_equal(outputs[operator], expected, call)
    _check_equal(outputs[structure.generator.path], logits, structure.generator)


def _check_equal(output: Array, expected: Array, call: Call) -> None:
    if not _close(output, expected):
        raise UnsupportedOperator(
            call.path,
            f"{call.kind} that does not compute what a post-norm Transformer computes there",
            "use plain residual sums, a causal mask in the decoder only, and no other masks",
        )


def _close(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.abs(a - b).max() <= TOLERANCE * np.abs(b).max() + 1e-6)
