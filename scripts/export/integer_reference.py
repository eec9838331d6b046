"""Whole sentences through an int8 model: encoder, teacher-forced decoder, greedy decoding.

Two forms of decoding give the same tokens: one that keeps keys and values of earlier positions, and
one that runs the decoder over all positions again at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.export import integer_operators as ops
from scripts.export.graph_rules import KINDS, Operator
from scripts.export.trace import Trace

Array = np.ndarray
Outputs = dict[str, Array]  # operator name -> its output


def default_limit(source_tokens: int, max_tokens: int) -> int:
    """Most target tokens that decoding produces for a sentence."""
    return min(2 * source_tokens + 10, max_tokens)


class IntegerModel:
    """Runs a trace's graph. Outputs are int64 arrays that hold the int8 (logits: int32) values."""

    def __init__(self, trace: Trace) -> None:
        self.model, self.operators = trace.model, trace.operators
        self.logits = self.operators[-1]["name"]
        self.by_name = {operator["name"]: operator for operator in self.operators}
        self.constants = {
            operator["name"]: _constants(operator, trace) for operator in self.operators
        }

    def encode(self, source: Sequence[int]) -> Outputs:
        """Outputs of all encoder and cross operators."""
        outputs: Outputs = {"source": np.asarray(source)}
        self._run(("encoder", "cross"), outputs)
        return outputs

    def decode(self, source: Sequence[int], produced: Sequence[int]) -> Outputs:
        """Outputs of every operator, the decoder reading [bos] + produced[:-1]."""
        return self._decode(self.encode(source), [self.model["bos"], *produced[:-1]])

    def greedy(
        self, source: Sequence[int], limit: int | None = None, cache: bool = True
    ) -> list[int]:
        """Produced tokens: the last one is EOS, or there are `limit` of them."""
        limit = limit or default_limit(len(source), self.model["max_tokens"])
        encoded, history = self.encode(source), dict[str, Array]()
        produced: list[int] = []
        while len(produced) < limit and self.model["eos"] not in produced[-1:]:
            tokens = [self.model["bos"], *produced]
            if cache:
                outputs = self._step(encoded, tokens[-1], len(produced), history)
            else:
                outputs = self._decode(encoded, tokens)
            produced.append(int(outputs[self.logits][-1].argmax()))
        return produced

    def _decode(self, encoded: Outputs, tokens: Sequence[int]) -> Outputs:
        outputs = encoded | {"target": np.asarray(tokens)}
        self._run(("decoder",), outputs)
        return outputs

    def _step(self, encoded: Outputs, token: int, position: int, history: Outputs) -> Outputs:
        """One position of the decoder; `history` grows by its keys and values."""
        outputs = encoded | {"target": np.array([token])}
        self._run(("decoder",), outputs, position, history)
        return outputs

    def _run(
        self,
        phases: tuple[str, ...],
        outputs: Outputs,
        first_row: int = 0,
        history: Outputs | None = None,
    ) -> None:
        for operator in self.operators:
            if operator["phase"] in phases:
                inputs = [outputs[name] for name in operator["inputs"]]
                if history is not None and operator["kind"].startswith("attention"):
                    inputs[1] = self._extend(
                        history, operator["inputs"][1], inputs[1], first_row
                    )
                outputs[operator["name"]] = self._evaluate(operator, inputs, first_row)

    def _extend(self, history: Outputs, name: str, rows: Array, position: int) -> Array:
        """Keys or values of all positions so far, added once however many products read them; those
        of the encoder's output are whole from the start.
        """
        if self.by_name[name]["phase"] != "decoder":
            return rows
        if len(history.get(name, ())) == position:
            history[name] = np.concatenate([history[name], rows]) if position else rows
        return history[name]

    def _evaluate(self, operator: Operator, inputs: list[Array], first_row: int) -> Array:
        function = getattr(ops, operator["kind"])
        constants = self.constants[operator["name"]]
        if operator["kind"] in ("embedding", "attention_scores"):
            return function(*inputs, **constants, first_row=first_row)
        if operator["kind"] == "softmax":
            causal = self.by_name[operator["inputs"][0]]["causal"]
            return function(*inputs, **constants, causal=causal, first_row=first_row)
        return function(*inputs, **constants)


def _constants(operator: Operator, trace: Trace) -> dict[str, Any]:
    """Arguments of the operator's function. Weights become float64, which makes exact products
    fast.
    """
    kind = KINDS[operator["kind"]]
    fields = (*kind.integers, *kind.booleans)
    tensors = {key: trace.tensors[operator[key]] for key in kind.tensors}
    return {key: operator[key] for key in fields} | {
        key: tensor.astype(np.float64 if key == "weight" else np.int64)
        for key, tensor in tensors.items()
    }
