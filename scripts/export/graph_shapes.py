"""Shapes through the operator graph, and the bounds that make integer overflow impossible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.graph_rules import KINDS, MAX_FEATURES, MAX_VOCABULARY, Operator, nearest
from scripts.export.masks import check_mask
from scripts.export.safetensors import DTYPES, Tensors

INT32_MAX = 2**31 - 1
EXPONENTIAL_STEPS = 256


class GraphShapes:
    """Checks operators in execution order; `widths` holds the features a token of those seen so
    far.
    """

    def __init__(self, model: dict[str, Any], tensors: Tensors, file: str) -> None:
        self.model, self.tensors, self.file = model, tensors, file
        self.widths: dict[str, int] = {}
        self.source_tokens = 0  # that every embedding of the source knows; 0: there is none

    def check(self, operator: Operator) -> None:
        checks: dict[str, Callable[[Operator, str], int]] = {
            "embedding": self._embedding,
            "linear": self._linear,
            "logits": self._logits,
            "attention_scores": self._attention_scores,
            "softmax": self._softmax,
            "attention_values": self._attention_values,
            "add_norm": self._add_norm,
        }
        where = f"{self.file}: operator {operator['name']}"
        self.widths[operator["name"]] = checks[operator["kind"]](operator, where)

    def _tensor(
        self, operator: Operator, key: str, shape: tuple[int, ...], where: str
    ) -> np.ndarray:
        """The tensor that a field names, checked to exist with the dtype of the kind and this
        shape.
        """
        kind, name = KINDS[operator["kind"]], operator[key]
        if not isinstance(name, str) or name not in self.tensors:
            raise TraceError(
                f"{where}: {key} names no tensor: {name!r}{nearest(name, self.tensors)}"
            )
        tensor, dtype = self.tensors[name], {**kind.tensors, **kind.optional}[key]
        if tensor.dtype != DTYPES[dtype] or tensor.shape != shape:
            raise TraceError(
                f"{where}: {key} {name} is {tensor.dtype} {list(tensor.shape)}; "
                f"expected {dtype} {list(shape)}"
            )
        return tensor

    def _embedding(self, operator: Operator, where: str) -> int:
        tokens, features = self._matrix_shape(operator["table"])
        if operator["phase"] == "decoder":  # reads what the logits choose
            tokens = self.model["vocabulary"]
        self._tensor(operator, "table", (tokens, features), where)
        self._tensor(operator, "positions", (self.model["max_tokens"], features), where)
        if tokens > MAX_VOCABULARY or features > MAX_FEATURES:
            raise TraceError(
                f"{where}: a table of {tokens} tokens of {features} features; "
                f"at most {MAX_VOCABULARY} of {MAX_FEATURES}"
            )
        if operator["phase"] == "encoder":
            self.source_tokens = min(self.source_tokens or tokens, tokens)
        return features

    def _matrix_shape(self, name: Any) -> tuple[int, int]:
        """Of a tensor that may be missing or of another rank: then no shape that it can have."""
        found = self.tensors.get(name) if isinstance(name, str) else None
        return found.shape if found is not None and found.ndim == 2 else (0, 0)

    def _linear(self, operator: Operator, where: str) -> int:
        features = len(self._weights(operator, where))
        if features > MAX_FEATURES:
            raise TraceError(f"{where}: {features} output features; at most {MAX_FEATURES}")
        return features

    def _logits(self, operator: Operator, where: str) -> int:
        weight = self._weights(operator, where)
        if len(weight) != self.model["vocabulary"]:
            raise TraceError(
                f"{where}: {len(weight)} logits for a vocabulary of {self.model['vocabulary']}"
            )
        bound = worst_case(weight, self.tensors[operator["bias"]])
        scaled = bound * self.tensors[operator["multiplier"]].astype(
            object
        )  # past 2**63 on the way
        if any(value >> operator["shift"] >= INT32_MAX for value in scaled):
            raise TraceError(
                f"{where}: a logit could pass 32 bits; use smaller multipliers or a larger shift"
            )
        return len(weight)

    def _weights(self, operator: Operator, where: str) -> np.ndarray:
        name = operator["weight"]
        rows = len(self.tensors[name]) if isinstance(name, str) and name in self.tensors else 0
        columns = self.widths[operator["inputs"][0]]
        weight = self._tensor(operator, "weight", (rows, columns), where)
        bias = self._tensor(operator, "bias", (rows,), where)
        if self._tensor(operator, "multiplier", (rows,), where).min() < 0:
            raise TraceError(f"{where}: a multiplier is negative; use 0 to 2^31-1")
        if worst_case(weight, bias).max() > INT32_MAX:
            raise TraceError(
                f"{where}: a sum could pass 32 bits; keep sum |weight| * 128 + |bias| below 2^31"
            )
        if "mask" in operator:
            mask = self._tensor(operator, "mask", (rows, (columns + 7) // 8), where)
            check_mask(mask, weight, where)
        return weight

    def _attention_scores(self, operator: Operator, where: str) -> int:
        q, k = (self.widths[name] for name in operator["inputs"])
        if q != k or q % operator["heads"]:
            raise TraceError(
                f"{where}: {q} and {k} features in {operator['heads']} heads; "
                "the two must be equal and divide"
            )
        return operator["heads"]

    def _softmax(self, operator: Operator, where: str) -> int:
        table = self._tensor(operator, "table", (EXPONENTIAL_STEPS,), where)
        if table[0] != 65535 or (np.diff(table.astype(int)) > 0).any():
            raise TraceError(f"{where}: the exp table must start with 65535 and never rise")
        return self.widths[operator["inputs"][0]]

    def _attention_values(self, operator: Operator, where: str) -> int:
        heads, width = (self.widths[name] for name in operator["inputs"])
        if heads != operator["heads"] or width % heads:
            raise TraceError(
                f"{where}: {operator['heads']} heads; expected {heads}, dividing {width} features"
            )
        return width

    def _add_norm(self, operator: Operator, where: str) -> int:
        x, y = (self.widths[name] for name in operator["inputs"])
        if x != y:
            raise TraceError(f"{where}: adds {x} and {y} features; expected equal widths")
        gamma = self._tensor(operator, "gamma", (x,), where)
        beta = self._tensor(operator, "beta", (x,), where)
        if np.abs(gamma.astype(np.int64)).max() >= 2**24:
            raise TraceError(f"{where}: |gamma| must stay below 2^24")
        if beta.min() == -(2**31):
            raise TraceError(f"{where}: |beta| must stay below 2^31")
        return x


def worst_case(weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The largest |accumulator| of each row over all int8 inputs."""
    return np.abs(weight.astype(np.int64)).sum(1) * 128 + np.abs(bias.astype(np.int64))
