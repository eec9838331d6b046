"""Beginnings of held-out texts, for a model to go on with."""

from __future__ import annotations

PROMPT_SHARE = 3  # a third of a text, BOS counted


def prompt_of(text: list[int]) -> list[int]:
    """The first tokens of a text from BOS to EOS; at least one more than BOS where there is one."""
    return text[: max(2, len(text) // PROMPT_SHARE)]
