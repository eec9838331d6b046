"""The work folder: what training leaves and the later steps read."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from scripts.models.staged_training import finished
from scripts.models.text.html_paragraphs import HELP_FOLDER
from scripts.models.text.vocabulary import Vocabulary, kept_vocabulary
from scripts.models.translation.cleaning import Pair
from scripts.models.translation.data import Corpus, load_corpus
from scripts.models.translation.vocabulary import (
    VOCABULARY_SIZE,
    TokenPair,
    encode_pairs,
    texts_of,
)

DEFAULT_WORK = Path("build/translation")


@dataclass(frozen=True)
class Work:
    """A folder with the data it belongs to. Token pairs and text pairs of a split correspond."""

    folder: Path
    corpus: Corpus
    vocabulary: Vocabulary
    max_tokens: int

    def checkpoint(self, stage: str) -> Path:
        """The file of a finished stage."""
        return finished(self.folder, stage, "scripts.models.translation.train")

    def tokens(self, pairs: list[Pair]) -> list[TokenPair]:
        return encode_pairs(self.vocabulary, pairs)

    def short(self, pairs: list[Pair]) -> list[Pair]:
        """The pairs that fit the model: at most max_tokens sub-words a side, EOS counted."""
        return [p for p, t in zip(pairs, self.tokens(pairs)) if max(map(len, t)) <= self.max_tokens]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    parser.add_argument("--help-folder", type=Path, default=HELP_FOLDER, help="LibreOffice help")


def open_work(arguments: argparse.Namespace, max_tokens: int) -> Work:
    """Reads the help pages; makes the vocabulary unless the folder has it already."""
    folder: Path = arguments.work
    corpus = load_corpus(arguments.help_folder)
    if not corpus.train:
        raise SystemExit(
            f"{arguments.help_folder} holds no help pages in both languages: "
            "install libreoffice-help-en-us and libreoffice-help-de"
        )
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = kept_vocabulary(folder, texts_of(corpus.train), VOCABULARY_SIZE)
    return Work(folder, corpus, vocabulary, max_tokens)
