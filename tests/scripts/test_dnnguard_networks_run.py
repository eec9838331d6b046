"""Random convolutional networks on NVDLA's configurations: what check calls right runs, in both engines, with the network's work."""

import csv
import json
import random

from lockstep_program import batch, files_of, lockstep, run_ok
from random_convnets import Drawn

NETWORKS = 150
MACHINES = ("nv-small", "nv-small-256", "nv-large")
VARIANTS = (
    (),
    ("buffer.banks=4",),
    ("buffer.banks=3", "buffer.bank_entries=128"),
    ("buffer.banks=6", "buffer.bank_entries=32"),
    ("buffer.banks=8", "buffer.bank_entries=16", "memory.read_interval_cycles=1"),
    ("memory.latency_cycles=1", "memory.read_interval_cycles=1"),
    ("memory.latency_cycles=400", "memory.read_interval_cycles=1"),
    ("memory.read_interval_cycles=5", "memory.write_interval_cycles=3"),
    ("launch_cycles=70",),
)


class Case:
    def __init__(self, seed, folder):
        rng = random.Random(seed)
        self.seed, self.folder, self.network = seed, folder, Drawn(rng)
        self.machine = rng.choice(MACHINES)
        self.variant = rng.choice(VARIANTS)
        self.workload = folder / f"{seed}.yaml"
        self.workload.write_text(self.network.text(values=rng.random() < 0.3))

    def words(self, command, name, *options):
        settings = [word for setting in self.variant for word in ("--set", f"dnnguard.{setting}")]
        out = ["-o", str(self.out(name))] if command == "run" else []
        return [command, self.machine, str(self.workload), *settings, *options, *out]

    def out(self, name):
        return self.folder / f"{self.seed}-{name}"

    def table(self, name):
        with open(self.out("skip") / name, newline="") as file:
            return list(csv.DictReader(file))


def check_work(case):
    """Products are those that the network's file asks for; more only where zeros fill something up."""
    summary = json.loads((case.out("skip") / "summary.json").read_text())
    macs, asked = summary["metrics"]["macs"]["value"], case.network.macs
    assert macs == asked if case.network.plain else macs >= asked, (case.seed, macs, asked)
    rows, cycles = case.table("layers.csv"), summary["metrics"]["cycles"]["value"]
    gaps = [int(row["begin_cycle"]) for row in rows] + [cycles]
    pause = 70 if "launch_cycles=70" in case.variant else 0
    ends = [int(row["begin_cycle"]) + int(row["cycles"]) for row in rows]
    assert gaps[0] == 0 and ends[-1] == cycles
    assert all(begin == end + pause for end, begin in zip(ends, gaps[1:-1])), case.seed
    lanes = {"nv-small": 64, "nv-small-256": 256, "nv-large": 2048}[case.machine]
    assert sum(int(row["macs"]) for row in rows) <= lanes * sum(int(row["busy_cycles"]) for row in rows)


def test_random_networks_run_and_do_the_work_of_their_files(tmp_path):
    cases = [Case(seed, tmp_path) for seed in range(NETWORKS)]
    jobs = [case.words("run", name, *options) for case in cases for name, options in (("skip", []), ("tick", ["--engine", "tick"]))]
    answers = batch(jobs)
    accepted = cut = 0
    for case, (skip, tick) in zip(cases, zip(answers[::2], answers[1::2])):
        assert skip == tick and skip[0] in (0, 2), (case.seed, skip, tick)
        if skip[0] == 2:
            assert "has no unit, no registers or no room" in skip[1], (case.seed, skip)
            continue
        assert files_of(case.out("skip")).keys() == files_of(case.out("tick")).keys()
        for name, content in files_of(case.out("skip")).items():
            if name != "summary.json":  # which names the engine
                assert content == files_of(case.out("tick"))[name], (case.seed, name)
        check_work(case)
        accepted += 1
        cut += any(int(row["hardware_layers"]) > 1 for row in case.table("layers.csv"))
    assert accepted >= 0.5 * NETWORKS and cut >= 0.1 * NETWORKS, (accepted, cut)


def test_timeline_shows_each_hardware_layer(tmp_path):
    """As long as layers.csv says, in both engines."""
    for engine in ("skip", "tick"):
        words = ["--engine", engine, "--timeline", "0:1000000000", "--no-values", "-o", tmp_path / engine]
        run_ok("run", "nv-small", "tiny-maps", "--set", "dnnguard.buffer.banks=4", *words)
    skip, tick = files_of(tmp_path / "skip"), files_of(tmp_path / "tick")
    assert skip["timeline.json"] == tick["timeline.json"]
    spans = [event for event in json.loads(skip["timeline.json"])["traceEvents"] if event["ph"] == "X"]
    rows = list(csv.DictReader(skip["layers.csv"].decode().splitlines()))
    assert len(spans) == sum(int(row["hardware_layers"]) for row in rows)
    for row in rows:
        assert sum(span["dur"] for span in spans if span["name"] == row["layer"]) == int(row["cycles"]), row["layer"]


def test_check_and_run_refuse_the_same(tmp_path):
    codes = set()
    for seed in range(1000, 1024):
        case = Case(seed, tmp_path)
        check, run = lockstep(*case.words("check", "")), lockstep(*case.words("run", "skip"))
        assert check.returncode == run.returncode, (seed, check.stderr, run.stderr)
        codes.add(run.returncode)
    assert codes == {0, 2}
