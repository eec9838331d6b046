"""The figures of this repository: scripts/figures/STUDY.yaml says how those of results/STUDY/ are drawn.

    /usr/bin/python3 -m scripts.plotting.gallery          # draws all of them
    /usr/bin/python3 -m scripts.plotting.gallery --page   # prints docs/figures.md
"""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from scripts.plotting import command
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
    return [
        Entry(path.stem, name, block["figure"], block["inputs"], block.get("options", ""), block["caption"])
        for path in paths
        for name, block in yaml.safe_load(path.read_text()).items()
    ]


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
        print(page((RECIPES / "head.md").read_text()), end="")
        return
    for study in sorted({entry.study for entry in entries()}):
        draw(study, Path("results") / study)


if __name__ == "__main__":
    main(sys.argv[1:])
