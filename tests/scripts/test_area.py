"""Area: what a judge of its own makes of the energy files; said by `check` before a run; an axis of sweeps and figures."""

import csv
import json
import re
import shutil

import pytest

pytest.importorskip("yaml", reason="needs python3-yaml")

from area_judge import faults
from lockstep_program import ROOT, error_of, run_ok

ENERGY = ROOT / "arch-configs/energy"
FILES = {"optimus": ["28nm.yaml"], "poetbin": ["45nm.yaml", "luts-45nm.yaml"]}
MEMORIES = "optimus.memories"
CASES = [
    ("optimus-tiny", "tiny", []),
    ("optimus-tiny-streamed", "tiny", ["clock_mhz=700"]),
    ("optimus-tiny", "tiny", ["clock_mhz=900", f"{MEMORIES}.weight_entries_per_fetch=4", f"{MEMORIES}.weight_access_cycles=4"]),
    ("optimus-tiny-two-level", "tiny", [f"{MEMORIES}.global_buffer_kib=40000", f"{MEMORIES}.embedding_store=on_chip"]),
    ("optimus", "tiny", ["optimus.precision.activation_bits=12", "optimus.precision.accumulator_bits=40"]),
    ("poetbin", "tiny-luts", []),
    ("poetbin-columns", "tiny-luts", []),
    ("poetbin-crossbar", "tiny-luts", []),
    ("poetbin-fabric", "tiny-luts", ["poetbin.argmax=true"]),
]


def energy_files(architecture):
    return [ENERGY / name for name in FILES[architecture.split("-")[0]]]


def result(folder, architecture, workload, settings=()):
    run_ok("run", architecture, workload, "-o", folder, *(word for key in settings for word in ("--set", key)))
    return folder


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


@pytest.mark.parametrize("architecture, workload, settings", CASES)
def test_areas_follow_from_the_energy_files(architecture, workload, settings, tmp_path):
    assert faults(result(tmp_path / "run", architecture, workload, settings), energy_files(architecture)) == []


def test_judge_sees_a_changed_row_price_and_sum(tmp_path):
    folder = result(tmp_path / "run", "optimus-tiny", "tiny")
    files = energy_files("optimus")
    table, whole = (folder / "area.csv").read_text(), (folder / "summary.json").read_text()
    for row in csv.DictReader(table.splitlines()):
        changed = table.replace(f",{row['mm2_total']},", f",{float(row['mm2_total']) * 1.001},")
        (folder / "area.csv").write_text(changed)
        assert any(f"{row['unit']}, {row['component']}" in fault for fault in faults(folder, files))
    (folder / "area.csv").write_text(table)
    document = json.loads(whole)
    document["area"]["units"]["softmax"]["logic_mm2"] += 1e-6
    (folder / "summary.json").write_text(json.dumps(document))
    assert len(faults(folder, files)) == 1
    (folder / "summary.json").write_text(whole)
    shutil.copytree(ENERGY, tmp_path / "energy")
    other = tmp_path / "energy/28nm.yaml"
    other.write_text(other.read_text().replace("factor: 1.5", "factor: 1.6"))
    assert faults(folder, [other]) != []


@pytest.mark.parametrize(
    "architecture, workload",
    [("poetbin-tiny", "tiny-luts"), ("optimus-tiny", "tiny"), ("optimus-tiny-per-set", "tiny"), ("optimus-baseline", "tiny")],
)
def test_check_says_the_area_of_the_run(architecture, workload, tmp_path):
    said = run_ok("check", architecture, workload).stdout
    total, sram, logic = map(float, re.search(r"^area: (\S+) mm2, \d+ nm; SRAM (\S+), logic (\S+)$", said, re.M).groups())
    area = summary(result(tmp_path / "run", architecture, workload))["area"]
    for shown, exact in ((total, "total_mm2"), (sram, "sram_mm2"), (logic, "logic_mm2")):
        assert f"{area[exact]:.4g}" == f"{shown:.4g}"


def test_run_says_it_with_the_units(tmp_path):
    said = run_ok("run", "optimus-tiny", "tiny", "-o", tmp_path / "run").stdout
    block = said[said.index("\narea, 28 nm\n") :].splitlines()
    assert "area_mm2" in block[2] and "mm2  (SRAM " in block[2]
    units = {line.split()[0] for line in block[3:] if line.startswith("    ")}
    assert units == summary(tmp_path / "run")["area"]["units"].keys()


def changed_table(tmp_path, old, new):
    """optimus-tiny with a changed energy file."""
    shutil.copytree(ENERGY, tmp_path / "energy")
    table = tmp_path / "energy/28nm.yaml"
    text = table.read_text()
    assert len(re.findall(old, text, re.S)) == 1
    table.write_text(re.sub(old, new, text, flags=re.S))
    shutil.copy(ROOT / "arch-configs/optimus-tiny.yaml", tmp_path / "arch.yaml")
    return tmp_path / "arch.yaml"


@pytest.mark.parametrize(
    "old, new, message",
    [
        (r"\nareas:.*?(?=logic_area)", "\n", "no row of 'areas' has component: flip_flop of 1 bits or more, which unit 'mac_array' needs"),
        (r"component: multiply, width_bits: 32", "component: multiply, width_bits: 31", "has component: multiply of 32 bits or more"),
        (r"logic_area_overhead:.*", "", "no block 'logic_area_overhead', which unit 'mac_array' needs"),
    ],
)
def test_check_and_run_refuse_a_table_without_an_area(tmp_path, old, new, message):
    arch = changed_table(tmp_path, old, new)
    for command in (["check", arch, "tiny"], ["run", arch, "tiny", "-o", tmp_path / "out"]):
        assert message in error_of(*command, code=2)
    assert not (tmp_path / "out").exists()


def test_compare_has_it_by_unit(tmp_path):
    result(tmp_path / "a", "optimus-tiny", "tiny")
    result(tmp_path / "b", "optimus-tiny", "tiny", ["optimus.post_processing.norm_lanes=9"])
    rows = json.loads(run_ok("compare", tmp_path / "a", tmp_path / "b", "--json").stdout)["rows"]
    found = {row["metric"]: row for row in rows}
    assert found["area_mm2"]["difference"] > 0 and found["area_mm2"]["unit"] == "mm2"
    assert found["area.add_norm.logic_mm2"]["ratio"] > 1 and found["area.softmax.total_mm2"]["ratio"] == 1
