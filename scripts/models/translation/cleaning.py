"""Rules that turn an aligned pair of help paragraphs into clean sentence pairs."""

from __future__ import annotations

import re
import unicodedata

MIN_CHARACTERS = 3
MAX_CHARACTERS = 320
MAX_LENGTH_RATIO = 2.2
RATIO_SLACK = 12  # characters: short headings may differ a lot ("Undo", "Rückgängig machen")
MIN_LETTER_SHARE = 0.7
MAX_SHARED_WORDS = 0.6

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_ABBREVIATION = re.compile(
    r"(?:\b\w|\b(?:bzw|usw|etc|vgl|ggf|ca|Nr|Abb|evtl|inkl|i\.e|e\.g|vs))\.$"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ„\"])")
_WORD = re.compile(r"[^\W\d_]{2,}")

Pair = tuple[str, str]


def normalise(text: str) -> str:
    """NFKC, no invisible characters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).split())


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


def is_prose(text: str) -> bool:
    """Mostly letters and spaces, of a length that a sentence has."""
    if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS or not _WORD.search(text):
        return False
    return sum(c.isalpha() or c == " " for c in text) >= MIN_LETTER_SHARE * len(text)


def is_untranslated(source: str, target: str) -> bool:
    """Equal but for case, or most words of a longer sentence are simply copied."""
    if source.casefold() == target.casefold():
        return True
    words, other = _WORD.findall(source.casefold()), set(_WORD.findall(target.casefold()))
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
