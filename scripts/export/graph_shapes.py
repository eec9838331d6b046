"""Shapes of what operators make, and an operator whose shape is to be found from its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.graph_fields import MAX_FEATURES, MAX_SIDE, MAX_TOKENS, Operator, nearest
from scripts.export.safetensors import DTYPES, Tensors

INT32_MAX = 2**31 - 1
MAX_ELEMENTS = 2**26  # of a shape that never changes
SOURCE, TARGET = "source", "target"
Rows = int | str  # as many as source or target tokens, or a number that never changes
Lengths = Mapping[str, Any]  # of SOURCE and TARGET: numbers, or what stands for them


@dataclass(frozen=True)
class Tokens:
    rows: Rows
    features: int

    def sides(self, lengths: Lengths) -> tuple[int, ...]:
        return count(self.rows, lengths), self.features


@dataclass(frozen=True)
class Map:
    channels: int
    height: int
    width: int

    rows = 0  # of a map, none are tokens

    @property
    def features(self) -> int:
        return self.channels

    def sides(self, lengths: Lengths) -> tuple[int, ...]:
        return self.channels, self.height, self.width


@dataclass(frozen=True)
class Scores:
    """Of attention, and probabilities."""

    heads: int
    kv_heads: int
    rows: Rows  # queries
    keys: Rows

    def sides(self, lengths: Lengths) -> tuple[int, ...]:
        return self.heads, count(self.rows, lengths), count(self.keys, lengths)


Shape = Tokens | Map | Scores


def count(rows: Rows, lengths: Lengths) -> int:
    return rows if isinstance(rows, int) else lengths[rows]


def fixed_shape(sides: Any, where: str) -> Tokens | Map:
    """Of a list or tuple of two (tokens) or three numbers (a map), within the limits."""
    whole = all(type(side) is int and side >= 1 for side in sides)
    if len(sides) not in (2, 3) or not whole:
        raise TraceError(
            f"{where} is {list(sides)!r}; use [tokens, features] or [channels, rows, columns]"
        )
    shape = Map(*sides) if len(sides) == 3 else Tokens(*sides)
    check_limits(shape, MAX_FEATURES, where)
    return shape


def check_limits(shape: Shape, most_features: int, where: str) -> None:
    if isinstance(shape, Scores):
        return
    if shape.features > most_features:
        raise TraceError(f"{where}: {shape.features} features; at most {most_features}")
    if isinstance(shape, Map) and max(shape.height, shape.width) > MAX_SIDE:
        raise TraceError(
            f"{where}: a map of {shape.height} x {shape.width}; at most {MAX_SIDE} x {MAX_SIDE}"
        )
    if isinstance(shape.rows, int):
        elements = math.prod(shape.sides({}))
        if shape.rows > MAX_TOKENS or elements > MAX_ELEMENTS:
            raise TraceError(
                f"{where}: makes {shape.rows} tokens, {elements} elements; "
                f"at most {MAX_TOKENS} and {MAX_ELEMENTS}"
            )


class Checked:
    """An operator with right fields: what its kind's rule asks to find its shape."""

    def __init__(
        self,
        operator: Operator,
        inputs: list[Shape],
        model: dict[str, Any],
        tensors: Tensors,
        dtypes: dict[str, str],
        where: str,
    ) -> None:
        """`dtypes`: of the fields that name tensors."""
        self.operator, self.inputs = operator, inputs
        self.model, self.where = model, where
        self._tensors, self._dtypes = tensors, dtypes

    def __getitem__(self, key: str) -> Any:
        return self.operator[key]

    def __contains__(self, key: str) -> bool:
        return key in self.operator

    def fail(self, message: str) -> NoReturn:
        raise TraceError(f"{self.where}: {message}")

    def both_or_neither(self, key: str, wanted: bool, why: str) -> None:
        """A field that is there exactly when something else is."""
        if wanted and key not in self:
            self.fail(f"field {key!r} is missing; {why}")
        if not wanted and key in self:
            self.fail(f"unknown field {key!r}; {why}")

    def input_name(self, i: int) -> str:
        return self.operator["inputs"][i]

    def tokens(self, i: int) -> Tokens:
        shape = self.inputs[i]
        if not isinstance(shape, Tokens):
            self.fail(f"input {self.input_name(i)} is a map; use tokens: flatten it")
        return shape

    def map(self, i: int) -> Map:
        shape = self.inputs[i]
        if not isinstance(shape, Map):
            self.fail(f"input {self.input_name(i)} is tokens; use a map")
        return shape

    def refuse_target(self, shape: Shape) -> None:
        if shape.rows == TARGET:
            self.fail(
                f"{self['kind']} cannot read target rows: a token is chosen before the next is known"
            )

    def fixed_rows(self, shape: Tokens) -> int:
        self.refuse_target(shape)
        if not isinstance(shape.rows, int):
            self.fail("the number of tokens depends on the sentence; use a fixed number")
        return shape.rows

    def positions(self, shape: Tokens) -> int:
        """Rows of a table that has one for each position."""
        return shape.rows if isinstance(shape.rows, int) else self.model["max_tokens"]

    def tensor_sides(self, key: str, *ranks: int) -> tuple[int, ...]:
        """Of the tensor that a field names, of one of these ranks and of the kind's dtype."""
        name, dtype = self[key], self._dtypes[key]
        if name not in self._tensors:
            self.fail(f"{key} names no tensor: {name!r}{nearest(name, self._tensors)}")
        tensor = self._tensors[name]
        if tensor.dtype != DTYPES[dtype] or tensor.ndim not in ranks:
            self.fail(
                f"{key} {name} is {tensor.dtype} {list(tensor.shape)}; "
                f"expected {dtype} of {' or '.join(map(str, ranks))} dimensions"
            )
        return tensor.shape

    def tensor(self, key: str, *sides: int) -> np.ndarray:
        """The tensor that a field names, checked to have these sides."""
        name = self[key]
        tensor = self._tensors.get(name)
        dtype = self._dtypes[key]
        if tensor is not None and (tensor.dtype != DTYPES[dtype] or tensor.shape != sides):
            self.fail(
                f"{key} {name} is {tensor.dtype} {list(tensor.shape)}; "
                f"expected {dtype} {list(sides)}"
            )
        self.tensor_sides(key, len(sides))
        return self._tensors[name]


def worst_case(weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The largest |accumulator| of each row over all int8 inputs."""
    rows = weight.reshape(len(weight), -1)
    return np.abs(rows.astype(np.int64)).sum(1) * 128 + np.abs(bias.astype(np.int64))
