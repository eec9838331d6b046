"""The ablation of OPTIMUS on a small model: order of the ladder, files of the study, continuation."""

import json
import shutil

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from lockstep_program import PROGRAM
from scripts.studies import markdown, optimus_ablation
from scripts.studies.ablation_design import FULL, LADDER, VARIANTS, merged
from scripts.studies.runs import Point, RunError, Runner

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


def study(folder):
    models = {"fixed.yaml": MODEL + FIXED, "lengths.yaml": MODEL + HISTOGRAM}
    models["lengths.csv"] = "source_tokens,target_tokens,sentences\n3,2,1\n8,9,2\n"
    for name, text in models.items():
        (folder / name).write_text(text)
    files = ["--workload", folder / "fixed.yaml", "--histogram", folder / "lengths.yaml"]
    size = ["--lengths", 6, 12, "--sentences", 3, "--set", "optimus.mac_array.macs=64"]
    words = ["--lockstep", PROGRAM, "-o", folder / "out", "-j", 2, *files, *size]
    optimus_ablation.main([str(word) for word in words])
    return folder / "out"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study(folder)
    return folder


@pytest.fixture(scope="module")
def ratios(folder):
    return pd.read_csv(folder / "out/ratios.csv")


def test_each_step_of_the_ladder_takes_fewer_cycles(folder):
    summary = pd.read_csv(folder / "out/summary.csv")
    ladder = summary[summary["group"] == "ladder"]
    assert ladder["workload"].nunique() == 6  # two lengths and the histogram, with and without projection
    for workload, steps in ladder.groupby("workload"):
        assert list(steps["config"]) == [machine.name for machine in LADDER]
        assert (steps["cycles"].diff().iloc[1:] < 0).all(), (workload, list(steps["cycles"]))


def test_causes_add_up_to_all_mac_cycles(folder):
    summary = pd.read_csv(folder / "out/summary.csv")
    causes = [c for c in summary.columns if c.endswith("_mac_cycles")]
    assert (summary[causes].sum(axis=1) == summary["mac_cycles"]).all()
    array = summary[~summary["config"].str.contains("256 MACs")]
    assert (array["mac_cycles"] == 64 * array["cycles"]).all()


def test_latency_is_the_mean_over_sentences_and_throughput_the_ratio_of_totals(folder, ratios):
    cycles = {}
    for config in ("baseline", "matching"):
        cycles[config] = pd.read_csv(folder / "out/raw/histogram" / config / "sentences.csv")["cycles"]
    assert len(cycles["baseline"]) == 3
    row = ratios.set_index(["workload", "config"]).loc[("histogram", FULL)]
    assert row["latency_ratio"] == pytest.approx((cycles["baseline"] / cycles["matching"]).mean(), rel=1e-5)
    assert row["throughput_ratio"] == pytest.approx(cycles["baseline"].sum() / cycles["matching"].sum(), rel=1e-5)
    assert row["latency_ratio"] != pytest.approx(row["throughput_ratio"], rel=1e-3)


def test_energy_and_power_ratios_agree_with_throughput(ratios):
    product = ratios["throughput_ratio"] * ratios["power_ratio"]
    assert ratios["energy_ratio"].to_numpy() == pytest.approx(product.to_numpy(), rel=1e-4)


def test_every_reading_is_compared_with_its_own_baseline(ratios):
    variants = ratios[ratios["group"] == "variant"].set_index("config")["throughput_ratio"]
    assert len(variants) == 2 * len(VARIANTS)
    baselines = variants[variants.index.str.startswith("baseline")]
    assert (baselines == 1).all()
    defined = ratios.set_index(["workload", "config"]).loc[("histogram", FULL), "throughput_ratio"]
    assert variants[f"{FULL}, baseline keeps cross K and V"] < defined


def test_figures_stand_beside_their_numbers(folder):
    for name in FIGURES:
        assert (folder / f"out/{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (folder / f"out/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert not pd.read_csv(folder / f"out/{name}.csv").empty
    assert set(pd.read_csv(folder / "out/ladder.csv")["config"]) == {machine.name for machine in LADDER}


def test_a_second_call_repeats_only_what_is_missing_and_changes_no_byte(folder):
    out = folder / "out"
    hosts = {f: f.stat().st_mtime_ns for f in out.glob("raw/*/*/host.json")}
    before = {f.name: f.read_bytes() for f in out.iterdir() if f.is_file()}
    lost = out / "raw/n6/matching"
    shutil.rmtree(lost)
    study(folder)
    repeated = [f.parent for f, time in hosts.items() if f.stat().st_mtime_ns != time]
    assert repeated == [lost]
    assert {f.name: f.read_bytes() for f in out.iterdir() if f.is_file()} == before


def test_a_failed_point_is_named_and_stops_no_other(tmp_path, folder):
    model = str(folder / "fixed.yaml")
    wrong = Point("g", "wrong", "wrong", "w", "arch-configs/optimus.yaml", model, ("optimus.mac_aray.macs=1",))
    right = Point("g", "right", "right", "w", "arch-configs/optimus.yaml", model)
    runner = Runner(PROGRAM, tmp_path)
    with pytest.raises(RunError, match=r"^w/wrong: lockstep: error: .*mac_aray"):
        runner.run_all([wrong, right], 1)
    assert json.loads((tmp_path / "w/right/summary.json").read_text())["accelerator"] == "optimus"


def test_last_setting_of_a_key_counts():
    assert merged(("a=1", "b=2"), ("a=3",)) == ("a=3", "b=2")


def test_table_replaces_what_stands_in_its_place(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- table x -->\nold\n<!-- end -->\nafter\n")
    markdown.fill(page, {"x": markdown.table(["a", "b"], [[1, 2]])})
    expected = "before\n<!-- table x -->\n| a | b |\n| --- | --- |\n| 1 | 2 |\n<!-- end -->\nafter\n"
    assert page.read_text() == expected
