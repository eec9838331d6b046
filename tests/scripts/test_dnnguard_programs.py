"""Register programs of NVDLA on the array of their configuration: what check calls right runs, alike in both engines."""

import csv
import json
import re

from lockstep_program import ROOT, error_of, files_of, lockstep, run_ok
from nvdla_random import KINDS, Program

EXAMPLE = ROOT / "tests/nvdla/example.yaml"
ARRAYS = {"nv_small": "nv-small", "nv_small_256": "nv-small-256", "nv_large": "nv-large"}
PROGRAMS = 16  # of each kind


def metrics(folder):
    return {name: metric["value"] for name, metric in json.loads((folder / "summary.json").read_text())["metrics"].items()}


def test_the_example_takes_as_long_as_its_rules_say(tmp_path):
    """A 1 x 1 convolution of 2 blocks in 2 kernel groups over 6 pixels: by hand from the RTL's rules for nv_small."""
    run_ok("run", "nv-small", EXAMPLE, "-o", tmp_path)
    found = metrics(tmp_path)
    # First weights 28 cycles after the enable; 15 beats of 128 bytes of weights and 24 atoms of 12 (of 8 bytes) of data.
    assert found["macs"] == 3 * 2 * 10 * 12 and found["written_bytes"] == 96 and found["compared_values"] == 96
    assert found["read_bytes"] == 128 + 2 * 3 * 2 * 8
    with open(tmp_path / "layers.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    # Each group: 2 channel blocks, a stripe of 6 outputs each, which the weight port stretches to 8 cycles.
    assert int(row["busy_cycles"]) == 2 * 2 * 6 and int(row["weight_port_waits_cycles"]) <= 2 * 2 * 2


def test_random_programs_run_alike_or_are_refused_by_line(tmp_path):
    ran = 0
    for kind in KINDS:
        for seed in range(PROGRAMS):
            folder = tmp_path / f"{kind}-{seed}"
            folder.mkdir()
            path = Program(seed, kind).write_to(folder)
            array = ARRAYS.get(re.search(r"configuration: (\w+)", path.read_text())[1])
            if array is None:
                continue
            check = lockstep("check", array, path)
            skip = lockstep("run", array, path, "-o", folder / "skip")
            tick = lockstep("run", array, path, "-o", folder / "tick", "--engine", "tick")
            assert check.returncode == skip.returncode == tick.returncode, (kind, seed, check.stderr, skip.stderr, tick.stderr)
            if skip.returncode:
                assert skip.returncode == 2 and skip.stderr == tick.stderr and skip.stderr.count("\n") == 1, (kind, seed, skip.stderr)
                continue
            ran += 1
            found, other = files_of(folder / "skip"), files_of(folder / "tick")
            assert all(found[name] == other[name] for name in found if name != "summary.json"), (kind, seed)
            assert metrics(folder / "skip") == metrics(folder / "tick")
    assert ran >= PROGRAMS / 2, ran  # of seven configurations three are arrays here


def test_a_program_for_other_sizes_is_refused_with_both():
    message = error_of("run", "nv-large", EXAMPLE, code=2)
    assert message == (
        "workload 'example' is a program for nv_small, of 8 rows, 8 lanes and atoms of 8 bytes; this array has 32, 64 and 32"
    )
