"""A classifier of look-up tables trained as PoET-BiN does: accuracy by stage, tables, activity, energy, machines.

    /usr/bin/python3 -m scripts.studies.poetbin [-o FOLDER] [--training TRAINING] [--programs NAME ...]
        [--lockstep PROGRAM] [-j JOBS]

Reads the committed programs (workloads/traces/NAME-luts.safetensors) and the trainer's reports (TRAINING/NAME.json), and
runs the programs on the machines (scripts/sweeps/poetbin-machines.yaml). Writes accuracy.csv, tables.csv, toggles.csv, joules.csv,
machines.csv, the figures with their CSV, and the tables of FOLDER/README.md. Runs are kept in FOLDER/raw/.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.export.errors import TraceError
from scripts.export.lut_file import read_program
from scripts.plotting import gallery
from scripts.studies import poetbin_activity, poetbin_energy, poetbin_luts, poetbin_machines, poetbin_readme, sweep_study
from scripts.sweeping.program import ROOT, add_options

STUDY = "poetbin-classifier"
MACHINES = sweep_study.SWEEPS / "poetbin-machines.yaml"
WIDTHS = (512, 512, 10)  # of the fully connected layers that the tables stand for (scripts/models/poetbin/recipe.py)


def parse_arguments(words):
    parser = terminal.Parser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("-o", "--out", type=Path, default=Path("results") / STUDY, help="folder of the study")
    add("--training", type=Path, default=ROOT / "results" / STUDY / "training", help="the trainer's reports")
    add("--programs", nargs="+", default=["digits", "fashion-mnist"], metavar="NAME", help="their names")
    add("--node", type=int, default=45, metavar="NM", help="of the energy tables")
    add_options(parser)
    return parser.parse_args(words)


def accuracy(names, folder):
    """A row a program and stage, from the trainer's reports."""
    rows = []
    for name in names:
        for stage in json.loads((folder / f"{name}.json").read_text())["stages"]:
            times = stage["times"] or {}
            rows.append({"program": name, "stage": stage["name"]} | {k: v for k, v in stage.items() if "percent" in k} | times)
    return pd.DataFrame(rows)


def main(words=None):
    arguments = parse_arguments(words)
    out, names = arguments.out, arguments.programs
    try:
        programs = {name: read_program(ROOT / f"workloads/traces/{name}-luts.safetensors") for name in names}
        stages = accuracy(names, arguments.training)
    except (OSError, TraceError) as error:
        sys.exit(f"poetbin: error: {error}")
    points = sweep_study.run(MACHINES, out / "raw", arguments)
    toggles = poetbin_activity.table(programs)
    widths, machines = dict.fromkeys(names, WIDTHS), poetbin_machines.table(points, names)
    spatial = machines[machines["machine"] == poetbin_machines.SPATIAL].set_index("program")
    found = {
        "accuracy": stages,
        "tables": poetbin_luts.table(programs),
        "toggles": toggles,
        "machines": machines,
        "joules": poetbin_energy.table(programs, widths, arguments.node, spatial["leakage_pj_per_sample"]),
    }
    for name, table in found.items():
        csv_cells.write_frame(table, out / f"{name}.csv", float_format="%.6g")
    gallery.draw(STUDY, out)
    poetbin_readme.fill(out / "README.md", found)


if __name__ == "__main__":
    terminal.run("poetbin", main)
