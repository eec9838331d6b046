"""Cycles of PoET-BiN's machines, simulated and counted by their own SystemVerilog under Verilator.

    /usr/bin/python3 -m scripts.studies.poetbin_rtl [-o FOLDER] [--lockstep PROGRAM] [-j JOBS]

Generates each case (lockstep rtl), builds and runs its test bench as the folder's README.md says, and runs the same case
on the model. Writes cases.csv, the figure and the table of FOLDER/README.md. Needs Verilator (Debian: verilator).
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.base.printable import printable
from scripts.base.progress import Progress
from scripts.plotting import gallery
from scripts.studies import markdown
from scripts.sweeping.program import add_options

STUDY = "poetbin-rtl"
PAUSES = ["poetbin.source.gap_cycles=2", "poetbin.sink.ready_cycles=3", "poetbin.sink.blocked_cycles=4"]
# name, series, architecture, workload, keys
CASES = [
    ("as published", "spatial", "poetbin", "tiny-luts", []),
    ("registers, arg-max", "spatial", "poetbin-pipelined", "tiny-luts", ["poetbin.argmax=true"]),
    ("source and sink pause", "spatial", "poetbin", "tiny-luts", PAUSES),
    ("serial, 1 bit", "spatial", "poetbin-serial", "tiny-luts", []),
    ("serial, 4 bits", "spatial", "poetbin-serial", "tiny-luts", ["poetbin.spatial.serial_bits=4"]),
    ("W = 4, 2 banks", "fabric", "poetbin-tiny", "tiny-luts", ["poetbin.fabric.luts=4", "poetbin.fabric.banks=2"]),
    ("W = 16, pauses", "fabric", "poetbin-tiny", "tiny-luts", ["poetbin.fabric.luts=16", *PAUSES]),
    ("digits, W = 32, crossbar", "fabric", "poetbin-crossbar", "digits", ["poetbin.fabric.luts=32"]),
    ("digits, W = 64, 64 banks", "fabric", "poetbin-fabric", "digits", ["poetbin.fabric.luts=64", "poetbin.fabric.banks=64"]),
]


def command(program, verb, case, folder):
    _, _, architecture, workload, keys = case
    sets = [word for key in keys for word in ("--set", key)]
    subprocess.run([program, verb, architecture, workload, *sets, "-o", folder], check=True, stdout=subprocess.DEVNULL)


def rtl_cycles(program, case, folder):
    """(samples, cycles) that the test bench counts."""
    command(program, "rtl", case, folder)
    build = re.search(r"^    (verilator .*)$", (folder / "README.md").read_text(), re.M)[1]
    subprocess.run(build.split(), cwd=folder, check=True, capture_output=True)
    done = subprocess.run(["obj_dir/Vtb"], cwd=folder, capture_output=True, text=True)
    found = re.search(r"(\d+) of \d+ samples (?:right|taken).*?(\d+) cycles", done.stdout)
    if found is None:
        sys.exit(f"poetbin_rtl: error: {case[0]}: the test bench says {printable(done.stdout.strip())}")
    return int(found[1]), int(found[2])


def model_cycles(program, case, folder):
    command(program, "run", case, folder)
    return json.loads((folder / "summary.json").read_text())["metrics"]["cycles"]["value"]


def row(program, case):
    with tempfile.TemporaryDirectory() as folder:
        samples, rtl = rtl_cycles(program, case, Path(folder) / "rtl")
        model = model_cycles(program, case, Path(folder) / "run")
    return {"machine": case[1], "case": case[0], "workload": case[3], "samples": samples, "model": model, "rtl": rtl}


def table(program, jobs):
    rows, progress = [], Progress(len(CASES))
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(lambda case: row(program, case), CASES):
            rows.append(found)
            progress.step(found["case"])
            progress.milestone(found["case"])
    return pd.DataFrame(rows)


def fill(readme, cycles):
    head = ["machine", "case", "workload", "samples", "model, cycles", "RTL, cycles"]
    markdown.fill(readme, {"cycles": markdown.table(head, cycles.to_numpy().tolist())})


def main(words=None):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("results") / STUDY, help="folder of the study")
    add_options(parser)
    arguments = parser.parse_args(words)
    if shutil.which("verilator") is None:
        sys.exit("poetbin_rtl: error: Verilator is not installed (Debian: apt install verilator)")
    cycles = table(arguments.lockstep, arguments.jobs)
    csv_cells.write_frame(cycles, arguments.out / "cases.csv")
    gallery.draw(STUDY, arguments.out)
    fill(arguments.out / "README.md", cycles)


if __name__ == "__main__":
    terminal.run("poetbin_rtl", main)
