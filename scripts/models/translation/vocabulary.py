"""What the shared sub-word vocabulary of both languages is made of, and sentence pairs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scripts.models.text.vocabulary import EOS, Vocabulary
from scripts.models.translation.cleaning import Pair

VOCABULARY_SIZE = 4000

TokenPair = tuple[list[int], list[int]]


def texts_of(pairs: Iterable[Pair]) -> Iterator[str]:
    """Source and target, pair by pair."""
    return (text for pair in pairs for text in pair)


def encode_pairs(vocabulary: Vocabulary, pairs: Iterable[Pair]) -> list[TokenPair]:
    """Token ids with EOS on both sides."""
    return [
        (vocabulary.encode(source) + [EOS], vocabulary.encode(target) + [EOS])
        for source, target in pairs
    ]
