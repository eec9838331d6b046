"""Trains the residual and the depthwise classifier of Fashion-MNIST, one after the other.

Usage: /usr/bin/python3 -m scripts.models.fashion.train [--work build/fashion]
Started again after an interruption, it goes on after the last finished epoch.
"""

from __future__ import annotations


from scripts.base.packages import need

need("numpy", "torch")

from scripts.base import terminal  # noqa: E402
from scripts.models.fashion.recipe import RECIPES  # noqa: E402
from scripts.models.fashion.training import Trainer  # noqa: E402
from scripts.models.fashion.work import add_arguments, open_work  # noqa: E402
from scripts.models.threads import keep_freed_memory, use_one_thread  # noqa: E402


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    use_one_thread()
    keep_freed_memory()
    work = open_work(arguments)
    try:
        for name, recipe in RECIPES.items():
            work.of_model(name).mkdir(parents=True, exist_ok=True)
            Trainer(recipe, work.train, work.valid, work.of_model(name)).run()
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the same command goes on after the last epoch") from None


if __name__ == "__main__":
    terminal.run("train", main)
