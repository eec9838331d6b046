"""The figures there are, and how one is drawn: inputs, common options, files.

A figure is a module of scripts/plots/: its first line says what it shows, INPUTS what it reads, and

    options(add)             declares its options with `add`, an ArgumentParser.add_argument
    numbers(frame, options)  the numbers that are drawn, as a table; they become the CSV
    draw(numbers, options)   the drawing of these numbers
"""

import argparse
import difflib
import importlib
import pkgutil
import re
import warnings
from pathlib import Path

import scripts.plots
from scripts.base import terminal
from scripts.base.output_file import ForeignFile
from scripts.plotting import style, tables
from scripts.plotting.errors import InputError, PlotError


def figures():
    return sorted(module.name for module in pkgutil.iter_modules(scripts.plots.__path__))


def module_of(name):
    known = figures()
    name = name.replace("-", "_")
    if name in known:
        return importlib.import_module(f"scripts.plots.{name}")
    near = difflib.get_close_matches(name, known, 1)
    raise PlotError(f"no figure '{name}'" + (f"; the nearest is '{near[0]}'" if near else "; see --list"))


def listing():
    lines = []
    for name in figures():
        module = module_of(name)
        lines += [f"{name}: {module.__doc__.splitlines()[0]}", f"    inputs: {module.INPUTS}"]
    return "\n".join(lines)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise PlotError(f"{message}; see {self.prog} --help")


def parser_of(name):
    module = module_of(name)
    description = f"{module.__doc__.splitlines()[0]} Inputs: {module.INPUTS}."
    parser = _Parser(prog=f"plot.py {name}", description=description, allow_abbrev=False)
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="folder of a run or sweep, or a CSV; NAME=INPUT names it")
    add("-o", "--out", type=Path, default=Path(), metavar="DIR", help="folder for PDF, SVG, PNG and CSV [here]")
    add("--name", default=name.replace("_", "-"), help="of the files, without ending [%(default)s]")
    add("--where", action="append", default=[], metavar="COLUMN=VALUE", help="these rows only; also !=; repeatable")
    add("--rename", action="append", default=[], metavar="OLD=NEW", help="a text of the figure; repeatable")
    add("--height", type=float, metavar="INCHES", help="of the drawing, its legend apart; the width is 3.4")
    module.options(add)
    return parser


def run(words):
    """Draws `FIGURE INPUT… [options]` into its files; the path of the PDF.

    Notes come after all that may fail: an error is one line.
    """
    with warnings.catch_warnings(record=True) as caught:
        path, notes = _drawn(words)
    lacks = [str(warning.message) for warning in caught if warning.category is UserWarning]  # as of a missing letter
    for note in dict.fromkeys(notes + lacks):
        terminal.say(f"plot.py: {note}")
    return path


def _drawn(words):
    """The path of the PDF, and lines about what was left out."""
    drawing, numbers, options = compose(words)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        style.refuse_foreign(options.out, options.name)
        style.save(drawing, numbers, options.out, options.name)
    except ForeignFile as error:
        raise PlotError(f"{error.filename}: {error.strerror}") from None
    except OSError as error:
        raise InputError(f"{error.filename or options.out}: cannot be written: {error.strerror}") from None
    return options.out / f"{options.name}.pdf", options.notes


def compose(words):
    """Drawing, its numbers, and the options of `FIGURE INPUT… [options]`; writes nothing."""
    name = module_of(words[0]).__name__.rsplit(".", 1)[-1]
    options = parser_of(name).parse_args(words[1:])
    options.renames = _renames(options.rename)
    if not re.fullmatch(r"[\w.+-]+", options.name):
        raise PlotError(f"--name {options.name}: letters, digits, . _ + - only")
    options.notes = []
    frame = tables.where(tables.read(options.inputs, options.notes.append), options.where)
    numbers = module_of(name).numbers(frame, options)
    return module_of(name).draw(numbers, options), numbers, options


def _renames(texts):
    for text in texts:
        if "=" not in text:
            raise PlotError(f"--rename {text}: write OLD=NEW")
    return dict(text.split("=", 1) for text in texts)
