"""Random networks of all kinds on OPTIMUS: what check calls right runs, in both engines, and does the graph's work."""

import collections
import concurrent.futures
import csv
import json
import os
import random
import shutil

from lockstep_program import batch, files_of, lockstep, run_ok
from random_networks import ALL_KINDS, MAP_KINDS, random_network
from token_work import ELEMENTWISE, Work

from scripts.export.graph_shapes import Map
from scripts.export.trace import write_trace

NETWORKS = 4000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 1000
AT_ONCE = 50
TOKEN_KINDS = [kind for kind in ALL_KINDS if kind not in MAP_KINDS]
SKIPPING = ("redundant_decoding", "cross_kv_once", "project_all_positions", "masked_scores")
VARIANTS = (
    (),
    ("load_compute_matching=false",),
    ("post_processing.softmax_overlap=false", "post_processing.elementwise_lanes=3"),
    ("fuse_shared_inputs=false", "post_processing.elementwise_latency_cycles=0"),
    ("mac_array.weight_hold=false",),
    ("mac_array.macs=4", "mac_array.accumulators_per_mac=2"),
    ("memories.weight_store=streamed",),
    ("memories.embedding_store=on_chip",),
    ("memories.embedding_store=dram", "memories.weight_store=streamed"),
    ("precision.activation_bits=16",),
    ("memories.global_buffer_kib=1", "memories.kv_store_kib=1"),
)
ROOMY = ("memories.global_buffer_kib=4096", "memories.kv_store_kib=4096")


class Case:
    def __init__(self, seed, folder):
        rng = random.Random(seed)
        self.seed, self.folder = seed, folder
        self.trace = random_network(seed, maps=rng.random() < 0.25)
        skips = rng.random() < 0.5
        self.skipping = {key: not skips and rng.random() < 0.5 for key in SKIPPING} | {"redundant_decoding": skips}
        chosen = rng.choice(VARIANTS)
        settings = [*(ROOMY if "kib" not in str(chosen) else ()), *chosen]
        if not skips:
            settings += [f"skipping.{key}={str(value).lower()}" for key, value in self.skipping.items()]
        self.settings = [word for setting in settings for word in ("--set", f"optimus.{setting}")]
        write_trace(folder / f"{seed}.safetensors", self.trace)
        self.workload = folder / f"{seed}.yaml"
        self.workload.write_text(f"kind: trace\ntrace: {seed}.safetensors\n")

    def words(self, *options):
        return ["optimus-tiny", str(self.workload), *self.settings, *options]

    def jobs(self):
        options = {"skip": [], "tick": ["--engine", "tick"], "shapes": ["--no-values"]}
        return {name: ["run", *self.words(*words), "-o", str(self.out(name))] for name, words in options.items()}

    def out(self, name):
        return self.folder / f"{self.seed}-{name}"

    def without_unit(self):
        work = Work(self.trace, self.skipping)
        inputs = [len(value["shape"]) for value in self.trace.model.get("inputs", ())]
        maps = 3 in inputs or any(isinstance(shape, Map) for shape in work.shapes.values())
        return maps or any(op["kind"] in MAP_KINDS for op in work.operators)

    def summary(self, name):
        summary = json.loads((self.out(name) / "summary.json").read_text())
        metrics = {key: metric["value"] for key, metric in summary["metrics"].items() if key != "compared_values"}
        return metrics | {key: summary[key] for key in ("counters", "energy")}

    def priced(self):
        """Unit, counter, event -> the counts of such rows of energy.csv."""
        counts = collections.defaultdict(list)
        with open(self.out("skip") / "energy.csv", newline="") as file:
            for row in csv.DictReader(file):
                counts[row["unit"], row["counter"], row["event"]].append(int(float(row["count"])))
        return counts


def check_work(case):
    """The counters, and what is priced, against the graph's own work."""
    work, numbers = Work(case.trace, case.skipping), case.summary("skip")
    assert numbers["macs"] == work.macs()
    expected = {
        ("softmax", "elements", "softmax_element"): work.probabilities(),
        ("add_norm", "elements", "norm_element"): work.results(("norm",)),
    }
    if work.kinds() & set(ELEMENTWISE):
        sums, rotated = work.results(("add",)), work.results(("rotary",))
        products, joined = work.results(("multiply",)), work.results(("concat",))
        averaged = work.results(("global_average",), of_input=("global_average",))
        if rotated:
            expected["rotary_tables", "rotated", "sram_read"] = rotated
        expected |= {
            ("elementwise", "scales", "multiply"): 2 * sums + 2 * rotated + joined,
            ("elementwise", "sums", "add"): 2 * sums + products + 2 * rotated + joined + averaged,
            ("elementwise", "activations", "sram_read"): work.results(("activation",)),
        }
    if biased := work.biased_scores():
        expected["score_biases", "biased_scores", "sram_read"] = biased
    counts = case.priced()
    wide = 2 if "optimus.precision.activation_bits=16" in case.settings else 1
    for key, count in expected.items():
        factor = wide if key[1] == "activations" else 1
        assert counts[key] == [count * factor], key
    check_first_tokens(case, work)
    if "embedding_store" not in str(case.settings):
        embedded = work.results(("embedding", "constant")) + given(work)
        assert numbers["counters"]["embedder"]["host_bytes"] == embedded * wide


def check_first_tokens(case, work):
    """Of a decoder: the step that computes the prompt, all of it where no second one follows."""
    with open(case.out("skip") / "sentences.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert ("first_token_cycles" in rows[0]) == (work.kind == "decoder")
    for row, sentence in zip(rows, work.sentences, strict=True):
        assert int(row["target_tokens"]) == sentence.steps
        if work.kind == "decoder":
            first, all_cycles = int(row["first_token_cycles"]), int(row["cycles"])
            assert 0 < first <= all_cycles and (first == all_cycles) == (sentence.steps == 1)


def given(work):
    """Elements of the tensors that a feed-forward network is fed with."""
    shapes = [value["shape"] for value in work.trace.model.get("inputs", ())]
    return len(work.sentences) * sum(rows * features for rows, features in shapes)


def judge(case, answers):
    refused, message = case.check.returncode, case.check.stderr.removeprefix("lockstep: error: ").strip()
    for answer in answers.values():
        assert answer == (refused, message)
    assert refused in (0, 2)
    if refused:
        too_small = message.startswith("optimus.memories.")
        assert case.without_unit() or too_small, message
        return False
    assert not case.without_unit()
    assert files_of(case.out("skip")) == files_of(case.out("tick"))
    assert case.summary("skip") == case.summary("shapes")
    check_work(case)
    return True


def run_block(seeds, folder):
    folder.mkdir()
    cases = [Case(seed, folder) for seed in seeds]
    jobs = []
    for case in cases:
        case.check = lockstep("check", *case.words())
        jobs += [(case, name, words) for name, words in case.jobs().items()]
    answers = {case: {} for case in cases}
    for (case, name, _), answer in zip(jobs, batch([words for *_, words in jobs]), strict=True):
        answers[case][name] = answer
    accepted = []
    for case in cases:
        try:
            if judge(case, answers[case]):
                accepted.append(case)
        except AssertionError as error:
            raise AssertionError(f"network {case.seed}: {case.words()}: {error}") from error
    shutil.rmtree(folder)
    return len(accepted), collections.Counter(op["kind"] for case in accepted for op in case.trace.graph["operators"])


def test_random_networks_run_and_do_the_work_of_their_graphs(tmp_path):
    blocks = [range(first, first + AT_ONCE) for first in range(0, NETWORKS, AT_ONCE)]
    with concurrent.futures.ProcessPoolExecutor() as processes:
        results = list(processes.map(run_block, blocks, [tmp_path / str(seeds[0]) for seeds in blocks]))
    accepted, kinds = sum(a for a, _ in results), sum((k for _, k in results), collections.Counter())
    assert accepted >= 0.4 * NETWORKS, accepted
    assert min(kinds[kind] for kind in TOKEN_KINDS) >= 200, kinds


def test_list_names_the_operators_that_run():
    listed = json.loads(run_ok("list", "--json").stdout)["operators"]
    runs = {entry["name"] for entry in listed if "optimus" in entry["description"].split(", ")}
    assert runs == {*TOKEN_KINDS, "input"}
    assert {entry["name"] for entry in listed} == {*ALL_KINDS, "input"}
