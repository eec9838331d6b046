"""Trains a PoET-BiN classifier: vanilla, binary and teacher network, student, output layer.

Usage: /usr/bin/python3 -m scripts.models.poetbin.train [--data digits] [--preset digits]
Started again after an interruption, it goes on after the last finished epoch or neuron.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from scripts.base.packages import need

need("numpy", "torch")

from scripts.base import terminal  # noqa: E402
from scripts.models.image_sets import load_dataset  # noqa: E402
from scripts.models.poetbin.pipeline import Pipeline  # noqa: E402
from scripts.models.poetbin.recipe import PRESETS, Recipe  # noqa: E402
from scripts.models.poetbin.tree_library import MAX_INPUTS  # noqa: E402
from scripts.models.threads import use_one_thread  # noqa: E402


def parse_arguments() -> argparse.Namespace:
    parser = terminal.Parser(description=__doc__)
    data = "digits, fashion-mnist, an npz file or a folder of IDX files"
    parser.add_argument("--data", default="digits", help=data)
    parser.add_argument("--preset", choices=PRESETS, default="digits")
    parser.add_argument("--work", type=Path, help="folder of checkpoints and results")
    parser.add_argument("--jobs", type=terminal.positive, default=1, help="threads of the tree stage")
    parser.add_argument("--inputs", type=terminal.positive, help="P, inputs of a look-up table")
    parser.add_argument("--trees", type=terminal.positive, help="T, trees of a neuron, at most P^L")
    parser.add_argument("--levels", type=int, help="L, levels above the trees")
    parser.add_argument("--epochs", type=terminal.positive, help="of each run of a network's training")
    parser.add_argument("--output-epochs", type=terminal.positive, help="of the output layer's training")
    parser.add_argument(
        "--mass-weighted", action="store_true", help="textbook entropy instead of the authors'"
    )
    return parser.parse_args()


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    recipe = PRESETS[arguments.preset]
    names = ("inputs", "trees", "levels")
    given = {n: getattr(arguments, n) for n in names if getattr(arguments, n) is not None}
    recipe = replace(recipe, mass_weighted=arguments.mass_weighted, **given)
    if arguments.epochs is not None:
        runs = tuple(replace(run, epochs=arguments.epochs) for run in recipe.runs)
        recipe = replace(recipe, runs=runs)
    if arguments.output_epochs is not None:
        recipe = replace(recipe, output=replace(recipe.output, epochs=arguments.output_epochs))
    if recipe.inputs > MAX_INPUTS:
        raise SystemExit(f"tables of {recipe.inputs} inputs are too large: at most {MAX_INPUTS}")
    try:
        recipe.shape.check(recipe.inputs)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    return recipe


def main() -> None:
    arguments = parse_arguments()
    recipe = recipe_of(arguments)
    name = Path(arguments.data).stem
    folder = arguments.work or Path("build/poetbin") / f"{name}-{arguments.preset}"
    use_one_thread()
    pipeline = Pipeline(recipe, arguments.data, load_dataset(arguments.data), folder)
    try:
        report = pipeline.run(arguments.jobs)
    except KeyboardInterrupt:
        raise SystemExit("\nstopped; the same command goes on where it was") from None
    print(report.markdown())


if __name__ == "__main__":
    terminal.run("train", main)
