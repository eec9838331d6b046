"""The study of look-up-table classifiers: its tables are what the committed programs give."""

import csv
import json
import shutil

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from lockstep_program import PROGRAM, ROOT  # noqa: E402
from scripts.export.lut_activity import activity  # noqa: E402
from scripts.export.lut_file import read_program  # noqa: E402
from scripts.export.lut_program import unpack_rows  # noqa: E402
from scripts.studies import poetbin, poetbin_activity, poetbin_energy, poetbin_luts  # noqa: E402
from scripts.studies.poetbin_energy import COMPUTING, READING, TABLES  # noqa: E402

COMMITTED = ROOT / "results" / poetbin.STUDY
CELLS = ("lstp", "lstp_hp", "hp")
TINY = ROOT / "workloads/traces/tiny-luts.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    shutil.copy(COMMITTED / "README.md", folder)
    poetbin.main(["-o", str(folder), "--lockstep", str(PROGRAM), "-j", "2"])
    return folder


@pytest.mark.parametrize("name", ["accuracy.csv", "tables.csv", "toggles.csv", "joules.csv", "machines.csv", "README.md"])
def test_committed_results_are_what_the_study_makes(folder, name):
    assert (folder / name).read_text() == (COMMITTED / name).read_text()


def test_last_stage_is_what_the_program_scores(folder):
    stages = pd.read_csv(folder / "accuracy.csv")
    for name, found in stages.groupby("program"):
        vectors = read_program(ROOT / f"workloads/traces/{name}-luts.safetensors").vectors
        right = np.mean(vectors.scores.argmax(axis=1) == vectors.labels)
        last = found["test_accuracy_percent"].iloc[-1]
        everything = json.loads((COMMITTED / f"training/{name}.json").read_text())
        assert len(everything["stages"]) == 6
        assert abs(100 * right - last) < (1e-4 if name == "digits" else 1.5)


@pytest.fixture(scope="module")
def tiny():
    return read_program(TINY)


def test_tables_with_six_inputs_or_fewer_are_one_lut6(tiny):
    found = poetbin_luts.table({"tiny": tiny})
    assert list(found["lut6"]) == list(found["lut6_without_constant_pins"]) == [48, 23, 9, 15]
    assert list(poetbin_luts.lut6([0, 1, 6, 7, 8, 12])) == [0, 1, 1, 2, 4, 64]


def test_constant_pins_make_a_wide_table_smaller():
    found = poetbin_luts.table({"digits": read_program(ROOT / "workloads/traces/digits-luts.safetensors")})
    mats = found.set_index("level").loc["mat2"]
    assert mats["lut6"] == 4 * 80 and mats["lut6_without_constant_pins"] == 80  # four live pins or fewer


def test_shifted_inputs_are_the_register_of_a_serial_port(tiny):
    rows = unpack_rows(tiny.vectors.inputs, tiny.inputs)
    shifted = poetbin_activity.stimuli(tiny)[poetbin_activity.SHIFTED]
    register, seen = list(rows[0]), [list(rows[0])]
    for bit in rows[1 : poetbin_activity.SHIFTED_SAMPLES + 1].ravel():
        register = [*register[1:], bit]
        seen.append(list(register))
    assert shifted.tolist() == seen


def test_energy_is_counts_times_rows(tiny):
    ours = poetbin_energy.table({"tiny": tiny}, {"tiny": (64, 64)}, 45, {"tiny": 0.5}).iloc[0]
    assert ours["classifier"] == TABLES
    order = poetbin_activity.table({"tiny": tiny})
    order = order[order["stimulus"] == poetbin_activity.TEST_ORDER].set_index("level")
    by_pins = sum(level.by_pins for level in activity(tiny, unpack_rows(tiny.vectors.inputs, tiny.inputs)).levels)
    outputs, pins, _ = (by_pins / order["transitions"].iloc[0]).T  # tables of 0 to 3 live pins
    assert outputs[2] > 0 and outputs[3] > 0 and outputs.sum() == pytest.approx(order["output_toggles"].sum())
    inside = pins @ [0, 0.001635, 0.001684, 0.001767] + outputs @ [0, 0.0006661, 0.001319, 0.002442]
    assert ours["arithmetic_pj"] == pytest.approx(inside)
    assert ours["wires_pj"] == pytest.approx(order["pin_toggles"].sum() * 0.03474)
    clock = (tiny.inputs + 15) * 0.00537
    changes = order["input_toggles"].iloc[0] + order["output_toggles"].iloc[-1]
    assert ours["registers_pj"] == pytest.approx(clock + changes * 0.00631)


def test_reads_of_weights_are_counted_apart(tiny):
    found = poetbin_energy.table({"tiny": tiny}, {"tiny": (64, 64)}, 45, {"tiny": 0.5})
    by_key = found.set_index(["classifier", "counted"])
    assert (TABLES, READING) not in by_key.index
    with_reads, without = (by_key.loc[("INT8", c), "total_pj"] for c in (READING, COMPUTING))
    assert with_reads == pytest.approx(without + 4096 / 8 * 3.3855)
    ratios = by_key["total_pj"] / by_key.loc[(TABLES, COMPUTING), "total_pj"]
    assert np.allclose(ratios, by_key["times_the_tables"])
    ours = by_key.loc[(TABLES, COMPUTING)]
    with_leakage = by_key["total_pj"] / (ours["total_pj"] + 0.5)
    assert ours["leakage_pj"] == 0.5 and np.allclose(with_leakage, by_key["times_the_tables_with_leakage"])


def test_reads_of_weights_have_a_band_over_the_kinds_of_cells(tiny):
    found = poetbin_energy.table({"tiny": tiny}, {"tiny": (64, 64)}, 45, {"tiny": 0.5}).set_index(["classifier", "counted"])
    row = found.loc[("INT8", READING)]
    with (ROOT / "arch-configs/energy/sram-cacti7.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["node_nm"] == "45" and int(r["width_bits"]) >= 64]
    each = [min(float(r["read_pj"]) for r in rows if r["cells"] == c and int(r["capacity_bytes"]) >= 4096) for c in CELLS]
    assert row["total_pj"] - row["memory_pj"] == pytest.approx(4096 * 0.3)
    band = [row["arithmetic_pj"] + 4096 / 8 * end(each) for end in (min, max)]
    assert [row["total_pj_low"], row["total_pj_high"]] == pytest.approx(band)
    assert band[0] < band[1]


def test_energies_of_machines_are_counts_with_bands_over_the_spatial_one(folder):
    machines = pd.read_csv(folder / "machines.csv")
    for _, found in machines.groupby("program"):
        by_machine = found.set_index("machine")
        spatial, columns = by_machine.loc["spatial"], by_machine.loc["columns, K = 1"]
        for row in (spatial, columns):
            parts = [row[f"{part}_pj_per_sample"] for part in ("dynamic", "clock", "leakage")]
            assert row["total_pj_per_sample"] == pytest.approx(sum(parts), rel=1e-5)
        for end in ("", "_low", "_high"):
            ratio = columns[f"total_pj_per_sample{end}"] / spatial["total_pj_per_sample"]
            assert columns[f"energy_ratio{end}"] == pytest.approx(ratio, rel=1e-4)
        assert columns["leakage_pj_per_sample_high"] > 100 * columns["leakage_pj_per_sample"]
        without = columns["dynamic_pj_per_sample"] + columns["clock_pj_per_sample"]
        over = spatial["dynamic_pj_per_sample"] + spatial["clock_pj_per_sample"]
        assert columns["energy_ratio_without_leakage"] == pytest.approx(without / over, rel=1e-4)


def test_machine_and_plain_counting_give_the_same_energy_and_tables(folder):
    """Both take the mean of the transitions; the machine's clock runs two cycles more than there are samples."""
    machines = pd.read_csv(folder / "machines.csv").set_index(["program", "machine"])
    joules = pd.read_csv(folder / "joules.csv").set_index(["program", "classifier", "counted"])
    sizes = pd.read_csv(folder / "tables.csv").groupby("program").sum(numeric_only=True)
    for name in sizes.index:
        spatial = machines.loc[name, "spatial"]
        assert spatial["program_luts"] == sizes.loc[name, "luts"]
        assert spatial["program_lut6"] == sizes.loc[name, "lut6_without_constant_pins"]
        ours = joules.loc[(name, TABLES, COMPUTING), "total_pj"]
        machine = spatial["dynamic_pj_per_sample"] + spatial["clock_pj_per_sample"]
        assert machine == pytest.approx(ours, rel=1e-4)


def test_every_machine_classifies_alike_and_fewer_tables_take_more_clocks(folder):
    machines = pd.read_csv(folder / "machines.csv")
    for _, found in machines.groupby("program"):
        assert found["accuracy_percent"].nunique() == 1 and (found["compared_values"] > 0).all()
        for group in ("columns", "fabric"):
            rows = found[found["group"] == group]
            assert rows["physical_luts"].is_monotonic_increasing
            assert rows["initiation_interval_cycles"].is_monotonic_decreasing
