"""What each feature of OPTIMUS is worth: a ladder from the baseline hardware to the full design, each feature
alone removed from the full design, and what other readings of the paper would change.

    /usr/bin/python3 -m scripts.studies.optimus_ablation [-o FOLDER] [--lockstep PROGRAM] [-j JOBS]

Runs two sweeps and writes summary.csv (a row a point), ratios.csv (the same points against the baseline on the same
sentences), the figures with their CSV, and the tables of FOLDER/README.md. Runs are kept in FOLDER/raw/: a second call
continues, and repeats only what a change of the program or of its inputs has made stale.
"""

from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.plotting import gallery
from scripts.studies import ablation_readme, ablation_results, sweep_study
from scripts.sweeping.program import add_options

STUDY = "optimus-ablation"
SWEEPS = sweep_study.SWEEPS


def parse_arguments(words):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("-o", "--out", type=Path, default=Path("results") / STUDY, metavar="FOLDER", help="[%(default)s]")
    files = [SWEEPS / "optimus-ablation.yaml", SWEEPS / "optimus-readings.yaml"]
    add("--sweeps", nargs=2, type=Path, default=files, metavar="SWEEP.yaml", help="ladder and removals, readings")
    add_options(parser)
    return parser.parse_args(words)


def main(words=None):
    arguments = parse_arguments(words)
    out = arguments.out
    folders = [out / "raw" / name for name in ("ablation", "readings")]
    for sweep, folder in zip(arguments.sweeps, folders):
        sweep_study.run(sweep, folder, arguments)
    points = ablation_results.in_order(pd.concat(map(ablation_results.points, folders), ignore_index=True))
    ratios = ablation_results.ratios(points)
    csv_cells.write_frame(ablation_results.summary(points), out / "summary.csv")
    csv_cells.write_frame(ratios, out / "ratios.csv", float_format="%.6g")
    gallery.draw(STUDY, out)
    ablation_readme.fill(out / "README.md", ratios)


if __name__ == "__main__":
    terminal.run("optimus_ablation", main)
