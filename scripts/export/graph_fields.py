"""What a field of an operator may hold, whatever its kind."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from scripts.export.errors import TraceError

Operator = dict[str, Any]
MAX_FEATURES = 65536  # of a token, channels of a map: keeps the sums of attention within 32 bits
MAX_NORM_FEATURES = 16384  # keeps the squares of a norm within 64 bits
MAX_VOCABULARY = 2**20
MAX_TOKENS = 2**16
MAX_SIDE = 16384  # rows and columns of a map
MAX_KERNEL = 255


class Field(Protocol):
    def check(self, value: Any, where: str) -> None:
        """TraceError for a value that the field cannot hold."""


@dataclass(frozen=True)
class Whole:
    least: int
    most: int

    def check(self, value: Any, where: str) -> None:
        check_integer(value, self.least, self.most, where)


@dataclass(frozen=True)
class Wholes:
    """A list of `count` whole numbers; None: one for each input."""

    count: int | None
    least: int
    most: int

    def check(self, value: Any, where: str) -> None:
        count = self.count
        if not isinstance(value, list) or (count is not None and len(value) != count):
            wanted = "one for each input" if count is None else count
            raise TraceError(f"{where} is {value!r}; use a list of whole numbers, {wanted}")
        for number in value:
            check_integer(number, self.least, self.most, where)


@dataclass(frozen=True)
class Choice:
    words: tuple[str, ...]

    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, str) or value not in self.words:
            raise TraceError(
                f"{where} is {value!r}{nearest(value, self.words)}; use {' or '.join(self.words)}"
            )


@dataclass(frozen=True)
class Flag:
    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, bool):
            raise TraceError(f"{where} is {value!r}; use true or false")


@dataclass(frozen=True)
class TensorName:
    """Its shape is a matter of the operator; that there is such a tensor, too."""

    dtype: str

    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise TraceError(f"{where} names no tensor: {value!r}")


SHIFT = Whole(1, 62)
MULTIPLIER = Whole(0, 2**31 - 1)
MULTIPLIER24 = Whole(0, 2**24 - 1)
MULTIPLIER16 = Whole(0, 2**16 - 1)
AXIS = Choice(("features", "tokens"))


@dataclass(frozen=True)
class Kind:
    """Fields beyond name, kind, phase and inputs, and how the output's shape follows."""

    inputs: tuple[int, int]  # fewest, most
    shape: Callable[[Any], Any]  # of a graph_shapes.Checked: a graph_shapes.Shape
    fields: dict[str, Field] = field(default_factory=dict)
    optional: dict[str, Field] = field(default_factory=dict)
    first: str | None = None  # kind of the first input; None: tokens or a map

    def every_field(self) -> dict[str, Field]:
        return self.fields | self.optional

    def tensors(self) -> dict[str, str]:
        """Field -> dtype."""
        fields = self.every_field().items()
        return {key: field.dtype for key, field in fields if isinstance(field, TensorName)}


def check_fields(operator: Operator, kind: Kind, common: set[str], where: str) -> None:
    """Every field of the kind, of the right type and range, and no other but `common`."""
    known = common | kind.fields.keys()
    for key in sorted(known - operator.keys()):
        raise TraceError(
            f"{where}: field {key!r} is missing; {operator['kind']} needs {sorted(known)}"
        )
    every = kind.every_field()
    for key in sorted(operator.keys() - common - every.keys()):
        raise TraceError(f"{where}: unknown field {key!r}{nearest(key, every)}")
    for key, rule in every.items():
        if key in operator:
            rule.check(operator[key], f"{where}: {key}")


def check_integer(value: Any, least: int, most: int, where: str) -> None:
    if type(value) is not int or not least <= value <= most:
        raise TraceError(f"{where} is {value!r}; use a whole number from {least} to {most}")


def nearest(word: Any, words: Iterable[Any]) -> str:
    """' (did you mean ...?)' or nothing."""
    close = difflib.get_close_matches(str(word), [str(w) for w in words], 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
