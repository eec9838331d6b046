"""Trains the language model: dense, then pruned to 60, 80 and 90 %.

Usage: /usr/bin/python3 -m scripts.models.language.train [--work build/language]
Started again after an interruption, it goes on after the last finished epoch.
"""

from __future__ import annotations


from scripts.base.packages import need

need("numpy", "torch", "sentencepiece")

from scripts.base import terminal  # noqa: E402
from scripts.models.language.recipe import Recipe  # noqa: E402
from scripts.models.language.training import Trainer  # noqa: E402
from scripts.models.language.work import add_arguments, open_work  # noqa: E402
from scripts.models.threads import keep_freed_memory, use_one_thread  # noqa: E402


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    use_one_thread()
    keep_freed_memory()
    recipe = Recipe()
    work = open_work(arguments, recipe.model)
    train, valid = work.tokens(work.corpus.train), work.tokens(work.corpus.valid)
    print(f"{len(train)} training texts, {len(valid)} validation texts", flush=True)
    try:
        Trainer(recipe, train, valid, work.folder).run()
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the same command goes on after the last epoch") from None


if __name__ == "__main__":
    terminal.run("train", main)
