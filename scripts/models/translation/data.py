"""Aligned English-German sentence pairs from Debian's LibreOffice help packages.

Paragraphs are aligned by page and paragraph id, so no statistical aligner is involved.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.models.translation.cleaning import Pair, sentence_pairs
from scripts.models.translation.html_paragraphs import parse_paragraphs

HELP_FOLDER = Path("/usr/share/libreoffice/help")
SOURCE_LANGUAGE, TARGET_LANGUAGE = "en-US", "de"
HELD_OUT_PER_MILLE = 25  # share of the groups that go to valid, and as many to test


@dataclass(frozen=True)
class Corpus:
    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]


def aligned_paragraphs(help_folder: Path) -> Iterator[Pair]:
    """Paragraph pairs of all pages, in a fixed order."""
    source_root, target_root = help_folder / SOURCE_LANGUAGE, help_folder / TARGET_LANGUAGE
    for source_page in sorted(source_root.rglob("*.html")):
        target_page = target_root / source_page.relative_to(source_root)
        if target_page.is_file():
            yield from align_pages(source_page.read_text("utf-8"), target_page.read_text("utf-8"))


def align_pages(source_html: str, target_html: str) -> Iterator[Pair]:
    """Pairs of the paragraphs that occur under one id, equally often, in both pages."""
    targets = parse_paragraphs(target_html)
    for key, source_texts in parse_paragraphs(source_html).items():
        target_texts = targets.get(key, [])
        if len(source_texts) == len(target_texts):
            yield from zip(source_texts, target_texts)


def unique_by_source(pairs: Iterable[Pair]) -> list[Pair]:
    """One pair per source: its most frequent translation (the first one seen if several are)."""
    translations: dict[str, Counter[str]] = defaultdict(Counter)
    for source, target in pairs:
        translations[source][target] += 1
    return [(source, count.most_common(1)[0][0]) for source, count in translations.items()]


def group_key(text: str) -> str:
    """Texts that differ only in case, digits or punctuation share a key."""
    return re.sub(r"\d+", "0", re.sub(r"[^\w]+", " ", text.casefold())).strip()


def split_bucket(key: str) -> int:
    """0..999, evenly spread and the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little") % 1000


def split(pairs: Iterable[Pair]) -> Corpus:
    """Train, valid and test; whole source groups move together, held-out targets are unseen too."""
    train: list[Pair] = []
    held_out: list[Pair] = []
    for pair in pairs:
        bucket = split_bucket(group_key(pair[0]))
        (held_out if bucket < 2 * HELD_OUT_PER_MILLE else train).append(pair)
    seen = {group_key(target) for _, target in train}
    fresh = [pair for pair in held_out if group_key(pair[1]) not in seen]
    valid = [p for p in fresh if split_bucket(group_key(p[0])) < HELD_OUT_PER_MILLE]
    valid_targets = {group_key(target) for _, target in valid}
    test = [
        p
        for p in fresh
        if split_bucket(group_key(p[0])) >= HELD_OUT_PER_MILLE
        and group_key(p[1]) not in valid_targets
    ]
    return Corpus(train, valid, test)


def load_corpus(help_folder: Path = HELP_FOLDER) -> Corpus:
    pages = aligned_paragraphs(help_folder)
    return split(unique_by_source(pair for page in pages for pair in sentence_pairs(*page)))
