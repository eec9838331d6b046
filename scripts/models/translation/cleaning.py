"""Rules that turn an aligned pair of help paragraphs into clean sentence pairs."""

from __future__ import annotations

import re

from scripts.models.text.prose import WORD, is_prose, normalise

MAX_LENGTH_RATIO = 2.2
RATIO_SLACK = 12  # characters: short headings may differ a lot ("Undo", "Rückgängig machen")
MAX_SHARED_WORDS = 0.6

_ABBREVIATION = re.compile(
    r"(?:\b\w|\b(?:bzw|usw|etc|vgl|ggf|ca|Nr|Abb|evtl|inkl|i\.e|e\.g|vs))\.$"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ„\"])")

Pair = tuple[str, str]


def split_sentences(text: str) -> list[str]:
    """Splits at full stops that are followed by a capital and do not end an abbreviation."""
    sentences: list[str] = []
    for piece in _SENTENCE_END.split(text):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] += " " + piece
        else:
            sentences.append(piece)
    return sentences


def lengths_match(source: str, target: str) -> bool:
    short, long = sorted((len(source), len(target)))
    return long <= MAX_LENGTH_RATIO * short + RATIO_SLACK


def is_untranslated(source: str, target: str) -> bool:
    """Equal but for case, or most words of a longer sentence are simply copied."""
    if source.casefold() == target.casefold():
        return True
    words, other = WORD.findall(source.casefold()), set(WORD.findall(target.casefold()))
    return len(words) >= 4 and sum(w in other for w in words) > MAX_SHARED_WORDS * len(words)


def is_good(source: str, target: str) -> bool:
    return (
        is_prose(source)
        and is_prose(target)
        and lengths_match(source, target)
        and not is_untranslated(source, target)
    )


def sentence_pairs(source: str, target: str) -> list[Pair]:
    """Clean pairs of a paragraph: by sentences where both sides split alike, else one pair."""
    source, target = normalise(source), normalise(target)
    sources, targets = split_sentences(source), split_sentences(target)
    alike = len(sources) == len(targets) and all(map(lengths_match, sources, targets))
    pairs = zip(sources, targets) if alike else [(source, target)]
    return [pair for pair in pairs if is_good(*pair)]
