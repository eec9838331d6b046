"""The program's reference and the scripts' arithmetic give every operator of random networks the same output."""

import json
import os
import subprocess
from collections import Counter

import numpy as np
from lockstep_program import PROGRAM
from random_networks import ALL_KINDS, random_network

from scripts.export.graph_rules import KINDS
from scripts.export.integer_reference import IntegerModel
from scripts.export.trace_samples import samples_of

RESULTS = PROGRAM.parents[2] / "tests/readers/operator_results"
NETWORKS = 3000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 120
FIRST = 5000  # seed


def question(operator, trace, outputs, masks):
    """The operator, its tensors and its inputs as one line."""
    fields, tensors = dict(operator), KINDS[operator["kind"]].tensors()
    for key in tensors.keys() & fields.keys():
        fields[key] = trace.tensors[operator[key]].tolist()
    if "mask" in tensors:
        fields.pop("mask", None)  # of pruning: weights outside of it are 0
    if operator["kind"] == "softmax":
        fields |= masks[operator["inputs"][0]]
    return json.dumps(fields | {"inputs": [outputs[name].tolist() for name in operator["inputs"]]})


def questions_of(trace):
    """(question, output) of each operator, for each sample with all rows at once."""
    model = IntegerModel(trace)
    masks = {op["name"]: {k: op[k] for k in ("mask", "window") if k in op} for op in trace.operators}
    for sample in samples_of(trace.model, trace.reference["samples"], trace.tensors):
        outputs = model.run(sample)
        for operator in trace.operators:
            yield operator["kind"], question(operator, trace, outputs, masks), outputs[operator["name"]]


def test_every_operator_of_random_networks():
    asked = [q for seed in range(NETWORKS) for q in questions_of(random_network(FIRST + seed))]
    lines = "".join(line + "\n" for _, line, _ in asked)
    done = subprocess.run([str(RESULTS)], input=lines, capture_output=True, text=True, timeout=1200)
    answers = done.stdout.splitlines()
    assert done.returncode == 0 and len(answers) == len(asked), done.stderr
    for (kind, line, output), answer in zip(asked, answers):
        found = json.loads(answer)
        assert "error" not in found and np.array_equal(found["output"], output), (kind, line[:2000], found)
    kinds = Counter(kind for kind, *_ in asked)
    assert min(kinds[kind] for kind in ALL_KINDS) >= 0.4 * NETWORKS, kinds
