"""A Transformer's operator graph with its float constants: what an exporter extracts from a
framework's model.

It can be run, so that an exporter can compare it with the original and calibration can see every
activation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scripts.export.graph_fields import Operator
from scripts.export.integer_attention import hidden as unseen
from scripts.export.integer_attention import split_heads

Array = np.ndarray
Outputs = dict[str, Array]


@dataclass
class FloatModel:
    """Constants by operator name. linear, logits: weight [H, W], bias [H]; embedding: table [V, d]
    (with any factor the model applies to it), positions [Lmax, d]; add_norm: gamma and beta [d],
    epsilon, and alone=True where the normalisation has no second summand. Masks: bool [H, W], True
    where the weight is kept.
    """

    operators: list[Operator]
    shape: dict[str, Any]  # the trace's graph.model
    constants: dict[str, dict[str, Any]] = field(default_factory=dict)
    masks: dict[str, Array] = field(default_factory=dict)
    source_vocabulary: int | None = None  # None: that of the target, shape["vocabulary"]
    padding: dict[str, set[int]] = field(default_factory=dict)  # "source", "target" -> tokens that
    # the model masks; no sentence of a trace may hold them
    notes: list[str] = field(default_factory=list)  # what was left out, for people

    @property
    def source_tokens(self) -> int:
        """How many different tokens a source may have."""
        return self.source_vocabulary or self.shape["vocabulary"]

    def run(
        self,
        source: Sequence[int],
        target: Sequence[int],
        hidden: Mapping[str, Array] | None = None,
    ) -> Outputs:
        """Outputs of every operator; `target` is the decoder's input and starts with BOS. `hidden`:
        attention ("encoder", "cross", "decoder") -> bool a key that it must not see.
        """
        outputs: Outputs = {"source": np.asarray(source), "target": np.asarray(target)}
        for operator in self.operators:
            inputs = [outputs[name] for name in operator["inputs"]]
            output = FUNCTIONS[operator["kind"]](self, operator, *inputs)
            if hidden and operator["kind"] == "attention_scores":
                output = _hide(output, hidden.get(attention_of(operator)))
            outputs[operator["name"]] = output
        return outputs


def attention_of(operator: Operator) -> str:
    """"encoder", "cross" or "decoder": which of a layer's attentions the scores belong to."""
    return "cross" if operator["phase"] == "decoder" and not operator["causal"] else operator["phase"]


def _hide(scores: Array, keys: Array | None) -> Array:
    return scores if keys is None else np.where(keys, -np.inf, scores)


def _embedding(model: FloatModel, operator: Operator, tokens: Array) -> Array:
    constants = model.constants[operator["name"]]
    return constants["table"][tokens] + constants["positions"][: len(tokens)]


def _linear(model: FloatModel, operator: Operator, x: Array) -> Array:
    constants = model.constants[operator["name"]]
    y = x @ constants["weight"].T + constants["bias"]
    return np.maximum(y, 0) if operator.get("relu") else y


def _attention_scores(model: FloatModel, operator: Operator, q: Array, k: Array) -> Array:
    heads = operator["heads"]
    scores = (
        split_heads(q, heads) @ split_heads(k, heads).swapaxes(1, 2) / np.sqrt(q.shape[1] / heads)
    )
    causal = operator["causal"]
    return np.where(unseen(len(q), len(k), "causal"), -np.inf, scores) if causal else scores


def _softmax(model: FloatModel, operator: Operator, scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def _attention_values(model: FloatModel, operator: Operator, p: Array, v: Array) -> Array:
    return (p @ split_heads(v, operator["heads"])).swapaxes(0, 1).reshape(p.shape[1], -1)


def _add_norm(model: FloatModel, operator: Operator, x: Array, y: Array) -> Array:
    constants = model.constants[operator["name"]]
    z = x if constants.get("alone") else x + y
    centred = z - z.mean(1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(1, keepdims=True) + constants["epsilon"])
    return centred / deviation * constants["gamma"] + constants["beta"]


FUNCTIONS = {
    "embedding": _embedding,
    "linear": _linear,
    "logits": _linear,
    "attention_scores": _attention_scores,
    "softmax": _softmax,
    "attention_values": _attention_values,
    "add_norm": _add_norm,
}
