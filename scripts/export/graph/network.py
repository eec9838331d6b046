"""A network of the operators of docs/trace-format.md, still with numbers of floating point: what a
model is lowered to, proved against, calibrated on and quantised from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray
TOKENS, FLOATS = "tokens", "floats"  # kinds of inputs, beside the kinds of the format
INPUTS = (TOKENS, FLOATS)


@dataclass(eq=False)
class FloatOperator:
    """`factors`: what each input is multiplied by, 0 or more. `shape`: as the format has it, at the
    length that was recorded: [T, F], [C, H, W] or [heads, queries, keys].

    Fields and constants are those of the format, but: linear, logits, conv2d have `weight` and
    `bias`; `clip` is the most that a relu lets through; embedding has `table` and maybe
    `positions`; norm has `gamma`, `beta`, `epsilon`; activation and local_response_norm have
    `function`; rotary has `cosine` and `sine` for rows; attention_scores has `scale` and maybe
    `bias`. An input may have an `order` of the dimensions that the model's input has.
    """

    kind: str
    inputs: list[FloatOperator]
    shape: tuple[int, ...]
    fields: dict[str, Any] = field(default_factory=dict)
    factors: list[float] = field(default_factory=list)
    path: str = ""
    name: str = ""
    phase: str = ""

    def __post_init__(self) -> None:
        self.factors = self.factors or [1.0] * len(self.inputs)

    def __getitem__(self, key: str) -> Any:
        return self.fields[key]

    def taken(self, values: Array) -> Array:
        """Of an input: what the network reads of the model's input, without a batch."""
        order = self.fields.get("order")
        return np.asarray(values).reshape(self.shape) if order is None else np.transpose(values, order)

    @property
    def is_map(self) -> bool:
        return len(self.shape) == 3 and self.kind not in ("attention_scores", "softmax")


def has_changing_rows(operator: FloatOperator) -> bool:
    """Whether there is a row for each token of a sentence, and not always the same number."""
    while operator.inputs and operator.kind != "global_average" and not _is_cut(operator):
        operator = operator.inputs[0]  # of attention the queries
    return operator.kind == TOKENS


def _is_cut(operator: FloatOperator) -> bool:
    return operator.kind == "split" and operator["axis"] == "tokens"


@dataclass
class FloatNetwork:
    """`operators` in execution order, without the inputs; `outputs` by the names that the model's
    caller gave them.
    """

    kind: str
    inputs: dict[str, FloatOperator]
    operators: list[FloatOperator]
    outputs: dict[str, FloatOperator]
    max_tokens: int = 0
    notes: list[str] = field(default_factory=list)

    def readers(self) -> dict[FloatOperator, list[FloatOperator]]:
        """Once for each time that it is read."""
        found: dict[FloatOperator, list[FloatOperator]] = {}
        for operator in self.operators:
            for x in operator.inputs:
                found.setdefault(x, []).append(operator)
        return found

    def named(self, name: str) -> FloatOperator:
        return next(operator for operator in self.operators if operator.name == name)


def in_order(outputs: Iterator[FloatOperator] | list[FloatOperator]) -> list[FloatOperator]:
    """What the outputs need, each behind what it reads, in the order in which it is needed first;
    no recursion, for networks are deep.
    """
    done: dict[FloatOperator, None] = {}
    for output in outputs:
        waiting = [output]
        while waiting:
            operator = waiting[-1]
            missing = [x for x in operator.inputs if x not in done]
            if missing and operator not in done:
                waiting.extend(reversed(missing))
            else:
                done.setdefault(waiting.pop())
    return list(done)


Values = Mapping[str, Array]
