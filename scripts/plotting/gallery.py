"""The figures of this repository: scripts/figures/STUDY.yaml says how those of results/STUDY/ are drawn.

    /usr/bin/python3 -m scripts.plotting.gallery          # draws all of them
    /usr/bin/python3 -m scripts.plotting.gallery --page   # prints docs/figures.md
"""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.base import terminal, yaml_dialect
from scripts.plotting import command
from scripts.plotting.errors import InputError, PlotError
from scripts.studies import markdown
from scripts.sweeping.program import ROOT

RECIPES = ROOT / "scripts/figures"


@dataclass(frozen=True)
class Entry:
    """`inputs` are files of the study's folder, `options` words of the command line."""

    study: str
    name: str
    figure: str
    inputs: list
    options: str
    caption: str

    def words(self, folder):
        inputs = [f"{folder}/{name}" for name in self.inputs]
        return [self.figure, *inputs, "-o", str(folder), "--name", self.name, *shlex.split(self.options)]


def entries(study=None):
    paths = [RECIPES / f"{study}.yaml"] if study else sorted(RECIPES.glob("*.yaml"))
    return [_entry(path, name, block) for path in paths for name, block in _recipes(path).items()]


def _recipes(path):
    try:
        return yaml_dialect.read(path)
    except yaml_dialect.YamlError as error:
        raise PlotError(str(error)) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _entry(path, name, block):
    where = f"{path}: {name}"
    if not isinstance(block, dict) or not block.keys() <= {"figure", "inputs", "options", "caption"}:
        raise PlotError(f"{where}: must be a block with figure, inputs, options and caption")
    figure, inputs, caption = block.get("figure"), block.get("inputs"), block.get("caption")
    options = block.get("options", "")
    for key, text in (("figure", figure), ("caption", caption), ("options", options)):
        if not isinstance(text, str):
            raise PlotError(f"{where}: {key}: must be a text")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(text, str) for text in inputs):
        raise PlotError(f"{where}: inputs: must be a list of files")
    try:
        shlex.split(options)
    except ValueError as error:
        raise PlotError(f"{where}: options: {error}") from None
    return Entry(path.stem, name, figure, inputs, options, caption)


def draw(study, folder):
    """Draws the figures of a study from the tables in `folder`, and into it."""
    for entry in entries(study):
        command.run(entry.words(folder))


def page(head):
    """`head`, the kinds of figures, then each figure of the repository with its caption and command."""
    modules = [(name, command.module_of(name)) for name in command.figures()]
    kinds = [[f"`{name}`", module.__doc__.splitlines()[0], module.INPUTS] for name, module in modules]
    parts = [head.rstrip(), markdown.table(["figure", "shows", "inputs"], kinds)]
    for study in sorted({entry.study for entry in entries()}):
        parts.append(f"## [{study}](../results/{study}/)")
        parts += [_item(entry) for entry in entries(study)]
    return "\n\n".join(parts) + "\n"


def _item(entry):
    folder = f"results/{entry.study}"
    image = f"![{entry.name}](../{folder}/{entry.name}.png)"
    return f"**{entry.name}.** {entry.caption.strip()}\n\n{image}\n\n{_command(entry.words(folder))}"


def _command(words):
    """As typed, in lines of at most some 110 letters; an option and its values stay together."""
    lines = ["scripts/plot.py"]
    for part in re.split(r" (?=--?[a-z])", shlex.join(words)):
        if len(lines[-1]) + len(part) > 110:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += " " + part
    return "\n".join("    " + line for line in lines)


def main(words):
    if words == ["--page"]:
        print(page((RECIPES / "head.md").read_text(encoding="utf-8")), end="")
        return
    for study in sorted({entry.study for entry in entries()}):
        draw(study, Path("results") / study)


def command_line():
    try:
        main(sys.argv[1:])
    except PlotError as error:
        terminal.error("gallery", error)
        return error.exit_code


if __name__ == "__main__":
    terminal.run("gallery", command_line)
