"""The steps that every front end shares until a network is quantised: lower, prove, calibrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from scripts.export.errors import ExportError
from scripts.export.graph.assemble import assembled
from scripts.export.graph.finish import finished
from scripts.export.graph.lowering import lower
from scripts.export.graph.network import FloatNetwork, FloatOperator, Values
from scripts.export.graph.primitives import PrimitiveGraph
from scripts.export.graph.prove import Proof
from scripts.export.graph.scales import Scales, activation_scales
from scripts.export.metadata import Origin
from scripts.export.trace import Trace

Array = np.ndarray
TOKEN_INPUTS = {"encoder": ("source",), "decoder": ("prompt",), "encoder_decoder": ("source", "target")}


class Model(Protocol):
    """A model of any framework. Inputs by name, without a batch: tokens [n], or tensors."""

    def run(self, inputs: Values) -> Mapping[str, Array]: ...

    def graph(self, inputs: Values) -> PrimitiveGraph: ...


@dataclass(frozen=True)
class Contents:
    """What a trace holds besides the model.

    calibration: inputs that are like those to come; 100 are plenty. samples: whose int8 results the
    trace holds. labels: what is right for each sample, an index into the first output. points:
    (sample, operator) whose outputs are stored; by default all of sample 0 but logits.
    Of networks of tokens: `kind`, `max_tokens`, `eos`, `bos` (encoder_decoder), and `allowed_tokens`
    (decoder), for each sample how many tokens it may produce.
    """

    name: str
    origin: Origin
    calibration: Sequence[Values]
    samples: Sequence[Values]
    labels: Sequence[int] | None = None
    kind: str = "feed_forward"
    max_tokens: int = 0
    bos: int | None = None
    eos: int | None = None
    allowed_tokens: Sequence[int] = ()
    points: Sequence[tuple[int, str]] | None = None
    keep_zeros: bool = False


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
    network, endings = lowered(model, c)
    notes = [f"the {step} behind {name} is left out" for name, step in endings.items()]
    proof = Proof(network, model.run, endings, _ordinary(c))
    notes += prove(proof, c, network)
    scales = activation_scales(network, teacher_forced(c))
    origin = dict(vars(c.origin))
    origin["notes"] = "; ".join(filter(None, [origin["notes"], *notes]))
    trace = assembled(network, scales, c.name, model_of(network, c), origin, c.keep_zeros)
    return Prepared(network, scales, trace, proof.odd)


def check_contents(c: Contents) -> None:
    if c.kind != "feed_forward" and c.kind not in TOKEN_INPUTS:
        kinds = ", ".join(["feed_forward", *TOKEN_INPUTS])
        raise ExportError(f"kind {c.kind!r}; use one of {kinds}")
    if not c.samples or not c.calibration:
        raise ExportError("samples and calibration: give at least one each")
    if c.kind in TOKEN_INPUTS and c.max_tokens < 1:
        raise ExportError(f"max_tokens is {c.max_tokens}; say how many tokens the model takes")
    if c.labels is not None and c.kind in ("decoder", "encoder_decoder"):
        raise ExportError(f"labels: a {c.kind} makes tokens; give labels to the other kinds only")
    if c.labels is not None and len(c.labels) != len(c.samples):
        raise ExportError(f"labels: {len(c.labels)} for {len(c.samples)} samples; give one each")
    needed = {"decoder": ["eos"], "encoder_decoder": ["bos", "eos"]}.get(c.kind, [])
    for key in needed:
        if getattr(c, key) is None:
            raise ExportError(f"{key}: a {c.kind} needs the token; give its number")
    if c.kind == "decoder" and len(c.allowed_tokens) != len(c.samples):
        raise ExportError(
            f"allowed_tokens: {len(c.allowed_tokens)} numbers for {len(c.samples)} samples; give one each"
        )


def lowered(model: Model, c: Contents) -> tuple[FloatNetwork, dict[str, str]]:
    """The network, and by output what its end leaves out."""
    found = lower(model.graph(_recorded(c)), c.kind in TOKEN_INPUTS)
    network = finished(c.kind, found.inputs, found.outputs)
    network.max_tokens = c.max_tokens
    return network, found.endings


def _recorded(c: Contents) -> Values:
    """Inputs for the pass that is recorded: the longest, of ordinary tokens."""
    if c.kind == "feed_forward":
        return c.samples[0]
    ordinary = _ordinary(c)
    found = {}
    for name in TOKEN_INPUTS[c.kind]:
        tokens = np.concatenate([np.asarray(sample[name]) for sample in c.calibration])
        tokens = np.where(np.isin(tokens, _special(c)), ordinary[name], tokens)
        found[name] = np.resize(tokens, c.max_tokens)
    return found


def _special(c: Contents) -> list[int]:
    return [token for token in (0, c.bos, c.eos) if token is not None]


def _ordinary(c: Contents) -> dict[str, int]:
    """For each input a token of the calibration samples that is neither 0, bos nor eos."""
    found = {}
    for name in TOKEN_INPUTS.get(c.kind, ()):
        tokens = [int(token) for sample in c.calibration for token in sample[name]]
        special = _special(c)
        found[name] = next((token for token in tokens if token not in special), tokens[0])
    return found


def prove(proof: Proof, c: Contents, network: FloatNetwork) -> list[str]:
    """Notes on tokens that no sentence may hold."""
    if c.kind == "feed_forward":
        proof.check_floats([*c.samples[:8], *c.calibration[:8]])
        return []
    sizes = vocabularies(network)
    proof.find_odd(c.max_tokens, sizes, _special(c))
    proof.check_lengths(c.max_tokens, sizes)
    for name, odd in proof.odd.items():
        for i, sample in enumerate(c.samples):
            found = odd & {int(token) for token in sample.get(name, ())}
            if found:
                raise ExportError(
                    f"samples: sample {i} holds token {min(found)} of {name}, which the model treats "
                    "unlike others, as padding; leave it out"
                )
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
