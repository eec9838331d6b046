"""A study that is one sweep: runs scripts/sweeps/NAME.yaml and draws scripts/figures/NAME.yaml from its table.

    /usr/bin/python3 -m scripts.studies.sweep_study NAME [-o FOLDER] [--layers] [--lockstep PROGRAM] [-j JOBS]

Writes FOLDER/summary.csv, with --layers also layers.csv of all points, and the figures. The points stay in FOLDER/raw/, so
that a second call runs what is missing.
"""

import subprocess
import sys
from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.plotting import gallery
from scripts.sweeping.program import ROOT, add_options

SWEEPS = ROOT / "scripts/sweeps"
OF_THIS_BUILD = ["status", "message", "folder"]  # columns; a folder's name depends on the program's bytes


def run(sweep, folder, arguments):
    """The table of a sweep file run in `folder`; ends the program when a point failed."""
    words = [sweep, "-o", folder, "-j", arguments.jobs, "--lockstep", arguments.lockstep]
    done = subprocess.run([sys.executable, str(ROOT / "scripts/sweep.py"), *map(str, words)], stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(done.returncode)
    return csv_cells.read_frame(folder / "summary.csv", dtype=str)


def write(table, out):
    csv_cells.write_frame(table.drop(columns=OF_THIS_BUILD), out / "summary.csv")


def write_layers(table, out):
    """layers.csv of all points, told apart by the names of machine and workload."""
    named = []
    for row in table.itertuples():
        layers = csv_cells.read_frame(out / "raw/points" / row.folder / "layers.csv", dtype=str)
        named.append(layers.assign(machine=row.machine, workload=row.workload))
    csv_cells.write_frame(pd.concat(named), out / "layers.csv")


def main(words=None):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", metavar="NAME", help="a file of scripts/sweeps/")
    parser.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="[results/NAME]")
    parser.add_argument("--layers", action="store_true", help="also layers.csv of all points")
    add_options(parser)
    arguments = parser.parse_args(words)
    out = arguments.out or Path("results") / arguments.name
    table = run(SWEEPS / f"{arguments.name}.yaml", out / "raw", arguments)
    write(table, out)
    if arguments.layers:
        write_layers(table, out)
    gallery.draw(arguments.name, out)


if __name__ == "__main__":
    terminal.run("sweep_study", main)
