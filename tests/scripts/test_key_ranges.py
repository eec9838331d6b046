"""The range that `lockstep keys` documents is the range that is accepted, and the one that a refusal states: for all keys."""

import json
import random
import re
import shutil

import pytest

from lockstep_program import ROOT, lockstep, run_ok

MACHINES = {  # under one of them each key of the machine is read
    "optimus": [["optimus"], ["optimus-baseline"], ["optimus-tiny-dram"],
                ["optimus", "--set", "optimus.mac_array.sparse.column_mark=pointer", "--set", "optimus.mac_array.sparse.row_mark=zeros"]]
    + [["optimus", "--set", f"optimus.{s}"] for s in (
        "input_window.scope=two_level", "input_window.scope=per_set", "memories.weight_store=streamed", "memories.embedding_store=on_chip", "mac_array.sparse.column_mark=delta")],
    "poetbin": [["poetbin"], ["poetbin-serial"], ["poetbin-columns"], ["poetbin-fabric"]]
    + [["poetbin", "--set", "poetbin.spatial.glitches=true"], ["poetbin-fabric", "--set", "poetbin.fabric.banks=2"]],
}
WORKLOADS = [["tiny"], ["tiny-synthetic"], ["tiny-luts"], ["tiny-luts", "--set", "workload.stimulus=random"], ["tiny-products"],
             ["squeezenet-1.1"], ["gpt-2-small"]]
WORKLOADS += [["tiny-synthetic", "--set", f"workload.mask.kind={kind}"] for kind in ("iid", "skewed")]
BEYOND = "a whole number beyond -2^63 to 2^64 - 1"  # of no key
ROW = re.compile(r"^\| `([^`]+)` \| (integer|number|list of integers) \|[^|]*\| ([^|]*) \|", re.MULTILINE)


def ranges(section):
    return [(name, kind, *text.split(" … ")) for name, kind, text in ROW.findall(run_ok("keys", section, "--markdown").stdout)]


def answers(commands, key, value):
    """What `check` says of the value, of those commands under which the key is read."""
    said = [lockstep("check", *words, "--set", f"{key}={value}") for words in commands]
    return [done for done in said if "is read only when" not in done.stderr]


def beyond(kind, low, high):
    """Values just outside; of a number also text that is none."""
    step = 1 if "integer" in kind else 1e-6
    number = int if "integer" in kind else float
    outside = [number(high) + step] + ([number(low) - step] if number(low) > 0 else [])
    texts = [repr(value) for value in outside] + ["-1", "many"]
    return [f"[{text}]" for text in texts] if kind == "list of integers" else texts


def assert_refused(commands, key, kind, low, high):
    for value in beyond(kind, low, high):
        said = answers(commands, key, value)
        assert said, f"no command reads {key}"
        for done in said:
            assert done.returncode == 2, (key, value, done.stdout)
            said = f"number {low} … {high}" in done.stderr or value == str(2**64) and BEYOND in done.stderr
            assert said, (key, value, done.stderr)


@pytest.mark.parametrize("machine", MACHINES)
def test_ranges_of_machine_keys(machine):
    rows = [row for row in ranges(machine) if row[0] != "clock_mhz"]
    assert len(rows) > 9
    for key, kind, low, high in rows:
        assert_refused(MACHINES[machine], key, kind, low, high)
        for value in (low, high):
            text = f"[{value}]" if kind == "list of integers" else value
            for done in answers(MACHINES[machine], key, text):
                assert "is not a" not in done.stderr and "holds a value" not in done.stderr, (key, value, done.stderr)


def test_ranges_of_workload_keys():
    rows = [row for row in ranges("workload") if "[]" not in row[0]]  # keys in lists: tests/unit/workload/kinds
    assert len(rows) > 20
    for key, kind, low, high in rows:
        assert_refused(WORKLOADS, f"workload.{key}", kind, low, high)


@pytest.mark.parametrize("seed", [0, 2**32, 2**63, 2**64 - 1])
def test_every_seed_of_64_bits_is_taken(seed, tmp_path):
    run_ok("check", "tiny-synthetic", "--set", f"workload.seed={seed}")
    run_ok("check", "tiny-synthetic", "--seed", seed)
    glitches = ["--set", "poetbin.spatial.glitches=true", "--set", f"poetbin.spatial.delay_seed={seed}"]
    run_ok("run", "poetbin", "tiny-luts", "-o", tmp_path / "out", *glitches)


@pytest.mark.parametrize("bits", range(8, 17))
def test_every_width_has_a_price(bits, tmp_path):
    width = ["--set", f"optimus.precision.activation_bits={bits}", "--set", f"optimus.precision.weight_bits={24 - bits}"]
    run_ok("check", "optimus-tiny", "tiny-synthetic", *width)
    run_ok("run", "optimus-tiny", "tiny-synthetic", "-o", tmp_path / "out", *width)


@pytest.mark.parametrize("machine, workload, event", [
    ("optimus-tiny", "tiny-synthetic", "softmax_element"),
    ("optimus-tiny", "tiny-synthetic", "register_leakage"),
    ("poetbin", "tiny-luts", "lut_toggle"),
    ("poetbin-fabric", "tiny-luts", "lut_wire_toggle"),
])
def test_check_refuses_what_run_cannot_price(machine, workload, event, tmp_path):
    folder = tmp_path / "arch-configs"
    shutil.copytree(ROOT / "arch-configs", folder)
    for table in (folder / "energy").glob("*.yaml"):
        table.write_text(table.read_text().replace(f"event: {event},", f"event: other_{event},"))
    for command in (["check"], ["run"]):
        done = lockstep(*command, folder / f"{machine}.yaml", workload)
        assert done.returncode == 2 and f"has event: {event} of" in done.stderr, (command, done.stderr)


def test_key_of_a_preset_that_no_longer_applies_is_taken_out_as_the_message_says():
    words = ["check", "optimus", "--set", "optimus.mac_array.sparse.format=rcsc"]
    for _ in range(9):
        done = lockstep(*words)
        if done.returncode == 0:
            return
        words += ["--set", re.search(r"or add --set (\S+)$", done.stderr.strip())[1]]
    raise AssertionError(done.stderr)


NUMBERS = next(part["keys"] for part in json.loads((ROOT / "docs/keys.json").read_text())["sections"] if part["name"] == "workload")
NUMBERS = {key["key"]: (key["minimum"], key["maximum"]) for key in NUMBERS if key["type"] == "number"}
READERS = {"density": ["squeezenet-1.1"], "ones_percent": ["tiny-luts", "--set", "workload.stimulus=random"], "row_sigma": ["tiny-products"], "column_sigma": ["tiny-products"]}


def command_with(key, value, folder):
    """A check that reads the key, with this value: one in a list of blocks stands in a file of its own."""
    if not key.startswith("matrices[]."):
        return ["check", *READERS.get(key, ["tiny-synthetic"]), "--set", f"workload.{key}={value}"]
    shares = {"density": 0.5, key.removeprefix("matrices[]."): value}
    text = ", ".join(f"{name}: {share}" for name, share in shares.items())
    path = folder / "matrices.yaml"
    path.write_text(f"kind: matrices\nmatrices:\n  - {{name: a, rows: 8, columns: 8, {text}}}\n")
    return ["check", path]


@pytest.mark.parametrize("key", NUMBERS)
def test_every_number_within_its_documented_range_is_taken_and_none_beyond(key, tmp_path):
    low, high = NUMBERS[key]
    draw = random.Random(key)
    for value in [low, high, *(draw.uniform(low, high) for _ in range(3))]:
        run_ok(*command_with(key, value, tmp_path))
    for value in [low - 1e-9, high + 1e-9, high + draw.random()]:
        done = lockstep(*command_with(key, value, tmp_path))
        assert done.returncode == 2 and f"is not a number {low:g} … {high:g}" in done.stderr, (value, done.stderr)
