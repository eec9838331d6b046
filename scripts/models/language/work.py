"""The work folder: what training leaves and the later steps read."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from scripts.models.language.data import Corpus, load_corpus
from scripts.models.language.model import ModelConfig
from scripts.models.staged_training import finished
from scripts.models.text.html_paragraphs import HELP_FOLDER
from scripts.models.text.vocabulary import BOS, EOS, Vocabulary, kept_vocabulary

DEFAULT_WORK = Path("build/language")


@dataclass(frozen=True)
class Work:
    """A folder with the data it belongs to."""

    folder: Path
    corpus: Corpus
    vocabulary: Vocabulary
    max_tokens: int

    def checkpoint(self, stage: str) -> Path:
        """The file of a finished stage."""
        return finished(self.folder, stage, "scripts.models.language.train")

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Token ids from BOS to EOS, of the texts that fit: the model sees all but EOS."""
        encoded = [[BOS, *self.vocabulary.encode(text), EOS] for text in texts]
        return [tokens for tokens in encoded if len(tokens) <= self.max_tokens + 1]

    def continuation(self, prompt: list[int], following: list[int]) -> str:
        """The text of tokens behind a prompt, which may end within a word."""
        return self.vocabulary.decode([*prompt, *following])[len(self.vocabulary.decode(prompt)) :]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    parser.add_argument("--help-folder", type=Path, default=HELP_FOLDER, help="LibreOffice help")


def open_work(arguments: argparse.Namespace, config: ModelConfig) -> Work:
    """Reads the help pages; makes the vocabulary unless the folder has it already."""
    corpus = load_corpus(arguments.help_folder)
    if not corpus.train:
        raise SystemExit(
            f"{arguments.help_folder} holds no English help pages: install libreoffice-help-en-us"
        )
    arguments.work.mkdir(parents=True, exist_ok=True)
    vocabulary = kept_vocabulary(arguments.work, corpus.train, config.vocabulary)
    return Work(arguments.work, corpus, vocabulary, config.max_tokens)
