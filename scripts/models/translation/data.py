"""Aligned English-German sentence pairs from Debian's LibreOffice help packages.

Paragraphs are aligned by page and paragraph id, so no statistical aligner is involved.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.models.text.html_paragraphs import parse_paragraphs
from scripts.models.text.splitting import group_key, part_of
from scripts.models.translation.cleaning import Pair, sentence_pairs

SOURCE_LANGUAGE, TARGET_LANGUAGE = "en-US", "de"


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


def split(pairs: Iterable[Pair]) -> Corpus:
    """Train, valid and test; whole source groups move together, held-out targets are unseen too."""
    parts: dict[str, list[Pair]] = {"train": [], "valid": [], "test": []}
    for pair in pairs:
        parts[part_of(pair[0])].append(pair)
    seen = {group_key(target) for _, target in parts["train"]}
    valid = [pair for pair in parts["valid"] if group_key(pair[1]) not in seen]
    seen |= {group_key(target) for _, target in valid}
    return Corpus(parts["train"], valid, [p for p in parts["test"] if group_key(p[1]) not in seen])


def load_corpus(help_folder: Path) -> Corpus:
    pages = aligned_paragraphs(help_folder)
    return split(unique_by_source(pair for page in pages for pair in sentence_pairs(*page)))
