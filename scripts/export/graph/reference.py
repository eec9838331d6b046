"""Adds what the int8 network computes to a trace: samples, produced tokens, and the outputs of
chosen operators.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.export.check_tokens import check_padding, read_points
from scripts.export.errors import ExportError
from scripts.export.graph.network import Values
from scripts.export.graph.contents import Contents
from scripts.export.graph.prepare import Prepared
from scripts.export.graph.report import Integer, quantised
from scripts.export.integer_reference import default_limit
from scripts.export.trace_reference import POINT_PREFIX

Array = np.ndarray


def add_reference(made: Prepared, c: Contents, integer: Integer) -> None:
    """`integer`: the judge of the trace's arithmetic, for whole inputs."""
    samples = [quantised(made.network, made.scales, given) for given in _given(made, c)]
    produced = [_produced(made, c, i, sample, integer) for i, sample in enumerate(samples)]
    tensors = made.trace.tensors
    for name in made.network.inputs:
        if c.kind == "feed_forward":
            tensors[f"reference.inputs.{name}"] = np.stack([sample[name] for sample in samples])
        elif name != "target":
            tensors.update(_rows(f"reference.{name}", [sample[name] for sample in samples]))
    if c.kind == "decoder":
        tensors["reference.allowed_tokens"] = np.asarray(c.allowed_tokens, np.int32)
    if c.kind in ("decoder", "encoder_decoder"):
        tensors.update(_rows("reference.target", produced))
    if c.labels is not None:
        tensors["reference.labels"] = np.asarray(c.labels, np.int32)
    inputs = [_whole(c, sample, tokens) for sample, tokens in zip(samples, produced)]
    _add_points(made, c, inputs, integer)


def _given(made: Prepared, c: Contents) -> Sequence[Values]:
    """Of an encoder_decoder with an empty target, which the network makes."""
    if c.kind != "encoder_decoder":
        return c.samples
    return [{**sample, "target": np.array([c.bos])} for sample in c.samples]


def _rows(name: str, rows: Sequence[Sequence[int]]) -> dict[str, Array]:
    """Rows of unequal length, one after the other."""
    offsets = np.cumsum([0, *map(len, rows)])
    joined = np.concatenate([np.asarray(row, np.int32) for row in rows])
    return {f"{name}_tokens": joined, f"{name}_offsets": offsets.astype(np.int32)}


def _whole(c: Contents, sample: Values, produced: Sequence[int]) -> Values:
    """What operators see when a sample is computed in one piece."""
    if c.kind == "decoder":
        return {"prompt": np.array([*sample["prompt"], *produced[:-1]], int)}
    if c.kind == "encoder_decoder":
        return {"source": sample["source"], "target": np.array([c.bos, *produced[:-1]], int)}
    return sample


def _produced(made: Prepared, c: Contents, number: int, sample: Values, integer: Integer) -> list[int]:
    """The tokens that are chosen one by one; none where the kind makes none."""
    if c.kind not in ("decoder", "encoder_decoder"):
        return []
    logits, tokens = made.network.operators[-1].name, []
    limit = _limit(c, number, sample)
    name = "prompt" if c.kind == "decoder" else "target"
    while len(tokens) < limit and c.eos not in tokens[-1:]:
        outputs = integer(_whole(c, sample, [*tokens, 0]))
        tokens.append(int(outputs[logits][-1].argmax()))
    check_padding(made.odd, name, tokens[:-1], f"samples: what number {number} gives")
    return tokens


def _limit(c: Contents, number: int, sample: Values) -> int:
    if c.kind == "encoder_decoder":
        return default_limit(len(sample["source"]), c.max_tokens)
    limit, length = int(c.allowed_tokens[number]), len(sample["prompt"])
    if limit < 1 or length + limit - 1 > c.max_tokens:
        raise ExportError(
            f"allowed_tokens: {limit} behind the {length} tokens of sample {number}; with max_tokens "
            f"{c.max_tokens} allow 1 to {max(1, c.max_tokens - length + 1)}"
        )
    return limit


def _add_points(made: Prepared, c: Contents, inputs: Sequence[Values], integer: Integer) -> None:
    points = _points(made, c)
    outputs = {i: integer(inputs[i]) for i in sorted({i for i, _ in points})}
    stored = []
    for number, (i, name) in enumerate(points):
        tensor = f"{POINT_PREFIX}{number}"
        kind = made.network.named(name).kind
        dtype = np.int32 if kind == "logits" else np.int8
        made.trace.tensors[tensor] = np.ascontiguousarray(outputs[i][name].astype(dtype))
        stored.append({"sample": i, "operator": name, "tensor": tensor})
    made.trace.reference = {"samples": len(inputs), "points": stored}


def _points(made: Prepared, c: Contents) -> Sequence[tuple[int, str]]:
    """All operators of the first sample and all outputs of every one, unless told otherwise."""
    names = [operator.name for operator in made.network.operators]
    if c.points is None:
        decodes = c.kind in ("decoder", "encoder_decoder")
        ends = [] if decodes else [operator.name for operator in made.network.outputs.values()]
        first = [(0, o.name) for o in made.network.operators if o.kind != "logits" or o.name in ends]
        return first + [(i, name) for i in range(1, len(c.samples)) for name in ends]
    return read_points(c.points, len(c.samples), names)
