"""Points of a study: each is one run of the program with its own folder; finished ones are kept."""

import concurrent.futures
import functools
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.sweeping.progress import Progress
from scripts.sweeping.program import ROOT, RunError, call, digest, digest_of_file


def slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@functools.cache
def digest_of_folder(folder, runs):
    """Of the settings and tables in it: an architecture file reads energy tables beside it. Results in `runs` are none."""
    files = sorted(f for f in folder.rglob("*.*") if f.suffix in (".yaml", ".csv") and runs not in f.resolve().parents)
    return digest("".join(digest_of_file(f) for f in files).encode())


@dataclass(frozen=True)
class Point:
    """One run. `config` and `workload` are its names in the study; files are relative to the repository."""

    group: str  # kind of config: what the study asks with it
    config: str
    reference: str  # config that it is compared with, on the same workload
    workload: str
    arch_file: str
    workload_file: str
    settings: tuple[str, ...] = ()

    def arguments(self):
        sets = [word for setting in self.settings for word in ("--set", setting)]
        return ["run", self.arch_file, self.workload_file, "--no-values", *sets]


class Runner:
    """Runs points with `program` into raw/<workload>/<config>/."""

    def __init__(self, program, raw):
        self.program = str(Path(program).resolve())
        self.raw = Path(raw).resolve()
        self.version = call(self.program, "--version").strip()  # states the revision

    def folder(self, point):
        return self.raw / slug(point.workload) / slug(point.config)

    def run_all(self, points, jobs):
        """Runs what is not finished, `jobs` at a time. A failure stops no other point and is raised at the end."""
        waiting = [p for p in points if not self._finished(p)]
        print(f"{len(points)} points, {len(points) - len(waiting)} finished before", file=sys.stderr)
        failures, progress = [], Progress(len(waiting))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            futures = {pool.submit(self._run, point): point for point in waiting}
            try:
                for future in concurrent.futures.as_completed(futures):
                    name = f"{futures[future].workload}/{futures[future].config}"
                    if future.exception():
                        failures.append(f"{name}: {future.exception()}")
                        progress.failed(name, future.exception())
                    progress.step()
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            finally:
                progress.close()
        if failures:
            raise RunError("\n".join(failures))

    def _run(self, point):
        folder = self.folder(point)
        folder.parent.mkdir(parents=True, exist_ok=True)
        call(self.program, *point.arguments(), "-o", folder)
        self._mark(point).write_text(self._inputs(point))

    def _finished(self, point):
        mark = self._mark(point)
        summary = self.folder(point) / "summary.json"
        return summary.exists() and mark.exists() and mark.read_text() == self._inputs(point)

    def _mark(self, point):
        return self.folder(point).with_suffix(".inputs")

    def _inputs(self, point):
        """What the numbers of a point depend on: program, arguments, and the files of both folders."""
        folders = [(ROOT / file).parent for file in (point.arch_file, point.workload_file)]
        digests = [digest_of_folder(folder, self.raw) for folder in folders]
        parts = [*point.arguments(), digest_of_file(self.program), *digests]
        return digest("\0".join(parts).encode()) + "\n"


def metrics(folder):
    """Name -> value of a result's headline metrics."""
    summary = json.loads((folder / "summary.json").read_text())
    return {name: entry["value"] for name, entry in summary["metrics"].items()}


def stalls(folder):
    """Column -> MAC-cycles of the whole run."""
    table = pd.read_csv(folder / "stalls.csv", index_col="layer")
    return table.loc["total"].to_dict()


def sentence_cycles(folder):
    """Cycles of each sentence, in the order of the workload."""
    return pd.read_csv(folder / "sentences.csv", index_col="sentence")["cycles"]
