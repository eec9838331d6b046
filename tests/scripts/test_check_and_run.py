"""check against run, on random graphs: what check calls right runs, what it refuses run refuses in the same words."""

import collections
import concurrent.futures
import json
import os
import random
import shutil

import pytest
from lockstep_program import batch, lockstep
from random_graphs import KINDS, Trace

from scripts.export.errors import TraceError
from scripts.export.trace import read_trace

GRAPHS = 20000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 2000
AT_ONCE = 100
PARTS = 4
SKIPPING = ("cross_kv_once", "project_all_positions", "masked_scores")
VARIANTS = (
    (),
    ("load_compute_matching=false",),
    ("post_processing.softmax_overlap=false",),
    ("fuse_shared_inputs=false",),
    ("mac_array.weight_hold=false",),
    ("mac_array.macs=4", "mac_array.accumulators_per_mac=2"),
    ("memories.weight_store=streamed",),
    ("memories.global_buffer_kib=1", "memories.kv_store_kib=1"),
)


class Case:
    """A graph, a machine for it, and what the program says to both."""

    def __init__(self, seed, folder):
        rng = random.Random(seed)
        self.seed, self.folder = seed, folder
        self.trace = Trace(rng)
        self.skipping = dict.fromkeys(SKIPPING, False) | {"redundant_decoding": rng.random() < 0.5}
        settings = list(rng.choice(VARIANTS))
        if not self.skipping["redundant_decoding"]:
            self.skipping |= {key: rng.random() < 0.5 for key in SKIPPING}
            settings += [f"skipping.{key}={str(value).lower()}" for key, value in self.skipping.items()]
        self.settings = [word for setting in settings for word in ("--set", f"optimus.{setting}")]
        self.workload = folder / f"{seed}.yaml"
        (folder / f"{seed}.safetensors").write_bytes(self.trace.to_bytes())
        sentences = f"sentences: {{max_target_tokens: {self.trace.limit}}}"
        self.workload.write_text(f"kind: trace\ntrace: {seed}.safetensors\n{sentences}\n")

    def words(self, *options):
        return ["optimus-tiny", str(self.workload), *self.settings, *options]

    def jobs(self):
        """Name -> run; one is enough to see a refusal."""
        options = {"values": [], "shapes": ["--no-values"], "tick": ["--engine", "tick"]}
        if self.check.returncode:
            options = dict([list(options.items())[self.seed % len(options)]])
        return {name: ["run", *self.words(*words), "-o", str(self.out(name))] for name, words in options.items()}

    def out(self, name):
        return self.folder / f"{self.seed}-{name}"

    def numbers(self, name):
        """All that a run counted and priced."""
        summary = json.loads((self.out(name) / "summary.json").read_text())
        metrics = {key: metric["value"] for key, metric in summary["metrics"].items() if key != "compared_values"}
        return metrics | {key: summary[key] for key in ("counters", "energy")}

    def right_for_python(self):
        try:
            read_trace(self.folder / f"{self.seed}.safetensors")
        except TraceError:
            return False
        return True


def judge(case, answers, folder):
    where = f"graph {case.seed} in {folder}: {case.words()}"
    refused = case.check.returncode
    message = case.check.stderr.removeprefix("lockstep: error: ").strip()
    assert refused in (0, 2), (where, message)
    for name, answer in answers.items():
        assert answer == (refused, message), (where, name)
    too_small = message.startswith("optimus.memories.")
    assert case.right_for_python() == (refused == 0 or too_small), (where, message)
    if refused:
        assert message.count("\n") == 0 and message, where
        return False
    expected = case.trace.macs(case.skipping)
    numbers = {name: case.numbers(name) for name in answers}
    assert numbers["values"]["macs"] == expected, where
    assert numbers["values"]["target_tokens"] == sum(t for _, t in case.trace.lengths), where
    assert numbers["values"] == numbers["shapes"] == numbers["tick"], where
    return True


def run_cases(seeds, folder):
    """The accepted ones among the cases."""
    cases = [Case(seed, folder) for seed in seeds]
    for case in cases:
        case.check = lockstep("check", *case.words())
    jobs = [(case, name, words) for case in cases for name, words in case.jobs().items()]
    answers = {case: {} for case in cases}
    for (case, name, _), answer in zip(jobs, batch([words for *_, words in jobs]), strict=True):
        answers[case][name] = answer
    return [case for case in cases if judge(case, answers[case], folder)]


def run_block(seeds, folder):
    """How many of the cases are accepted, and how often each kind of operator occurs in those."""
    folder.mkdir()
    accepted = run_cases(seeds, folder)
    shutil.rmtree(folder)
    return len(accepted), collections.Counter(op["kind"] for case in accepted for op in case.trace.operators)


@pytest.mark.parametrize("part", range(PARTS))
def test_check_and_run_agree_and_macs_are_those_of_the_graph(part, tmp_path):
    count = GRAPHS // PARTS
    blocks = [range(first, first + AT_ONCE) for first in range(part * count, (part + 1) * count, AT_ONCE)]
    with concurrent.futures.ProcessPoolExecutor() as processes:
        results = list(processes.map(run_block, blocks, [tmp_path / str(seeds[0]) for seeds in blocks]))
    assert sum(len(seeds) for seeds in blocks) == count
    accepted, kinds = sum(a for a, _ in results), sum((k for _, k in results), collections.Counter())
    assert accepted >= 0.4 * count, accepted
    assert min(kinds[kind] for kind in KINDS) >= 200, kinds
