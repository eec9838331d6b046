"""Whole samples through an int8 network: all rows at once, or token by token.

Two forms of decoding give the same tokens: one that keeps keys and values of earlier positions, and
one that runs the network over all positions again at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.export.graph_rules import KINDS, Operator, check_graph
from scripts.export.graph_shapes import TARGET
from scripts.export.integer_operators import BY_POSITION, OPERATORS
from scripts.export.trace import Trace
from scripts.export.trace_samples import Sample, default_limit, limit_of

__all__ = ["IntegerModel", "default_limit"]
Array = np.ndarray
Outputs = dict[str, Array]  # operator name -> its output


class IntegerModel:
    """Runs a trace's graph. Outputs are int64 arrays that hold the int8 (logits: int32) values."""

    def __init__(self, trace: Trace) -> None:
        self.model, self.operators = trace.model, trace.operators
        self.logits = self.operators[-1]["name"]  # of networks that choose tokens
        self._kinds = {operator["name"]: operator["kind"] for operator in self.operators}
        self.shapes = check_graph(trace.graph, trace.tensors, trace.graph["name"])
        by_name = {operator["name"]: operator for operator in self.operators}
        self.arguments = {
            operator["name"]: _arguments(operator, trace, by_name) for operator in self.operators
        }
        self.of_target = [op for op in self.operators if self.shapes[op["name"]].rows == TARGET]
        self.once = [op for op in self.operators if self.shapes[op["name"]].rows != TARGET]
        self.sentence = "prompt" if self.model["kind"] == "decoder" else "target"

    def is_logits(self, name: str) -> bool:
        return self._kinds[name] == "logits"

    def run(self, sample: Sample) -> Outputs:
        """Outputs of every operator; of target rows, those that all produced tokens but the last
        belong to.
        """
        outputs = self.prepare(sample)
        if self.of_target:
            outputs |= self.step(outputs, self.target(sample, sample.produced[:-1]))
        return outputs

    def produce(self, sample: Sample, limit: int | None = None, cache: bool = True) -> list[int]:
        """Produced tokens: the last one is EOS, or there are as many as allowed."""
        limit, prepared = limit or limit_of(self.model, sample), self.prepare(sample)
        history: Outputs | None = {} if cache else None
        produced: list[int] = []
        while len(produced) < limit and self.model["eos"] not in produced[-1:]:
            tokens = self.target(sample, produced)
            known = len(tokens) - 1 if cache and produced else 0
            outputs = self.step(prepared, tokens[known:], known, history)
            produced.append(int(outputs[self.logits][-1].argmax()))
        return produced

    def target(self, sample: Sample, produced: Sequence[int]) -> Array:
        """The tokens that the target's operators read, once these are produced."""
        begin = sample.inputs["prompt"] if self.sentence == "prompt" else [self.model["bos"]]
        return np.array([*begin, *produced])

    def prepare(self, sample: Sample) -> Outputs:
        """Inputs, and outputs of every operator that no target row goes into."""
        outputs = {name: np.asarray(x).astype(np.int64) for name, x in sample.inputs.items()}
        return self._run(self.once, outputs, 0, None)

    def step(
        self,
        prepared: Outputs,
        tokens: Array,
        first_row: int = 0,
        history: Outputs | None = None,
    ) -> Outputs:
        """The rows of these target tokens, the first of which is at `first_row`; `history` holds
        keys and values of the rows before and grows by those of these.
        """
        outputs = prepared | {self.sentence: np.asarray(tokens)}
        return self._run(self.of_target, outputs, first_row, history)

    def encode(self, source: Sequence[int]) -> Outputs:
        """Outputs of all encoder and cross operators of an `encoder_decoder`."""
        return self.prepare(_sentence(source))

    def decode(self, source: Sequence[int], produced: Sequence[int]) -> Outputs:
        """Outputs of every operator of an `encoder_decoder`."""
        return self.run(_sentence(source, produced))

    def greedy(
        self, source: Sequence[int], limit: int | None = None, cache: bool = True
    ) -> list[int]:
        """What an `encoder_decoder` produces."""
        return self.produce(_sentence(source), limit, cache)

    def _run(
        self,
        operators: list[Operator],
        outputs: Outputs,
        first_row: int,
        history: Outputs | None,
    ) -> Outputs:
        for operator in operators:
            inputs = [outputs[name] for name in operator["inputs"]]
            if history is not None and operator["kind"] in ("attention_scores", "attention_values"):
                inputs[1] = self._extend(history, operator["inputs"][1], inputs[1], first_row)
            function, fields = OPERATORS[operator["kind"]], self.arguments[operator["name"]]
            if operator["kind"] in BY_POSITION:
                fields = fields | {"first_row": first_row}
            outputs[operator["name"]] = function(*inputs, **fields)
        return outputs

    def _extend(self, history: Outputs, name: str, rows: Array, first_row: int) -> Array:
        """Keys or values of all positions so far, added once however many products read them; those
        that no target row goes into are whole from the start.
        """
        if self.shapes[name].rows != TARGET:
            return rows
        if len(history.get(name, ())) <= first_row:
            history[name] = np.concatenate([history[name], rows]) if first_row else rows
        return history[name]


def _sentence(source: Sequence[int], produced: Sequence[int] = ()) -> Sample:
    return Sample({"source": np.asarray(source)}, list(produced))


def _arguments(
    operator: Operator, trace: Trace, by_name: dict[str, Operator]
) -> dict[str, Any]:
    """Of the operator's function, but its inputs. Matrices become float64, which makes exact
    products fast.
    """
    kind = KINDS[operator["kind"]]
    tensors = kind.tensors()
    found = {key: operator[key] for key in kind.every_field() if key in operator}
    for key in found.keys() & tensors.keys():
        tensor = trace.tensors[operator[key]]
        found[key] = tensor.astype(np.float64 if key == "weight" else np.int64)
    found.pop("mask" if "mask" in tensors else "", None)  # weights outside of it are 0
    if operator["kind"] == "softmax":
        scores = by_name[operator["inputs"][0]]
        found |= {key: scores[key] for key in ("mask", "window") if key in scores}
    return found
