#!/usr/bin/python3
"""Writes a report of results as one HTML page that needs no network (docs/reports.md).

    scripts/report.py DIR [-o FILE.html]            one run, or one sweep
    scripts/report.py DIR DIR… [-o FILE.html]       runs beside each other, the first is the baseline

A DIR is the folder of a run (summary.json) or of a sweep (summary.csv); NAME=DIR names it. Equal inputs give equal
bytes.
Exit codes: 0 written, 2 mistake in the command line or a damaged file, 3 a file or folder cannot be read or written.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.base import output_file, terminal
from scripts.reporting import page, results
from scripts.reporting.errors import FileError, ReportError


def parse_arguments(words):
    text = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(prog="report.py", description=__doc__, formatter_class=text, allow_abbrev=False)
    parser.add_argument("folders", nargs="+", metavar="DIR", help="folder of a run or of a sweep; NAME=DIR names it")
    out = "[DIR/report.html; report.html for several]"
    parser.add_argument("-o", "--out", type=Path, metavar="FILE.html", help=out)
    return parser.parse_args(words)


def place(arguments, found):
    """Where the page goes; refused before work when a file of somebody else stands there."""
    path = arguments.out or (found[0].path if len(found) == 1 else Path()) / "report.html"
    try:
        output_file.refuse_foreign(path, "· Lockstep</title>".encode(), "a report")
    except output_file.ForeignFile as error:
        raise ReportError(f"{path}: {error.strerror}") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    return path


def write(path, text):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        output_file.write(path, text)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from None


def report(arguments):
    found = results.read(arguments.folders)
    path = place(arguments, found)
    try:
        text = page.build(found)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        names = ", ".join(arguments.folders)
        raise ReportError(f"{names}: a file is damaged ({type(error).__name__}: {error})") from error
    write(path, text)
    return path


def main(words):
    try:
        terminal.show(report(parse_arguments(words)))
    except ReportError as error:
        terminal.error("report.py", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    terminal.run("report.py", lambda: main(sys.argv[1:]))
