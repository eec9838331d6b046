"""Trains the translation model: dense, then pruned to 50, 70 and 80 %.

Usage: /usr/bin/python3 -m scripts.models.translation.train [--work build/translation]
Started again after an interruption, it goes on after the last finished epoch.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.models.translation.data import HELP_FOLDER, Corpus, load_corpus
from scripts.models.translation.recipe import Recipe
from scripts.models.translation.threads import keep_freed_memory, use_one_thread
from scripts.models.translation.training import Trainer
from scripts.models.translation.vocabulary import (
    Vocabulary,
    encode_pairs,
    load_vocabulary,
    train_vocabulary,
)

DEFAULT_WORK = Path("build/translation")


def stored_vocabulary(work: Path, corpus: Corpus) -> Vocabulary:
    """The vocabulary of the work folder; made from the training pairs if it is not there."""
    path = work / "vocabulary.model"
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.write_bytes(train_vocabulary(corpus.train))
        partial.replace(path)
    return load_vocabulary(path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    parser.add_argument("--help-folder", type=Path, default=HELP_FOLDER, help="LibreOffice help")
    arguments = parser.parse_args()
    use_one_thread()
    keep_freed_memory()
    arguments.work.mkdir(parents=True, exist_ok=True)
    recipe = Recipe()
    corpus = load_corpus(arguments.help_folder)
    vocabulary = stored_vocabulary(arguments.work, corpus)
    train = encode_pairs(vocabulary, corpus.train, recipe.model.max_tokens)
    valid = encode_pairs(vocabulary, corpus.valid, recipe.model.max_tokens)
    print(f"{len(train)} training pairs, {len(valid)} validation pairs", flush=True)
    Trainer(recipe, train, valid, arguments.work).run()


if __name__ == "__main__":
    main()
