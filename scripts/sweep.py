#!/usr/bin/python3
"""Runs the points of a sweep file and writes one table, summary.csv (docs/sweeps.md).

    scripts/sweep.py SWEEP.yaml [-o DIR] [-j N] [--scheduler ADDRESS [--tls DIR]] [--resume] [--dry-run]

Finished points are kept: the same command runs what is missing. A point that fails is reported and stops nothing.
Exit codes: 0 all points have results, 1 some failed, 2 mistake in the command line or the sweep file, 3 a file or
folder cannot be read or written, 130 interrupted.
"""

import argparse
import contextlib
import functools
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.base import terminal
from scripts.base.printable import printable

try:
    from scripts.base import yaml_dialect
    from scripts.sweeping import batches, cluster, connection, design, inputs, search, table
    from scripts.sweeping.errors import FileError, SweepError
    from scripts.sweeping.folder import SweepFolder
    from scripts.sweeping.progress import Progress
    from scripts.sweeping.program import ROOT, add_options
except ModuleNotFoundError as error:
    terminal.error("sweep.py", f"{error}; install python3-distributed and use /usr/bin/python3")
    sys.exit(2)


def parse_arguments(words):
    text = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(prog="sweep.py", description=__doc__, formatter_class=text)
    add = parser.add_argument
    add("sweep", type=Path, metavar="SWEEP.yaml")
    add("-o", "--out", type=Path, metavar="DIR", help="folder of the sweep [out/NAME-OF-SWEEP]")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, as tls://host:8786, or the folder of its scheduler")
    add("--tls", type=Path, metavar="DIR", help="folder with cluster.pem and cluster.key [that of the scheduler]")
    add("--trust-network", action="store_true", help="allow a scheduler without TLS: all who reach it can run commands here")
    add("--resume", action="store_true", help="refuse to start a new sweep: DIR must hold one")
    add("--dry-run", action="store_true", help="list the points, run none")
    add_options(parser)
    return parser.parse_args(words)


class Sweep:
    def __init__(self, arguments):
        self._arguments = arguments
        self._program = arguments.lockstep
        if not os.access(self._program, os.X_OK):
            raise FileError(f"{self._program}: the program is not there; build it, or name it with --lockstep")
        self._design = design.read(arguments.sweep, self._program)
        out = arguments.out or Path("out") / arguments.sweep.stem
        self._folder = SweepFolder(out.resolve())
        self._names, self._numbers, self._failures = [], {}, {}
        self._add(self._design.points)

    def list_points(self):
        """Of a search, as far as its results are there."""
        self._search(lambda names: len(self._folder.results(names)) == len(set(names)))
        finished = self._folder.results(self._names)
        for number, (point, name) in enumerate(zip(self._design.points, self._names), 1):
            state = "finished" if name in finished else "missing"
            terminal.show(" ".join([str(number), state, point.machine.name, point.workload.name, *_settings(point)]))
            if complaint := self._folder.complaint(name):
                terminal.say(complaint)
        terminal.show(self._counts(finished))

    def run(self):
        with self._folder.locked(self._arguments.sweep, self._arguments.resume), contextlib.ExitStack() as stack:
            connect = functools.cache(lambda: stack.enter_context(self._connected()))
            if not self._design.search:
                self._run_missing(connect)
            self._search(lambda _: self._run_missing(connect))
            results = self._folder.results(self._names)
            summary = self._folder.path / "summary.csv"
            failures = {name: self._folder.complaint(name) for name in self._names} | self._failures
            lines = list(table.rows(self._design, self._names, results, failures))
            if self._design.search:
                front = search.best(self._design.search.goal, [results.get(name) for name in self._names])
                table.write(self._folder.path / "pareto.csv", [lines[0], *(lines[1 + index] for index in front)])
            table.write(summary, lines)
        failed = len(self._numbers) - len(results)
        terminal.show(f"{summary}: {self._points()}, {failed} failed")
        return 1 if failed else 0

    def _search(self, go_on):
        """Adds the search's generations; `go_on` makes the results of the latest, or is false where to stop."""
        while self._design.search and (points := self._design.search.ask()):
            names = self._add(points)
            if not go_on(names):
                return
            results = self._folder.results(names)
            self._design.search.tell([results.get(name) for name in names])

    def _add(self, points):
        """Numbers the points, of a search those that are new; the folders of all."""
        names = [self._identity(point) for point in points]
        for point, name in zip(points, names):
            if self._design.search:
                if name in self._numbers:
                    continue
                self._design.points.append(point)
            self._names.append(name)
            self._numbers.setdefault(name, len(self._names))
        return names

    def _connected(self):
        arguments = self._arguments
        return connection.connected(arguments.scheduler, arguments.jobs, arguments.tls, arguments.trust_network)

    def _run_missing(self, connect):
        """Runs each missing point once, those that failed before in this sweep excepted."""
        finished = self._folder.results(self._names)
        terminal.progress(self._counts(finished))
        known = {*finished, *self._failures}
        missing = {name: p for name, p in zip(self._names, self._design.points) if name not in known}
        if missing:
            client = connect()
            self._submit(client, {name: point for name, point in missing.items() if self._must_run(name)})
        return True

    def _must_run(self, name):
        """Makes room for its result; a run that outlived the sweep that began it may have finished it meanwhile."""
        if self._folder.results([name]):
            return False
        if complaint := self._folder.complaint(name):
            aside = self._folder.set_aside(name)
            terminal.say(f"point {self._numbers[name]}: {complaint}; it runs again, what was there is now in {aside}")
        return True

    def _submit(self, client, missing):
        words = ((name, self._words(name, point)) for name, point in missing.items())
        progress = Progress(len(missing))
        try:
            cut = batches.cut(self._program, words, cluster.slots(client))
            for name, (message, ends_sweep) in cluster.outcomes(client, cut, self._common(), progress):
                if ends_sweep:
                    raise FileError(f"{message}; finished points are kept")
                if message:
                    self._failures[name] = printable(message, terminal.LINE)
                    progress.failed(self._label(name, missing[name]), message)
        finally:
            progress.close()

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
        seconds = 1 if self._arguments.scheduler else 0  # what a large cluster tells its scheduler must stay little
        return {"program": str(self._program), "root": str(ROOT), "seconds_between_reports": seconds, **limits}

    def _label(self, name, point):
        number = self._numbers[name]
        return " ".join([f"point {number}:", point.machine.name, point.workload.name, *_settings(point)])

    def _points(self):
        """Equal ones run once, and are counted once wherever points that run, end or fail are counted."""
        different = f", {len(self._numbers)} different" if len(self._numbers) < len(self._names) else ""
        return f"{len(self._names)} points{different}"

    def _counts(self, finished):
        excluded = self._design.excluded
        constraints = f", {excluded} more excluded by constraints" if excluded else ""
        return f"{self._points()}, {len(finished)} finished before{constraints}"


def _settings(point):
    return [f"{key}={yaml_dialect.written(value)}" for key, value in point.settings.items()]


def main(words=None):
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, signal.default_int_handler)
    try:
        arguments = parse_arguments(words)
        sweep = Sweep(arguments)
        return sweep.list_points() if arguments.dry_run else sweep.run()
    except SweepError as error:
        terminal.error("sweep.py", error)
        return error.exit_code
    except KeyboardInterrupt:
        terminal.say("sweep.py: interrupted; finished points are kept, the same command goes on")
        return terminal.INTERRUPTED


if __name__ == "__main__":
    terminal.run("sweep.py", main)
