"""From the calls of probing sentences to a float model that is proved to compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.export.build_trace import Masks, Tokenizer
from scripts.export.calibrate import Pair
from scripts.export.calls import Array, Call
from scripts.export.check_tokens import (
    Vocabularies,
    check_pairs_padding,
    check_request,
    check_vocabularies,
    read_masks,
)
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.float_model import FloatModel
from scripts.export.layers import (
    add_layers,
    end_norms,
    first_input,
    match_masks,
    matrices,
    named_calls,
    shape_of,
    solve_embedding,
)
from scripts.export.lookups import ALIKE, Lookups
from scripts.export.nan_logits import check_numbers
from scripts.export.proof import (
    Answer,
    Capture,
    Forward,
    Original,
    Probe,
    Proof,
    check_longest,
    check_repeated,
    checked_first,
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
    given = read_masks(masks)
    original = Original(capture, forward or (lambda *probe: capture(*probe)[1]), check)
    likely = Probe(*(2 * [_likely(side)] for side in pairs[0]))
    with checked_first(original, _early_answers(original, likely)):
        lookups, vocabularies = _vocabularies(original, likely)
    check_vocabularies(vocabularies, bos, eos, pairs)
    ordinary = [_ordinary(pairs, side, vocabularies[side], (bos, eos)) for side in range(2)]
    first = (ordinary[0][0], ordinary[1][0])
    check_longest(original, max_tokens, first)
    before = [(probe, original.logits(probe)) for probe in probes(ordinary, bos, max_tokens)]
    check_numbers(original, before, ordinary[0], pairs)
    original.check()
    with checked_first(original, before):
        graph, structure = _read(original, tokenizer, max_tokens, vocabularies, ordinary, lookups)
        graph.masks = match_masks(matrices(structure, structure.names()), given, keep_zeros)
        proof = _prove(original, graph, structure, before, lookups)
        proof.check_equal_lengths(ordinary, max_tokens)
        proof.check_tokens(first, [bos, eos], max_tokens)
    check_pairs_padding(graph.padding, pairs)
    for probe, logits in reversed(before):  # in another order, now that the weights were read
        check_repeated(original, probe, logits)
    original.check()
    return graph


def _likely(tokens: Sequence[int]) -> int:
    """One that the model should know, and hardly padding."""
    return int(next((token for token in tokens if token), tokens[0]))


def _early_answers(original: Original, likely: Probe) -> list[Answer]:
    """None of a model that does not take these tokens: its vocabularies are not known yet."""
    try:
        return [(likely, original.logits(likely))]
    except ExportError:
        return []


def _vocabularies(original: Original, likely: Probe) -> tuple[Lookups, Vocabularies]:
    """A target embedding may have rows that no logit chooses, for nobody."""
    calls, logits = original.calls(ALIKE)
    lookups = Lookups(original, calls, likely)
    source, target = lookups.of(calls, ALIKE)
    if calls[-1].kind != "linear":
        raise UnsupportedOperator(
            calls[-1].path,
            f"{calls[-1].kind} that gives the logits",
            "end in one linear layer from the last decoder layer to the logits",
        )
    if len(target["table"]) < logits.shape[-1]:
        raise UnsupportedOperator(
            target.path,
            f"a target embedding of {len(target['table'])} tokens with {logits.shape[-1]} logits",
            "look up as many tokens as the output layer gives",
        )
    return lookups, (len(source["table"]), logits.shape[-1])


def _ordinary(
    pairs: Sequence[Pair], side: int, vocabulary: int, special: tuple[int, int]
) -> list[int]:
    """At least two tokens that are hardly padding, where there are so many: those that occur, if they do."""
    used = {int(token) for pair in pairs for token in pair[side]}
    likely = [t for t in range(4, vocabulary - 1) if t not in special]
    occurring = [t for t in likely if t in used]
    if len(occurring) > 1:
        return occurring
    if len(likely) > 1:
        return [*occurring, *(t for t in likely[:2] if t not in occurring)]
    return sorted(used) if len(used) > 1 else [*used, (min(used) + 1) % vocabulary]


def _read(
    original: Original,
    tokenizer: Tokenizer,
    max_tokens: int,
    vocabularies: Vocabularies,
    ordinary: Sequence[Sequence[int]],
    lookups: Lookups,
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
    shape = shape_of(structure, tokenizer, max_tokens)
    graph = FloatModel(transformer_operators(names, structure.heads()), shape)
    graph.source_vocabulary = vocabularies[0]
    embeddings = [lookups.of(calls, probe) for calls, probe in zip(runs, full)]
    for side, container in enumerate((names.encoder, names.decoder)):
        embedded = [calls[side] for calls in embeddings]
        read = [first_input(structure, side) for structure in structures]
        graph.constants[f"{container}.embed"] = solve_embedding(embedded, read, vocabularies[side])
    add_layers(graph, structure, names)
    return graph, structure


def _prove(
    original: Original,
    graph: FloatModel,
    structure: Structure,
    before: Sequence[Answer],
    lookups: Lookups,
) -> Proof:
    """Layer by layer on every probe, and the logits that the model gave before it was read."""
    ending = None
    for number, (probe, logits) in enumerate(before):
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
            proof = Proof(original, graph, ending, lookups.check)
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


def _compare(
    graph: FloatModel,
    structure: Structure,
    names: GraphNames,
    outputs: dict[str, Array],
    at: str,
) -> None:
    """Every captured output against the graph's; the first difference names its layer."""
    for side, container in enumerate((names.encoder, names.decoder)):
        if not close(outputs[f"{container}.embed"], first_input(structure, side)):
            raise UnsupportedOperator(
                f"{container}.embed",
                f"an embedding that is not factor * embedding + position{at}",
                "let a token's position count from the sentence's begin, whatever its length",
            )
    for name, call in named_calls(structure, names):
        output = outputs[f"{name}.out" if call.kind == "attention" else name]
        expected = np.maximum(call.output, 0) if name.endswith(".linear1") else call.output
        if not close(output, expected):
            _refuse_call(call, at)
    for name, call in end_norms(structure, names):
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
