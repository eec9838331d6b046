"""The ablation of OPTIMUS on a small model: order of the ladder, files of the study, continuation."""

import json
import shutil

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

import yaml

from lockstep_program import PROGRAM, ROOT
from scripts.base import csv_cells
from scripts.studies import markdown, optimus_ablation
from scripts.studies.ablation_design import FULL, LADDER, READINGS, REMOVALS

MODEL = """\
kind: transformer
encoder_layers: 1
decoder_layers: 1
d_model: 64
heads: 4
d_ff: 256
vocabulary: 300
mask: {kind: skewed, density: 0.25, row_sigma: 0.25, column_sigma: 0.15}
"""
FIXED = "sentences: {lengths: fixed, source_tokens: 8, target_tokens: 8, count: 1}\n"
HISTOGRAM = "sentences: {lengths: histogram, file: lengths.csv, sampling: quantiles, count: 3}\n"
FIGURES = ["ladder", "speedup-over-length", "stall-stack", "energy-stack", "removals"]
TOKENS = ["workload.sentences.source_tokens", "workload.sentences.target_tokens"]
MACS, SENTENCES = "optimus.mac_array.macs", "workload.sentences.count"


def committed(name):
    return yaml.safe_load((ROOT / f"scripts/sweeps/optimus-{name}.yaml").read_text())


def small_sweeps(folder):
    """The committed sweeps over a small model, two lengths and three sentences, with 64 MACs."""
    ablation, readings = committed("ablation"), committed("readings")
    ablation["workloads"] = [
        {"name": "n", "file": "fixed.yaml", "zip": dict.fromkeys(TOKENS, [6, 12])},
        {"name": "histogram", "file": "lengths.yaml", "grid": {SENTENCES: [3]}},
    ]
    ablation["grid"] = {"workload.vocabulary": [300, 0]}
    ablation["set"][MACS] = 64
    readings["workloads"] = [{"name": "histogram", "file": "lengths.yaml"}]
    readings["set"][SENTENCES] = 3
    for machine in readings["machines"]:
        machine["grid"].setdefault(MACS, [64])
    files = {"ablation.yaml": json.dumps(ablation), "readings.yaml": json.dumps(readings)}
    files |= {"fixed.yaml": MODEL + FIXED, "lengths.yaml": MODEL + HISTOGRAM}
    files["lengths.csv"] = "source_tokens,target_tokens,sentences\n3,2,1\n8,9,2\n"
    for name, text in files.items():
        (folder / name).write_text(text)
    return [folder / "ablation.yaml", folder / "readings.yaml"]


def study(folder):
    words = ["--lockstep", PROGRAM, "-o", folder / "out", "-j", 2, "--sweeps", *small_sweeps(folder)]
    optimus_ablation.main([str(word) for word in words])
    return folder / "out"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study(folder)
    return folder


@pytest.fixture(scope="module")
def ratios(folder):
    return csv_cells.read_frame(folder / "out/ratios.csv")


def test_each_step_of_the_ladder_takes_fewer_cycles(folder):
    summary = csv_cells.read_frame(folder / "out/summary.csv")
    ladder = summary[summary["group"] == "ladder"]
    assert ladder["workload"].nunique() == 6  # two lengths and the histogram, with and without projection
    for workload, steps in ladder.groupby("workload"):
        assert list(steps["config"]) == LADDER
        assert (steps["cycles"].diff().iloc[1:] < 0).all(), (workload, list(steps["cycles"]))


def test_causes_add_up_to_all_mac_cycles(folder):
    summary = csv_cells.read_frame(folder / "out/summary.csv")
    causes = [c for c in summary.columns if c.endswith("_mac_cycles")]
    assert (summary[causes].sum(axis=1) == summary["mac_cycles"]).all()
    array = summary[~summary["config"].str.contains("256 MACs")]
    assert (array["mac_cycles"] == 64 * array["cycles"]).all()


def test_latency_is_the_mean_over_sentences_and_throughput_the_ratio_of_totals(folder, ratios):
    cycles = {}
    points = csv_cells.read_frame(folder / "out/raw/ablation/summary.csv").query("workload == 'histogram'")
    points = points[points["workload.vocabulary"] == 300].set_index("machine")["folder"]
    for config in ("baseline", FULL):
        cycles[config] = csv_cells.read_frame(folder / "out/raw/ablation/points" / points[config] / "sentences.csv")["cycles"]
    assert len(cycles["baseline"]) == 3
    row = ratios.set_index(["workload", "config"]).loc[("histogram", FULL)]
    assert row["latency_ratio"] == pytest.approx((cycles["baseline"] / cycles[FULL]).mean(), rel=1e-5)
    assert row["throughput_ratio"] == pytest.approx(cycles["baseline"].sum() / cycles[FULL].sum(), rel=1e-5)
    assert row["latency_ratio"] != pytest.approx(row["throughput_ratio"], rel=1e-3)


def test_energy_and_power_ratios_agree_with_throughput(ratios):
    product = ratios["throughput_ratio"] * ratios["power_ratio"]
    assert ratios["energy_ratio"].to_numpy() == pytest.approx(product.to_numpy(), rel=1e-4)


def test_every_reading_is_compared_with_its_own_baseline(ratios):
    readings = ratios[ratios["group"] == "reading"].set_index("config")["throughput_ratio"]
    assert len(readings) == 2 * len(READINGS)
    baselines = readings[readings.index.str.startswith("baseline")]
    assert (baselines == 1).all()
    defined = ratios.set_index(["workload", "config"]).loc[("histogram", FULL), "throughput_ratio"]
    assert readings[f"{FULL}, baseline keeps cross K and V"] < defined


def test_figures_stand_beside_their_numbers(folder):
    for name in FIGURES:
        assert (folder / f"out/{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (folder / f"out/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert not csv_cells.read_frame(folder / f"out/{name}.csv").empty
    assert set(csv_cells.read_frame(folder / "out/ladder.csv")["config"]) == set(LADDER)


def test_a_second_call_repeats_only_what_is_missing_and_changes_no_byte(folder):
    out = folder / "out"
    hosts = {f: f.stat().st_mtime_ns for f in out.glob("raw/*/points/*/host.json")}
    before = {f.name: f.read_bytes() for f in out.iterdir() if f.is_file()}
    lost = next(iter(hosts)).parent
    shutil.rmtree(lost)
    study(folder)
    assert [f.parent for f, time in hosts.items() if f.stat().st_mtime_ns != time] == [lost]
    assert {f.name: f.read_bytes() for f in out.iterdir() if f.is_file()} == before


def test_sweeps_hold_the_machines_and_readings_that_the_tables_name():
    assert [machine["name"] for machine in committed("ablation")["machines"]] == LADDER + REMOVALS
    names = [machine["name"] for machine in committed("readings")["machines"]]
    assert names == [f"{machine}, {reading}" for reading in READINGS for machine in ("baseline", FULL)]
    for baseline, full in zip(*[iter(committed("readings")["machines"])] * 2):
        assert full["grid"].items() <= baseline["grid"].items(), full["name"]


def test_table_replaces_what_stands_in_its_place(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- table x -->\nold\n<!-- end -->\nafter\n")
    markdown.fill(page, {"x": markdown.table(["a", "b"], [[1, 2]])})
    expected = "before\n<!-- table x -->\n| a | b |\n| --- | --- |\n| 1 | 2 |\n<!-- end -->\nafter\n"
    assert page.read_text() == expected
