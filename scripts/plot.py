#!/usr/bin/python3
"""Draws a figure of a paper from results (docs/figures.md).

    scripts/plot.py FIGURE INPUT… [-o DIR] [options]
    scripts/plot.py FIGURE --help | --list

An INPUT is the folder of a run or of a sweep, a summary.csv, or the CSV of a study. Written are DIR/NAME.pdf, .svg and
.png, and their numbers as DIR/NAME.csv; equal inputs give equal bytes.
Exit codes: 0 drawn, 2 mistake in the command line or the table, 3 a file or folder cannot be read or written.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.base import terminal

try:
    from scripts.plotting import command
    from scripts.plotting.errors import PlotError
except ModuleNotFoundError as error:
    terminal.error("plot.py", f"{error}; install python3-matplotlib, use /usr/bin/python3")
    sys.exit(2)


def main(words):
    if not words or words[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if words else 2
    if words[0] == "--list":
        print(command.listing())
        return 0
    try:
        terminal.show(command.run(words))
    except PlotError as error:
        terminal.error("plot.py", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    terminal.run("plot.py", lambda: main(sys.argv[1:]))
