"""What counts as prose among the texts of a help page, and how it is written."""

from __future__ import annotations

import re
import unicodedata

MIN_CHARACTERS = 3
MAX_CHARACTERS = 320
MIN_LETTER_SHARE = 0.7
WORD = re.compile(r"[^\W\d_]{2,}")

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


def normalise(text: str) -> str:
    """NFKC, no invisible characters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).split())


def is_prose(text: str) -> bool:
    """Mostly letters and spaces, of a length that a sentence has."""
    if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS or not WORD.search(text):
        return False
    return sum(c.isalpha() or c == " " for c in text) >= MIN_LETTER_SHARE * len(text)
