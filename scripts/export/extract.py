"""From the calls of probing sentences to a float model that is proved to compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.export.build_trace import Masks, Tokenizer
from scripts.export.calibrate import Pair
from scripts.export.calls import Array, Call, Matrix
from scripts.export.check_tokens import (
    SIDES,
    Vocabularies,
    check_padding,
    check_request,
    check_vocabularies,
)
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.float_model import FloatModel
from scripts.export.graph_rules import nearest
from scripts.export.proof import (
    Capture,
    Forward,
    Original,
    Probe,
    Proof,
    check_longest,
    close,
    last_step,
    probes,
)
from scripts.export.structure import Structure, find_structure
from scripts.export.transformer_graph import GraphNames, transformer_operators


def extract_model(
    capture: Capture,
    tokenizer: Tokenizer,
    max_tokens: int,
    pairs: Sequence[Pair],
    masks: Masks | None = None,
    keep_zeros: bool = False,
    forward: Forward | None = None,
    check: Callable[[], None] = lambda: None,
) -> FloatModel:
    """Reads the model's structure and weights from `capture`, and proves the result against
    `forward`, the model's own logits (default: those of `capture`). Weights of 0 count as pruned,
    unless keep_zeros is set or `masks` name their matrix. `check` raises once running changed the
    model.
    """
    bos, eos = tokenizer.bos, tokenizer.eos
    check_request(bos, eos, max_tokens, pairs)
    original = Original(capture, forward or (lambda *probe: capture(*probe)[1]), check)
    vocabularies = _vocabularies(original)
    check_vocabularies(vocabularies, bos, eos, pairs)
    ordinary = [
        _ordinary(pairs, side, vocabularies[side], (bos, eos)) for side in range(2)
    ]
    first = (ordinary[0][0], ordinary[1][0])
    check_longest(original, max_tokens, first)
    tried = list(probes(ordinary, bos, max_tokens))
    before = [original.logits(probe) for probe in tried]
    original.check()
    graph, structure = _read(original, tokenizer, max_tokens, vocabularies, ordinary)
    graph.masks = match_masks(_matrices(structure, structure.names()), masks or {}, keep_zeros)
    proof = _prove(original, graph, structure, tried, before)
    proof.check_tokens(first, [bos, eos], max_tokens)
    for i, pair in enumerate(pairs):
        for side, tokens in zip(SIDES, pair):
            check_padding(graph, side, tokens, f"calibration: pair {i}: {side}")
    for probe, logits in zip(reversed(tried), reversed(before)):
        proof.check_repeated(probe, logits)
    original.check()
    return graph


def _vocabularies(original: Original) -> Vocabularies:
    """Two lengths tell whose embedding is whose; equal tokens tell it from one of positions."""
    sides = Probe([0, 0], [0, 0, 0])
    calls, _ = original.calls(sides)
    tables = [_embedding(calls, tokens)["table"] for tokens in (sides.source, sides.target)]
    return len(tables[0]), len(tables[1])


def _ordinary(
    pairs: Sequence[Pair], side: int, vocabulary: int, special: tuple[int, int]
) -> list[int]:
    """Tokens that occur and are hardly padding, or at least two."""
    used = sorted({int(token) for pair in pairs for token in pair[side]})
    likely = [t for t in used if 3 < t < vocabulary - 1 and t not in special]
    if len(likely) > 1:
        return likely
    return used if len(used) > 1 else [*used, (used[0] + 1) % vocabulary]


def _read(
    original: Original,
    tokenizer: Tokenizer,
    max_tokens: int,
    vocabularies: Vocabularies,
    ordinary: Sequence[Sequence[int]],
) -> tuple[FloatModel, Structure]:
    """From two sentences of full length that differ in every token."""
    random = np.random.default_rng(0)
    places = [random.integers(0, len(side), max_tokens) for side in ordinary]
    full = [
        Probe(*([side[(i + j) % len(side)] for i in place] for side, place in zip(ordinary, places)))
        for j in range(2)
    ]
    runs = [original.calls(probe)[0] for probe in full]
    structures = [find_structure(calls) for calls in runs]
    structure, names = structures[0], structures[0].names()
    shape = _shape(structure, tokenizer, max_tokens)
    graph = FloatModel(transformer_operators(names, structure.heads()), shape)
    graph.source_vocabulary = vocabularies[0]
    for side, container in enumerate((names.encoder, names.decoder)):
        tokens = [(probe.source, probe.target)[side] for probe in full]
        embedded = [_embedding(calls, rows) for calls, rows in zip(runs, tokens)]
        read = [_first_input(structure, side) for structure in structures]
        graph.constants[f"{container}.embed"] = _solve_embedding(embedded, read)
    _add_layers(graph, structure, names)
    return graph, structure


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
        "max_tokens": int(max_tokens),
        "bos": int(tokenizer.bos),
        "eos": int(tokenizer.eos),
    }


def _embedding(calls: list[Call], tokens: list[int]) -> Call:
    for call in calls:
        if call.kind == "embedding" and np.array_equal(call.inputs[0], tokens):
            return call
    raise UnsupportedOperator(
        "model",
        "a model without an embedding of its tokens",
        "look source and target tokens up in a table of their own or a shared one (nn.Embedding)",
    )


def _first_input(structure: Structure, side: int) -> Array:
    """What the first encoder (0) or decoder (1) layer reads."""
    return (structure.encoder, structure.decoder)[side][0].parts["self_attn"].inputs[0]


def _solve_embedding(embedded: list[Call], read: list[Array]) -> dict[str, Array]:
    """Solves read = factor * embedding + position: the probes differ in tokens only."""
    change = embedded[0].output - embedded[1].output
    size = (change**2).sum()
    fits = change.shape == read[0].shape and size > 0
    factor = float(((read[0] - read[1]) * change).sum() / size) if fits else 0.0
    positions = read[0] - factor * embedded[0].output if fits else read[0]
    if not fits or not close(factor * embedded[1].output + positions, read[1]):
        raise UnsupportedOperator(
            embedded[0].path,
            "an embedding with more than a factor and positions",
            "feed the first layer with factor * embedding + position",
        )
    return {"table": embedded[0]["table"] * factor, "positions": positions}


def _prove(
    original: Original,
    graph: FloatModel,
    structure: Structure,
    tried: Sequence[Probe],
    before: Sequence[Array],
) -> Proof:
    """Layer by layer on every probe, and the logits that the model gave before it was read."""
    ending = None
    for number, (probe, logits) in enumerate(zip(tried, before)):
        calls, captured = original.calls(probe)
        found, outputs = find_structure(calls), graph.run(probe.source, probe.target)
        _check_same_layers(structure, found, probe)
        at = "" if number == 0 else f" on {probe}"
        _compare(graph, found, structure.names(), outputs, at)
        step = last_step(outputs[graph.operators[-1]["name"]], captured)
        ending = step if number == 0 else ending
        if step is None or step != ending:
            _refuse_call(structure.generator, at)
        if number == 0:
            proof = Proof(original, graph, ending)
        proof.check_lengths(probe, logits)
    if ending:
        graph.notes.append(f"the final {ending} is left out: it keeps the order of the logits")
    return proof


def _check_same_layers(first: Structure, other: Structure, probe: Probe) -> None:
    for ours, theirs in zip(
        [*first.layers, first.generator], [*other.layers, other.generator], strict=False
    ):
        if ours.path != theirs.path:
            _refuse_layers(probe)
    if len(first.encoder) != len(other.encoder) or len(first.decoder) != len(other.decoder):
        _refuse_layers(probe)


def _refuse_layers(probe: Probe) -> None:
    raise UnsupportedOperator(
        "model",
        f"a model that calls other layers on {probe}",
        "call the same layers for sentences of all lengths",
    )


def _calls(structure: Structure, names: GraphNames) -> list[tuple[str, Call]]:
    """Operator name (of an attention: what its operators have in common) and call of every part."""
    paths = [*names.encoder_layers, *names.decoder_layers]
    return [
        (f"{path}.{part}", call)
        for path, layer in zip(paths, structure.layers)
        for part, call in layer.parts.items()
    ]


def _matrices(structure: Structure, names: GraphNames) -> dict[str, Matrix]:
    """Operator name -> matrix."""
    found = {names.generator: structure.generator["matrix"]}
    for name, call in _calls(structure, names):
        if call.kind == "attention":
            found |= {f"{name}.{part}": call[part] for part in ("q", "k", "v", "out")}
        elif call.kind == "linear":
            found[name] = call["matrix"]
    return found


def _end_norms(structure: Structure, names: GraphNames) -> list[tuple[str, Call]]:
    norms = [
        (names.encoder_norm, structure.encoder_norm),
        (names.decoder_norm, structure.decoder_norm),
    ]
    return [(name, call) for name, call in norms if call is not None]


def _add_layers(result: FloatModel, structure: Structure, names: GraphNames) -> None:
    for name, matrix in _matrices(structure, names).items():
        result.constants[name] = {"weight": matrix.weight, "bias": matrix.bias}
    for name, call in _calls(structure, names):
        if call.kind == "norm":
            result.constants[name] = dict(call.constants)
    for name, call in _end_norms(structure, names):
        result.constants[name] = dict(call.constants) | {"alone": True}
    _check_finite(result)


def _check_finite(result: FloatModel) -> None:
    for operator, constants in result.constants.items():
        for key, value in constants.items():
            if not np.isfinite(value).all():
                raise ExportError(f"{operator}: {key} holds numbers that are not finite")


def match_masks(found: dict[str, Matrix], masks: Masks, keep_zeros: bool) -> dict[str, Array]:
    """Operator name -> bool mask: the given ones, else by weights that are 0. Layers that share a
    matrix share its mask.
    """
    operators: dict[str, list[str]] = {}
    for name, matrix in found.items():
        operators.setdefault(matrix.path, []).append(name)
    operators |= {name: [name] for name in found}
    zeros = {} if keep_zeros else {name: matrix.mask() for name, matrix in found.items()}
    result = {name: mask for name, mask in zeros.items() if mask is not None}
    for name, given in masks.items():
        if name not in operators:
            raise ExportError(
                f"mask {name!r} belongs to no exported matrix{nearest(name, operators)}"
            )
        mask = np.asarray(given).astype(bool)
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


def _compare(
    graph: FloatModel,
    structure: Structure,
    names: GraphNames,
    outputs: dict[str, Array],
    at: str,
) -> None:
    """Every captured output against the graph's; the first difference names its layer."""
    for side, container in enumerate((names.encoder, names.decoder)):
        if not close(outputs[f"{container}.embed"], _first_input(structure, side)):
            raise UnsupportedOperator(
                f"{container}.embed",
                f"an embedding that is not factor * embedding + position{at}",
                "let a token's position count from the sentence's begin, whatever its length",
            )
    for name, call in _calls(structure, names):
        output = outputs[f"{name}.out" if call.kind == "attention" else name]
        expected = np.maximum(call.output, 0) if name.endswith(".linear1") else call.output
        if not close(output, expected):
            _refuse_call(call, at)
    for name, call in _end_norms(structure, names):
        if not close(outputs[name], call.output):
            _refuse_call(call, at)
    if not close(outputs[names.generator], structure.generator.output):
        _refuse_call(structure.generator, at)


def _refuse_call(call: Call, at: str) -> None:
    raise UnsupportedOperator(
        call.path,
        f"{call.kind} that does not compute what a post-norm Transformer computes there{at}",
        "use plain residual sums, scores divided by the root of the head's size, a causal mask in "
        "the decoder only, and no other masks",
    )
