"""Which of a model's embeddings look its tokens up, and that they look up those that the model is given."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from scripts.export.calls import Call
from scripts.export.check_tokens import SIDES
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.proof import Original, Probe

ALIKE = Probe([0, 0], [0, 0, 0])  # two lengths tell whose embedding is whose; equal tokens tell it
# from one of positions


class Lookups:
    """Of both sides, by their numbers among a model's embeddings."""

    def __init__(self, original: Original, calls: list[Call], likely: Probe) -> None:
        """`calls` on ALIKE; `likely` begins with tokens that the model should know, not 0."""
        self._original = original
        self._numbers = [self._number(calls, side, likely) for side in range(2)]

    def of(self, calls: list[Call], probe: Probe) -> list[Call]:
        """The calls that look the source and the target up."""
        found = [_embeddings(calls)[number : number + 1] for number in self._numbers]
        for side, (tokens, parts) in enumerate(zip((probe.source, probe.target), found)):
            if not parts:
                _refuse_without(side)
            _check(parts[0], tokens, side)
        return [call for (call,) in found]

    def check(self, probe: Probe) -> None:
        """UnsupportedOperator if the model looks up other tokens than the probe's."""
        self.of(self._original.calls(probe)[0], probe)

    def _number(self, calls: list[Call], side: int, likely: Probe) -> int:
        tokens = (ALIKE.source, ALIKE.target)[side]
        for number, call in enumerate(_embeddings(calls)):
            if np.array_equal(call.inputs[0], tokens):
                return number
        changed = self._embeddings_on_others(side, likely)
        for call, other in zip(_embeddings(calls), changed):
            if not np.array_equal(call.inputs[0], other.inputs[0]):  # else of the other side, or of positions
                _check(call, tokens, side)
        _refuse_without(side)

    def _embeddings_on_others(self, side: int, likely: Probe) -> list[Call]:
        """Those of ALIKE with other tokens on one side; none of a model that takes no such token."""
        sides = [ALIKE.source, ALIKE.target]
        sides[side] = (likely.source, likely.target)[side][:1] * len(sides[side])
        try:
            return _embeddings(self._original.calls(Probe(*sides))[0])
        except ExportError:
            return []


def _embeddings(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.kind == "embedding"]


def _check(call: Call, tokens: list[int], side: int) -> None:
    found = call.inputs[0].tolist()
    if len(found) != len(tokens):
        raise UnsupportedOperator(
            call.path,
            f"an embedding that looks up {len(found)} tokens for {len(tokens)} {SIDES[side]} tokens",
            "look up every token that is given and no other; cut or extend sentences before the model "
            "gets them",
        )
    for given, token in zip(tokens, found):
        if given != token:
            raise UnsupportedOperator(
                call.path,
                f"an embedding that looks up token {token} for {SIDES[side]} token {given}",
                "look tokens up as they are; shift, clamp or replace them before the model gets them",
            )


def _refuse_without(side: int) -> NoReturn:
    raise UnsupportedOperator(
        "model",
        f"a model without an embedding of its {SIDES[side]} tokens",
        "look source and target tokens up in a table of their own or a shared one (nn.Embedding)",
    )
