"""Held-out texts by a hash, so that a text is in the same part on every machine."""

from __future__ import annotations

import hashlib
import re

HELD_OUT_PER_MILLE = 25  # share of the groups that go to valid, and as many to test


def group_key(text: str) -> str:
    """Texts that differ only in case, digits or punctuation share a key."""
    return re.sub(r"\d+", "0", re.sub(r"[^\w]+", " ", text.casefold())).strip()


def split_bucket(key: str) -> int:
    """0..999, evenly spread and the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little") % 1000


def part_of(text: str) -> str:
    """train, valid or test; texts of one group are in one part."""
    bucket = split_bucket(group_key(text))
    if bucket >= 2 * HELD_OUT_PER_MILLE:
        return "train"
    return "valid" if bucket < HELD_OUT_PER_MILLE else "test"
