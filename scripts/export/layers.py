"""What the layers of a recognised structure become in a float model: names, constants and masks."""

from __future__ import annotations

import numpy as np

from scripts.export.build_trace import Tokenizer
from scripts.export.calls import Array, Call, Matrix
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.float_model import FloatModel
from scripts.export.graph_fields import nearest
from scripts.export.proof import close
from scripts.export.structure import Structure
from scripts.export.transformer_graph import GraphNames


def shape_of(structure: Structure, tokenizer: Tokenizer, max_tokens: int) -> dict[str, int | str]:
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
        "max_tokens": int(max_tokens),
        "bos": int(tokenizer.bos),
        "eos": int(tokenizer.eos),
    }


def first_input(structure: Structure, side: int) -> Array:
    """What the first encoder (0) or decoder (1) layer reads."""
    return (structure.encoder, structure.decoder)[side][0].parts["self_attn"].inputs[0]


def solve_embedding(
    embedded: list[Call], read: list[Array], tokens: int
) -> dict[str, Array]:
    """Solves read = factor * embedding + position: the probes differ in tokens only."""
    change = embedded[0].output - embedded[1].output
    size = (change**2).sum()
    if size == 0:
        raise UnsupportedOperator(
            embedded[0].path,
            "an embedding whose rows for all tokens that were tried are equal",
            "use a table of two tokens or more that are told apart, with the weights of training",
        )
    fits = change.shape == read[0].shape
    factor = float(((read[0] - read[1]) * change).sum() / size) if fits else 0.0
    positions = read[0] - factor * embedded[0].output if fits else read[0]
    if not fits or not close(factor * embedded[1].output + positions, read[1]):
        raise UnsupportedOperator(
            embedded[0].path,
            "an embedding with more than a factor and positions",
            "feed the first layer with factor * embedding + position",
        )
    return {"table": embedded[0]["table"][:tokens] * factor, "positions": positions}


def named_calls(structure: Structure, names: GraphNames) -> list[tuple[str, Call]]:
    """Operator name (of an attention: what its operators have in common) and call of every part."""
    paths = [*names.encoder_layers, *names.decoder_layers]
    return [
        (f"{path}.{part}", call)
        for path, layer in zip(paths, structure.layers)
        for part, call in layer.parts.items()
    ]


def matrices(structure: Structure, names: GraphNames) -> dict[str, Matrix]:
    """Operator name -> matrix."""
    found = {names.generator: structure.generator["matrix"]}
    for name, call in named_calls(structure, names):
        if call.kind == "attention":
            found |= {f"{name}.{part}": call[part] for part in ("q", "k", "v", "out")}
        elif call.kind == "linear":
            found[name] = call["matrix"]
    return found


def end_norms(structure: Structure, names: GraphNames) -> list[tuple[str, Call]]:
    norms = [
        (names.encoder_norm, structure.encoder_norm),
        (names.decoder_norm, structure.decoder_norm),
    ]
    return [(name, call) for name, call in norms if call is not None]


def add_layers(result: FloatModel, structure: Structure, names: GraphNames) -> None:
    for name, matrix in matrices(structure, names).items():
        result.constants[name] = {"weight": matrix.weight, "bias": matrix.bias}
    for name, call in named_calls(structure, names):
        if call.kind == "norm":
            result.constants[name] = dict(call.constants)
    for name, call in end_norms(structure, names):
        result.constants[name] = dict(call.constants) | {"alone": True}
    _check_finite(result)


def _check_finite(result: FloatModel) -> None:
    for operator, constants in result.constants.items():
        for key, value in constants.items():
            if not np.isfinite(value).all():
                raise ExportError(f"{operator}: {key} holds numbers that are not finite")


def match_masks(
    found: dict[str, Matrix], masks: dict[str, Array], keep_zeros: bool
) -> dict[str, Array]:
    """Operator name -> bool mask: the given ones, else by weights that are 0. Layers that share a
    matrix share its mask.
    """
    operators: dict[str, list[str]] = {}
    for name, matrix in found.items():
        operators.setdefault(matrix.path, []).append(name)
    operators |= {name: [name] for name in found}
    zeros = {} if keep_zeros else {name: matrix.mask() for name, matrix in found.items()}
    result = {name: mask for name, mask in zeros.items() if mask is not None}
    for name, mask in masks.items():
        if name not in operators:
            raise ExportError(
                f"mask {name!r} belongs to no exported matrix{nearest(name, operators)}"
            )
        for operator in operators[name]:
            _check_mask(name, mask, found[operator].weight)
            result[operator] = mask
    return result


def _check_mask(name: str, mask: Array, weight: Array) -> None:
    if mask.shape != weight.shape:
        raise ExportError(f"mask {name}: shape {mask.shape}; its weight has {weight.shape}")
    dropped = np.count_nonzero(weight[~mask])
    if dropped:
        raise ExportError(
            f"mask {name}: {dropped} weights outside the mask are not 0; zero them in the model"
        )
