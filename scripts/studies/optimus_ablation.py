"""What each feature of OPTIMUS is worth: a ladder from the baseline hardware to the full design, each feature
alone removed from the full design, and what other readings of the paper would change.

    /usr/bin/python3 -m scripts.studies.optimus_ablation [-o FOLDER] [--lockstep PROGRAM] [-j JOBS]

Writes summary.csv (a row a point), ratios.csv (the same points against the baseline on the same sentences), the
figures with their CSV, and the tables of FOLDER/README.md. Runs are kept in FOLDER/raw/: a second call continues,
and repeats only what a change of the program or of its inputs has made stale.
"""

import argparse
import os
import sys
from pathlib import Path

from scripts.plotting import gallery
from scripts.studies import ablation_design, ablation_readme, ablation_results
from scripts.studies.runs import RunError, Runner


def parse_arguments(words):
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("-o", "--out", type=Path, default=Path("results/optimus-ablation"), help="folder of the study")
    add("--lockstep", default="build/release/sim/app/lockstep", help="the program")
    add("-j", "--jobs", type=int, default=os.cpu_count(), help="runs at a time")
    add("--workload", default="workloads/transformer-base.yaml", help="model, sentences of one length")
    add("--histogram", default="workloads/transformer-base-lengths.yaml", help="model, many lengths")
    add("--lengths", type=int, nargs="+", default=[10, 15, 20, 25, 30, 40, 50], help="n = T, tokens")
    add("--sentences", type=int, default=200, help="taken from the histogram")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="one more key of every point")
    return parser.parse_args(words)


def main(words=None):
    arguments = parse_arguments(words)
    try:
        runner = Runner(arguments.lockstep, arguments.out / "raw")
        points = ablation_design.points(arguments)
        runner.run_all(points, arguments.jobs)
    except (RunError, OSError) as error:
        sys.exit(f"optimus_ablation: error: {error}")
    summary = ablation_results.summary(runner, points)
    ratios = ablation_results.ratios(runner, points, summary)
    summary.to_csv(arguments.out / "summary.csv", index=False)
    ratios.to_csv(arguments.out / "ratios.csv", index=False, float_format="%.6g")
    gallery.draw("optimus-ablation", arguments.out)
    ablation_readme.fill(arguments.out / "README.md", ratios)


if __name__ == "__main__":
    main()
