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
        """`calls` on ALIKE; `likely` begins with tokens that the model should know."""
        self._original = original
        self._numbers = [self._number(calls, side, likely) for side in range(2)]

    def of(self, calls: list[Call], probe: Probe) -> list[Call]:
        """The calls that look the source and the target up."""
        found = [_embeddings(calls)[number : number + 1] for number in self._numbers]
        for side, (tokens, parts) in enumerate(zip((probe.source, probe.target), found)):
            if not parts or parts[0].inputs[0].shape != (len(tokens),):
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
        other = Probe(likely.source[:1] * len(ALIKE.source), likely.target[:1] * len(ALIKE.target))
        try:
            others = _embeddings(self._original.calls(other)[0])
        except ExportError:  # of a model that takes no such token
            others = []
        for call, changed in zip(_embeddings(calls), others):
            same_length = call.inputs[0].shape == changed.inputs[0].shape == (len(tokens),)
            if same_length and (call.inputs[0] != changed.inputs[0]).any():  # else of positions
                _check(call, tokens, side)
        _refuse_without(side)


def _embeddings(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.kind == "embedding"]


def _check(call: Call, tokens: list[int], side: int) -> None:
    for given, found in zip(tokens, call.inputs[0].tolist()):
        if given != found:
            raise UnsupportedOperator(
                call.path,
                f"an embedding that looks up token {found} for {SIDES[side]} token {given}",
                "look tokens up as they are; shift, clamp or replace them before the model gets them",
            )


def _refuse_without(side: int) -> NoReturn:
    raise UnsupportedOperator(
        "model",
        f"a model without an embedding of its {SIDES[side]} tokens",
        "look source and target tokens up in a table of their own or a shared one (nn.Embedding)",
    )
