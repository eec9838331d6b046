"""Every architecture runs the tiny workloads that its accelerator takes, with both engines, and gives the numbers kept in
tests/golden.

A number that is meant to change: GOLDEN_WRITE=1 pytest tests/scripts/test_golden.py, and say why in the commit.
"""

import json
import os

import pytest

from lockstep_program import ROOT, lockstep, run_ok

GOLDEN = ROOT / "tests" / "golden"


def names(folder, pattern="*.yaml"):
    return sorted(path.stem for path in (ROOT / folder).glob(pattern))


PAIRS = [
    (arch, workload)
    for arch in names("arch-configs")
    for workload in names("workloads", "tiny*.yaml")
    if lockstep("check", arch, workload).returncode == 0  # one that is refused by mistake leaves its file over
]


def numbers(folder):
    """Metrics, counters, energy and area of a result; not the revision, which changes with each commit."""
    summary = json.loads((folder / "summary.json").read_text())
    return {key: summary[key] for key in ("metrics", "counters", "energy", "area")}


@pytest.mark.parametrize("arch, workload", PAIRS)
def test_numbers_are_those_kept(arch, workload, tmp_path):
    for engine in ("skip", "tick"):
        run_ok("run", arch, workload, "-o", tmp_path / engine, "--engine", engine)
    got = numbers(tmp_path / "skip")
    assert got == numbers(tmp_path / "tick")
    golden = GOLDEN / f"{arch}-{workload}.json"
    if os.environ.get("GOLDEN_WRITE"):
        golden.write_text(json.dumps(got, indent=1) + "\n")
    assert got == json.loads(golden.read_text())


def test_no_golden_file_is_left_over():
    expected = {f"{arch}-{workload}.json" for arch, workload in PAIRS}
    assert {path.name for path in GOLDEN.glob("*.json")} == expected
