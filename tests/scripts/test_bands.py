"""Bands: from a run's summary.json to the columns of tables, the ratios between machines, whiskers and texts."""

import csv
import json
import subprocess
import sys

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from drawn_figure import cut_or_overlapping, texts
from lockstep_program import PROGRAM, ROOT, run_ok
from scripts.base import bands, result
from scripts.plotting import command, tables
from scripts.studies import energies

KINDS = ["lstp", "lstp_hp", "hp"]
MACHINES = ["optimus-baseline", "optimus"]
LAYERS = [f"--set=workload.{part}_layers=1" for part in ("encoder", "decoder")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two machines with the cells that fit, and with each kind of cells; under machine and kind."""
    folder, found = tmp_path_factory.mktemp("cells"), {}
    for machine in MACHINES:
        for kind in ("auto", *KINDS):
            found[machine, kind] = folder / machine / kind
            cells = ["--set", f"sram_cells={kind}", *LAYERS]
            run_ok("run", machine, "transformer-base", "--no-values", *cells, "-o", found[machine, kind])
    return found


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text())


def test_a_run_in_a_table_has_low_and_high_beside_each_number_with_a_band(runs):
    folder = runs["optimus", "auto"]
    row, found = tables.run(folder), summary_of(folder)["bands"]
    assert {"energy_total_uj", "energy_leakage_uj", "average_power_mw", "area_mm2"} <= set(found)
    for name, band in found.items():
        assert (row[f"{name}_low"], row[f"{name}_high"]) == (band["low"], band["high"])
    assert row["energy_total_uj_low"] <= row["energy_total_uj"] < row["energy_total_uj_high"]
    assert "cycles_low" not in row


def test_a_sweep_states_the_bands_of_its_points(tmp_path):
    pytest.importorskip("distributed", reason="needs python3-distributed")
    (tmp_path / "s.yaml").write_text("machines: [optimus-tiny]\nworkloads: [tiny-synthetic]\n")
    words = [ROOT / "scripts/sweep.py", tmp_path / "s.yaml", "-o", tmp_path / "out", "--lockstep", PROGRAM]
    subprocess.run([sys.executable, *map(str, words)], check=True, capture_output=True)
    (row,) = csv.DictReader((tmp_path / "out/summary.csv").open())
    for name, band in summary_of(tmp_path / "out/points" / row["folder"])["bands"].items():
        assert [float(row[column]) for column in bands.columns(name)[1:]] == [band["low"], band["high"]]
    names = list(row)
    assert names[names.index("energy_total_uj") :][:3] == bands.columns("energy_total_uj")


@pytest.mark.parametrize(
    "damage", [{"bands": 3}, {"bands": {"energy_total_uj": {"low": 1}}}, {"bands": {"energy_total_uj": {"low": "1", "high": 2}}}]
)
def test_damaged_bands_are_refused(runs, tmp_path, damage):
    (tmp_path / "summary.json").write_text(json.dumps(summary_of(runs["optimus", "auto"]) | damage))
    with pytest.raises(result.DamagedResult, match="bands.*the file is damaged"):
        result.read(tmp_path)


def test_ratios_between_machines_hold_those_with_each_kind_of_cells(runs):
    """Two runs a kind, both with these cells, against what the bands of the default runs give."""
    frames = {kind: [pd.DataFrame([tables.run(runs[machine, kind])]) for machine in MACHINES] for kind in ("auto", *KINDS)}
    found = energies.ratios(*frames["auto"]).iloc[0]
    for name, value in energies.RATIOS.items():
        each = [(value(one) / value(other)).iloc[0] for one, other in (frames[kind] for kind in KINDS)]
        band = found[bands.columns(name)[1:]]
        if name.endswith("_without_leakage"):
            assert band[0] <= min(each) * (1 + 1e-12) and max(each) <= band[1] * (1 + 1e-12), name
            assert band[1] / band[0] < 1.3 * max(each) / min(each), name
        else:
            assert list(band) == pytest.approx([min(each), max(each)]), name
        assert found[name] == pytest.approx(each[0])
    assert found["energy_ratio_high"] / found["energy_ratio_low"] > 1.5
    alone = energies.ratios(frames["auto"][0], frames["auto"][0]).iloc[0]
    assert (alone == 1).all()


def table(folder, text):
    path = folder / "t.csv"
    path.write_text(text)
    return path


def test_arithmetic_takes_both_numbers_at_the_same_end():
    one = pd.DataFrame({"e": [6.0, 5.0], "e_low": [4.0, None], "e_high": [9.0, None]})
    other = pd.DataFrame({"e": [2.0, 5.0], "e_low": [1.0, None], "e_high": [6.0, None]})
    value, low, high = bands.of(lambda a, b: a["e"] / b["e"], one, other)
    assert (list(value), list(low), list(high)) == ([3, 1], [1.5, 1], [4, 1])  # not 4 / 6 to 9 / 1


def test_text_of_a_number_and_its_band():
    assert bands.text([4.916, 4.916, 18.6]) == "4.92 (4.92–18.60)"
    assert bands.text([4.916, 4.9158, 4.9161]) == "4.92"
    assert bands.text([4.916, float("nan"), float("nan")]) == "4.92"


def compose(*words):
    return command.compose([str(word) for word in words])


ENERGIES = "machine,n,energy_total_uj,energy_total_uj_low,energy_total_uj_high,energy_dynamic_uj,energy_clock_uj,energy_leakage_uj\n"


def test_energy_stack_states_the_band_of_each_bar(tmp_path):
    rows = "a,2,8e6,6e6,40e6,4e6,2e6,2e6\nb,4,16e6,16e6,20e6,8e6,4e6,4e6\n"
    path = table(tmp_path, ENERGIES + rows)
    drawing, drawn, _ = compose("energy_stack", path, "--label", "machine", "--by", "part", "--per", "n")
    assert list(drawn["low_pj"]) == [3e12, 4e12] and list(drawn["high_pj"]) == [20e12, 5e12]
    assert {"3 to 20", "4 to 5", "other cells (J)"} <= set(texts(drawing))
    assert cut_or_overlapping(drawing) == []


def test_energy_stack_of_runs_has_their_bands(runs):
    folder = runs["optimus", "auto"]
    drawn = compose("energy_stack", folder)[1].iloc[0]
    band = summary_of(folder)["bands"]["energy_total_uj"]
    assert [drawn["low_pj"], drawn["high_pj"]] == pytest.approx([1e6 * band["low"], 1e6 * band["high"]])


def segments(drawing):
    """The vertical whiskers, as pairs of ends."""
    lines = [line for collection in drawing.axes[0].collections for line in collection.get_segments() if len(line) == 2]
    return sorted(tuple(sorted((start[1], end[1]))) for start, end in lines if start[0] == end[0])


def test_bars_have_whiskers_and_numbers_above_them(tmp_path):
    path = table(tmp_path, "m,w,e,e_low,e_high\nold,v,8,6,16\nnew,v,4,2,4\nold,w,9,9,9\nnew,w,3,3,3\n")
    words = ["speedup_bars", path, "--group", "w", "--label", "m", "--value", "e", "--no-mean"]
    drawing, drawn, _ = compose(*words)
    assert list(drawn["ratio_low"]) == [6, 2, 9, 3] and list(drawn["ratio_high"]) == [16, 4, 9, 3]
    assert segments(drawing) == [(2, 4), (6, 16)]  # none without a band
    _, drawn, _ = compose(*words, "--baseline", "old")
    assert [tuple(row) for row in drawn[bands.columns("ratio")].itertuples(index=False)] == [(2, 2, 4), (3, 3, 3)]


def test_designs_of_the_front_have_whiskers(tmp_path):
    path = table(tmp_path, "d,t,e,e_low,e_high\na,1,9,8,20\nb,2,5,5,30\nc,3,7,7,7\n")
    drawing, drawn, _ = compose("pareto", path, "--x", "t", "--y", "e / 2", "--label", "d")
    assert list(drawn["e / 2_high"]) == [10, 15, 3.5]
    assert segments(drawing) == [(2.5, 15), (4, 10)]
    assert drawing.axes[0].get_ylim()[1] >= 15


def test_cells_of_a_map_hold_their_bands(tmp_path):
    path = table(tmp_path, "x,y,e,e_low,e_high\n1,1,5,4,60\n2,1,6,6,70\n")
    drawing, _, _ = compose("heat_map", path, "--x", "x", "--y", "y", "--value", "e")
    assert [text.get_text() for text in drawing.axes[0].texts] == ["5\n4–60", "6\n6–70"]


def headers():
    for path in sorted((ROOT / "results").glob("*/*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            yield path, next(csv.reader(file))


def test_every_energy_of_a_study_has_its_band_and_every_ratio_one_without_leakage():
    ratios = 0
    for path, names in headers():
        whole = [name for name in names if name in energies.RATIOS or name in energies.BANDED or name.endswith("_pj_per_sample")]
        for name in whole:
            assert set(bands.columns(name)) <= set(names), (path, name)
        for name in whole:
            ratios += name in energies.RATIOS
            other = name.removesuffix("_without_leakage")
            assert name not in energies.RATIOS or {other, f"{other}_without_leakage"} <= set(names), (path, name)
    assert ratios >= 6
