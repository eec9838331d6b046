#!/usr/bin/python3
"""Makes everything for one paper, from nothing to its page: runs, tables, figures, README.md.

    scripts/paper.py optimus|poetbin|eie|dnnguard|all [-o DIR] [--jobs N] [--lockstep PROGRAM]

Writes DIR/STUDY/ for each study (DIR: results). What was run before with equal inputs is kept, so a second call is fast.
Exit codes: 0 done, 1 a study failed (the others are made), 2 mistake in the command line, 3 the program is not there,
130 interrupted.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.base import terminal
from scripts.sweeping.program import ROOT, add_options


@dataclass(frozen=True)
class Step:
    """One study. `core_seconds` is what it takes from nothing on one core, for the time left."""

    study: str
    module: str
    core_seconds: float
    options: tuple = ()
    simulates: bool = True  # takes the program and -j


PAPERS = {
    "optimus": [
        Step("optimus-ablation", "optimus_ablation", 440),
        Step("optimus-utilization", "sweep_study", 190, ("optimus-utilization",)),
        Step("optimus-window", "sweep_study", 40, ("optimus-window",)),
        Step("optimus-designs", "sweep_study", 90, ("optimus-designs",)),
        Step("optimus-profile", "sweep_study", 5, ("optimus-profile", "--layers")),
        Step("optimus-host", "optimus_host", 50),
        Step("optimus-translation", "optimus_translation", 120),
        Step("optimus", "optimus_page", 2, simulates=False),
    ],
    "poetbin": [
        Step("poetbin-classifier", "poetbin", 60),
        Step("poetbin-rtl", "poetbin_rtl", 110),
    ],
    "eie": [
        Step("eie", "eie", 90),
    ],
    "dnnguard": [
        Step("nvdla-validation", "nvdla_validation", 4),
    ],
}


def parse_arguments(words):
    text = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(prog="paper.py", description=__doc__, formatter_class=text)
    add = parser.add_argument
    add("paper", choices=[*PAPERS, "all"])
    add("-o", "--out", type=Path, default=ROOT / "results", metavar="DIR", help="[results]")
    add_options(parser)
    return parser.parse_args(words)


class Clock:
    """Time left, from what each step is known to take and how long the finished ones took of that."""

    def __init__(self, steps, jobs):
        self._left = sum(step.core_seconds for step in steps) / jobs
        self._known = self._spent = 0.0

    def text(self):
        pace = self._spent / self._known if self._known else 1.0
        return f"about {max(1, round(self._left * pace / 60))} min left"

    def finished(self, step, jobs, seconds):
        known = step.core_seconds / jobs
        self._left -= known
        if seconds > 0.2 * known:  # else it was kept from before and says nothing of the pace
            self._known += known
            self._spent += seconds


def command(step, arguments):
    words = [sys.executable, "-m", f"scripts.studies.{step.module}", *step.options, "-o", arguments.out / step.study]
    if step.simulates:
        words += ["-j", arguments.jobs, "--lockstep", arguments.lockstep]
    return list(map(str, words))


def begin_page(folder):
    """A study fills tables into its README.md: elsewhere than in results/ it starts from the text there."""
    text, page = ROOT / "results" / folder.name / "README.md", folder / "README.md"
    if text.is_file() and not page.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(text, page)


def make(steps, arguments):
    """Names of the studies that failed."""
    failed, clock = [], Clock(steps, arguments.jobs)
    for number, step in enumerate(steps, 1):
        terminal.progress(f"== {number}/{len(steps)} {step.study} ({clock.text()})")
        start = time.monotonic()
        begin_page(arguments.out / step.study)
        if subprocess.run(command(step, arguments), cwd=ROOT).returncode:
            failed.append(step.study)
        clock.finished(step, arguments.jobs, time.monotonic() - start)
    return failed


def main(words=None):
    arguments = parse_arguments(words)
    arguments.out = arguments.out.resolve()
    if not os.access(arguments.lockstep, os.X_OK):
        terminal.error("paper.py", f"{arguments.lockstep}: not there; build it, or name it with --lockstep")
        return 3
    names = list(PAPERS) if arguments.paper == "all" else [arguments.paper]
    start = time.monotonic()
    try:
        failed = make([step for name in names for step in PAPERS[name]], arguments)
    except KeyboardInterrupt:
        terminal.say("paper.py: interrupted; finished runs are kept, the same command goes on")
        return terminal.INTERRUPTED
    terminal.show(f"{arguments.out}: {', '.join(names)} in {time.monotonic() - start:.0f} s")
    if failed:
        terminal.error("paper.py", f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    terminal.run("paper.py", main)
