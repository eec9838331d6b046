"""The steps that every front end shares until a network is quantised: lower, prove, calibrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.export.errors import ExportError
from scripts.export.graph import texts
from scripts.export.graph.answers import (
    Answer,
    Model,
    answers,
    check_bos,
    check_longest,
    check_repeated,
    checked_first,
    ordinary_tokens,
    probes,
)
from scripts.export.graph.assemble import assembled
from scripts.export.graph.contents import TOKEN_INPUTS, Contents, check_contents
from scripts.export.graph.finish import finished
from scripts.export.graph.given_masks import matched
from scripts.export.graph.labels import check_labels
from scripts.export.graph.lengths import PROBES
from scripts.export.graph.lowering import lower
from scripts.export.graph.network import FloatNetwork, FloatOperator, Values
from scripts.export.graph.odd_tokens import check_samples, check_vocabularies
from scripts.export.graph.prove import Proof, drawn
from scripts.export.graph.scales import Scales, activation_scales
from scripts.export.trace import Trace

Array = np.ndarray


@dataclass(frozen=True)
class Prepared:
    """A proved network, what a step of each output stands for, a trace without references, and by
    input the tokens that the model treats unlike others.
    """

    network: FloatNetwork
    scales: Scales
    trace: Trace
    odd: Mapping[str, set[int]]


def prepared(model: Model, contents: Contents) -> Prepared:
    """UnsupportedOperator for what a trace cannot say, ExportError for other mistakes."""
    c = contents
    check_contents(c)
    before, ordinary = _before(model, c)
    repeated = [*before, *_of_calibration(model, c)]
    with checked_first(model, repeated):
        network, endings = lowered(model, c, ordinary)
        check_labels(c.labels, network)
        masks = matched(network, c.masks)
        proof = Proof(network, model, endings, ordinary)
        notes = [f"the {step} behind {name} is left out" for name, step in endings.items()]
        notes += [
            f"{name} is [channels, rows, columns]; the model reads [rows, columns, channels]"
            for name, operator in network.inputs.items()
            if "order" in operator.fields
        ]
        notes += prove(proof, c, before)
    for answer in reversed(repeated):  # in another order, now that the weights were read
        check_repeated(model, answer)
    model.check()
    scales = activation_scales(network, teacher_forced(c))
    origin = dict(vars(c.origin))
    origin["notes"] = "; ".join(filter(None, [origin["notes"], *notes]))
    trace = assembled(network, scales, c.name, model_of(network, c), origin, c.keep_zeros, masks)
    trace.tensors |= texts.text_tensors(c.texts, trace.model.get("vocabulary"))
    return Prepared(network, scales, trace, proof.odd)


def _before(model: Model, c: Contents) -> tuple[list[Answer], dict[str, int]]:
    """What the model gives before it is read, and a usual token of each of its inputs."""
    if c.kind not in TOKEN_INPUTS:
        before = answers(model, list(drawn([*c.samples[:8], *c.calibration[:8]])))
        model.check()
        return before, {}
    ordinary = ordinary_tokens(model, c.calibration, special(c))
    check_longest(model, ordinary, c.max_tokens)
    bos = c.bos if c.kind == "encoder_decoder" else None
    check_bos(model, ordinary, bos)
    before = answers(model, probes(ordinary, bos, c.max_tokens))
    model.check()
    return before, ordinary


def _of_calibration(model: Model, c: Contents) -> list[Answer]:
    """Sentences of many tokens, which only must give the same again: what they hold is checked later."""
    found = []
    for inputs in teacher_forced(c)[:3] if c.kind in TOKEN_INPUTS else []:
        try:
            found.append((inputs, model.run(inputs)))
        except ExportError:
            continue
    return found


def lowered(
    model: Model, c: Contents, ordinary: dict[str, int]
) -> tuple[FloatNetwork, dict[str, str]]:
    """The network, and by output what its end leaves out. What is recorded are the longest inputs."""
    recorded = {name: np.full(c.max_tokens, token) for name, token in ordinary.items()}
    found = lower(model.graph(recorded or c.samples[0]), c.kind in TOKEN_INPUTS)
    network = finished(c.kind, found.inputs, found.outputs)
    network.max_tokens = c.max_tokens
    return network, found.endings


def special(c: Contents) -> list[int]:
    return [token for token in (0, c.bos, c.eos) if token is not None]


def prove(proof: Proof, c: Contents, before: Sequence[Answer]) -> list[str]:
    """Notes on tokens that no sentence may hold."""
    proof.check_answers(before)
    if c.kind not in TOKEN_INPUTS:
        proof.check_given("samples", c.samples)
        return []
    sizes = vocabularies(proof.network)
    check_vocabularies(c, sizes, proof.network)
    proof.find_odd(c.max_tokens, sizes, special(c))
    proof.check_lengths(c.max_tokens, sizes)
    check_samples(c, proof.odd)
    begun = {"target": np.array([c.bos])} if c.kind == "encoder_decoder" else {}
    proof.check_given("samples", [dict(sample) | begun for sample in c.samples])
    proof.check_given("calibration", teacher_forced(c)[:PROBES])
    return [
        f"no {name} may hold the tokens {sorted(odd)}, which the model treats unlike others"
        for name, odd in proof.odd.items()
        if odd
    ]


def vocabularies(network: FloatNetwork) -> dict[str, int]:
    """By input: how many tokens every embedding of it has."""
    found = {}
    for name, operator in network.inputs.items():
        tables = [len(o["table"]) for o in network.operators if operator in o.inputs]
        if not tables:
            raise ExportError(f"the model does not look up the tokens of {name}; use an Embedding")
        found[name] = min(tables)
    return found


def model_of(network: FloatNetwork, c: Contents) -> dict[str, Any]:
    """graph.model of the trace."""
    outputs = [operator.name for operator in network.outputs.values()]
    if c.kind == "feed_forward":
        inputs = [{"name": name, "shape": list(o.shape)} for name, o in network.inputs.items()]
        return {"kind": c.kind, "inputs": inputs, "outputs": outputs}
    if c.kind == "encoder":
        return {"kind": c.kind, "max_tokens": c.max_tokens, "outputs": outputs}
    last: FloatOperator = network.operators[-1]
    found = {"kind": c.kind, "vocabulary": len(last["weight"]), "max_tokens": c.max_tokens}
    tokens = {"bos": c.bos, "eos": c.eos} if c.kind == "encoder_decoder" else {"eos": c.eos}
    return found | tokens


def teacher_forced(c: Contents) -> Sequence[Values]:
    """What the decoder reads for a calibration pair: bos, then the target but for its last token."""
    if c.kind != "encoder_decoder":
        return c.calibration
    return [s | {"target": np.array([c.bos, *s["target"][:-1]])} for s in map(dict, c.calibration)]
