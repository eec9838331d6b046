#!/usr/bin/python3
"""Runs the points of a sweep file and writes one table, summary.csv (docs/sweeps.md).

    scripts/sweep.py SWEEP.yaml [-o DIR] [-j N] [--scheduler ADDRESS] [--resume] [--dry-run]

Finished points are kept: the same command runs what is missing. A point that fails is reported and stops nothing.
Exit codes: 0 all points have results, 1 some failed, 2 mistake in the command line or the sweep file, 3 a file or
folder cannot be read or written, 130 interrupted.
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    from scripts.sweeping import batches, cluster, design, inputs, table
    from scripts.sweeping.errors import FileError, SweepError
    from scripts.sweeping.folder import SweepFolder
    from scripts.sweeping.progress import Progress
    from scripts.sweeping.program import ROOT
except ModuleNotFoundError as error:
    print(f"sweep.py: error: {error}; install python3-distributed and use /usr/bin/python3", file=sys.stderr)
    sys.exit(2)


def parse_arguments(words):
    text = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="sweep.py", description=__doc__, formatter_class=text)
    add = parser.add_argument
    add("sweep", type=Path, metavar="SWEEP.yaml")
    add("-o", "--out", type=Path, metavar="DIR", help="folder of the sweep [out/NAME-OF-SWEEP]")
    add("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N", help="points at a time [one a core]")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, as tcp://host:8786, instead of this machine")
    add("--resume", action="store_true", help="refuse to start a new sweep: DIR must hold one")
    add("--dry-run", action="store_true", help="list the points, run none")
    default = os.environ.get("LOCKSTEP_BIN", "build/release/sim/app/lockstep")
    add("--lockstep", type=Path, default=ROOT / default, metavar="PROGRAM", help=f"[{default}]")
    arguments = parser.parse_args(words)
    if arguments.jobs < 1:
        parser.error("-j: must be at least 1")
    return arguments


class Sweep:
    def __init__(self, arguments):
        self._arguments = arguments
        self._program = arguments.lockstep.resolve()
        if not os.access(self._program, os.X_OK):
            raise FileError(f"{self._program}: the program is not there; build it, or name it with --lockstep")
        self._design = design.read(arguments.sweep, self._program)
        out = arguments.out or Path("out") / arguments.sweep.stem
        self._folder = SweepFolder(out.resolve())
        self._names = [self._identity(point) for point in self._design.points]

    def list_points(self):
        finished = self._folder.results(self._names)
        for number, (point, name) in enumerate(zip(self._design.points, self._names), 1):
            state = "finished" if name in finished else "missing"
            print(number, state, point.machine.name, point.workload.name, *_settings(point))
        print(self._counts(finished))

    def run(self):
        with self._folder.locked(self._arguments.sweep, self._arguments.resume):
            results = self._folder.results(self._names)
            print(self._counts(results), file=sys.stderr, flush=True)
            failures = self._run_missing(results)
            results = self._folder.results(self._names)
            summary = self._folder.path / "summary.csv"
            table.write(summary, table.rows(self._design, self._names, results, failures))
        failed = sum(name not in results for name in self._names)
        print(f"{summary}: {len(self._names)} points, {failed} failed")
        return 1 if failed else 0

    def _run_missing(self, finished):
        """Runs each missing point once; folder -> message of those that failed."""
        missing = {name: p for name, p in zip(self._names, self._design.points) if name not in finished}
        if not missing:
            return {}
        failures, progress = {}, Progress(len(missing))
        for name in missing:
            self._folder.remove_damaged(name)
        words = ((name, self._words(name, point)) for name, point in missing.items())
        try:
            with cluster.connected(self._arguments.scheduler, self._arguments.jobs) as client:
                cut = batches.cut(self._program, words, cluster.slots(client))
                for name, (message, ends_sweep) in cluster.outcomes(client, cut, self._common()):
                    if ends_sweep:
                        raise FileError(f"{message}; finished points are kept")
                    if message:
                        failures[name] = message
                        progress.failed(self._label(missing[name]), message)
                    progress.step()
        finally:
            progress.close()
        return failures

    def _options(self):
        cycles = self._design.limits.get("cycles")
        words = [] if self._design.values else ["--no-values"]
        return words + (["--max-cycles", str(cycles)] if cycles else [])

    def _identity(self, point):
        files = point.machine.path, point.workload.path
        return inputs.identity(self._program, *files, point.settings, self._options())

    def _words(self, name, point):
        """The arguments of its run."""
        files = [inputs.shown(source.path) for source in (point.machine, point.workload)]
        sets = [word for setting in _settings(point) for word in ("--set", setting)]
        return ["run", *files, *self._options(), *sets, "-o", str(self._folder.point(name))]

    def _common(self):
        """What all batches have in common."""
        limits = {key: self._design.limits.get(key) for key in ("seconds", "memory_mib")}
        return {"program": str(self._program), "root": str(ROOT), **limits}

    def _label(self, point):
        number = 1 + next(i for i, p in enumerate(self._design.points) if p is point)
        return " ".join([f"point {number}:", point.machine.name, point.workload.name, *_settings(point)])

    def _counts(self, finished):
        excluded = self._design.excluded
        done = sum(name in finished for name in self._names)
        constraints = f", {excluded} more excluded by constraints" if excluded else ""
        return f"{len(self._names)} points, {done} finished before{constraints}"


def _settings(point):
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in point.settings.items()}
    return [f"{key}={text}" for key, text in texts.items()]


def main(words=None):
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, signal.default_int_handler)
    try:
        arguments = parse_arguments(words)
        sweep = Sweep(arguments)
        return sweep.list_points() if arguments.dry_run else sweep.run()
    except SweepError as error:
        print(f"sweep.py: error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("sweep.py: interrupted; finished points are kept, the same command goes on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
