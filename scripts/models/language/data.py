"""English paragraphs of Debian's LibreOffice help package, in three parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.models.text.html_paragraphs import parse_paragraphs
from scripts.models.text.prose import is_prose, normalise
from scripts.models.text.splitting import part_of

LANGUAGE = "en-US"


@dataclass(frozen=True)
class Corpus:
    train: list[str]
    valid: list[str]
    test: list[str]


def paragraphs(help_folder: Path) -> Iterator[str]:
    """Of all pages, in a fixed order, as they are written there."""
    for page in sorted((help_folder / LANGUAGE).rglob("*.html")):
        for texts in parse_paragraphs(page.read_text("utf-8")).values():
            yield from texts


def split(texts: Iterable[str]) -> Corpus:
    """Each different text of prose once, in the order in which it came first."""
    corpus = Corpus([], [], [])
    for text in dict.fromkeys(map(normalise, texts)):
        if is_prose(text):
            getattr(corpus, part_of(text)).append(text)
    return corpus


def load_corpus(help_folder: Path) -> Corpus:
    return split(paragraphs(help_folder))
