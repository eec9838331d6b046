"""The study of EIE: its tables are what the program simulates and what its page says of them holds."""

import io
import itertools
import json
import os
import shutil

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")
pytest.importorskip("distributed", reason="needs python3-distributed")

from lockstep_program import PROGRAM, ROOT, run_ok
from scripts.base import csv_cells, terminal, yaml_dialect
from scripts.studies import eie, eie_layers, eie_power, sweep_study
from scripts.sweeping.program import add_options

COMMITTED = ROOT / "results" / eie.STUDY
EXTENDED = os.environ.get("LOCKSTEP_EXTENDED") == "true"
# What of each sweep is run again by default: a key and the values that stay; with LOCKSTEP_EXTENDED=true all.
SOME = {
    "eie-times": ("workload.seed", [1, 20]),
    "eie-queue": ("optimus.input_window.columns", [1, 8]),
    "eie-pes": ("optimus.mac_array.macs", [1, 64]),
    "eie-power": ("sram_cells", ["auto"]),
    "eie-width": ("optimus.memories.weight_entries_per_fetch", [8, 64]),
}
LAYERS = {row["name"]: dict(row) for row in yaml_dialect.read(ROOT / "workloads/eie-layers.yaml")["matrices"]}


def table(name):
    return csv_cells.read_frame(COMMITTED / f"{name}.csv", float_precision="round_trip")


def reduced(block, key, values):
    """The block of a sweep file with these values of a key only; what goes with them in a zip goes along."""
    if isinstance(block, list):
        return [reduced(item, key, values) for item in block]
    if not isinstance(block, dict):
        return block
    if isinstance(block.get(key), list):
        kept = [place for place, value in enumerate(block[key]) if value in values]
        together = {name: column for name, column in block.items() if len(column) == len(block[key])}
        return {**block, **{name: [column[place] for place in kept] for name, column in together.items()}}
    if key in block:
        return {**block, key: values}
    return {name: reduced(item, key, values) for name, item in block.items()}


@pytest.mark.parametrize("name", eie.TABLES)
def test_tables_hold_what_the_program_simulates(name, tmp_path, monkeypatch):
    """Line by line: a part of each sweep, by default."""
    if not EXTENDED:
        sweep = reduced(yaml_dialect.read(sweep_study.SWEEPS / f"{name}.yaml"), *SOME[name])
        lines = [f"{key}: {yaml_dialect.written(value)}" for key, value in sweep.items()]
        (tmp_path / f"{name}.yaml").write_text("\n".join(lines) + "\n")
        monkeypatch.setattr(sweep_study, "SWEEPS", tmp_path)
    parser = terminal.Parser()
    add_options(parser)
    arguments = parser.parse_args(["--lockstep", str(PROGRAM), "-j", "2"])
    for file, found in eie.simulated(name, arguments, tmp_path / "raw").items():
        text = io.StringIO()
        csv_cells.write_frame(found, text, float_format="%.6g")
        committed, made = (COMMITTED / f"{file}.csv").read_text(), text.getvalue()
        assert len(found) >= 7
        assert set(made.splitlines()) <= set(committed.splitlines())
        assert made == committed or not EXTENDED


def test_page_and_comparisons_follow_from_the_tables(tmp_path):
    for name in ("README.md", *(f"{file}.csv" for files in eie.TABLES.values() for file in files)):
        shutil.copy(COMMITTED / name, tmp_path)
    eie.derived(tmp_path)
    for name in ("times.csv", "compared.csv", "README.md"):
        assert (tmp_path / name).read_text() == (COMMITTED / name).read_text(), name


def test_layers_of_every_sweep_are_those_of_the_workload():
    """But for the densities that are inferred."""
    for name in eie.TABLES:
        for workload in yaml_dialect.read(sweep_study.SWEEPS / f"{name}.yaml")["workloads"]:
            if isinstance(workload, str):
                continue
            for matrices in workload.get("grid", {}).get("workload.matrices", []):
                for matrix in matrices:
                    same = {"density": matrix["density"]} if workload["name"] == eie.INFERRED else {}
                    assert dict(matrix) == {"activation_density": 1, **LAYERS[matrix["name"]], **same}


def test_published_numbers_agree_with_each_other():
    parts = eie.published("parts").set_index("part")
    assert parts["power_mw"].drop("PE").sum() == pytest.approx(parts["power_mw"]["PE"], abs=0.0015)
    assert 0.95 < parts["area_um2"].drop("PE").sum() / parts["area_um2"]["PE"] < 1  # and filler cells
    assert list(eie.published("layers")["layer"]) == list(LAYERS)
    pes = yaml_dialect.read(eie.PUBLISHED)["pes"]
    assert 64 * parts["area_um2"]["PE"] / 1e6 == pytest.approx(pes["area_mm2"], abs=0.05)
    assert 64 * parts["power_mw"]["PE"] / 1e3 == pytest.approx(pes["power_w"], abs=0.005)


def stored(rows, density):
    """Padding zeros of a column and whether it is empty, expected: every mask of `rows` weights by its probability."""
    padding = empty = 0.0
    for kept in itertools.product((False, True), repeat=rows):
        probability = 1.0
        zeros = count = 0
        for bit in kept:
            probability *= density if bit else 1 - density
            if bit:
                count += zeros // 16
            zeros = 0 if bit else zeros + 1
        padding += probability * count
        empty += probability * (not any(kept))
    return padding, empty


@pytest.mark.parametrize("rows, density", [(1, 0.3), (16, 0.1), (17, 0.05), (18, 0.04)])
def test_expected_padding_zeros_are_those_of_all_masks(rows, density):
    assert eie_layers.expected_of_column(rows, density) == pytest.approx(stored(rows, density), rel=1e-9, abs=1e-12)


def test_counted_fillers_are_the_expected_ones():
    """Of the mean of 20 drawings, in each layer."""
    for (_, layer), rows in table("runs").groupby(["densities", "layer"]):
        fillers = (rows["entries"] - rows["macs"]).sum()
        expected = 0.0
        groups = eie_layers.groups(rows["rows"].iloc[0])
        for row in rows.itertuples():
            activations = row.columns_begun / len(groups)
            expected += activations * sum(sum(eie_layers.expected_of_column(n, row.kept_percent / 100)) for n in groups)
        assert fillers == pytest.approx(expected, rel=0.01, abs=5 * expected**0.5), layer


def test_groups_are_the_rows_of_the_pes():
    assert sorted(eie_layers.groups(10, 4, 2)) == [1, 1, 2, 2, 2, 2]  # PEs of 3, 3, 2 and 2 rows
    assert sum(eie_layers.groups(8791)) == 8791


def test_inferred_densities_explain_the_published_theoretical_times():
    times = table("times").set_index(["densities", "layer"])
    for layer in ("Alex-8", "VGG-6"):
        theirs = times.loc[(eie.INFERRED, layer), "published_theoretical_us"]
        assert times.loc[(eie.INFERRED, layer), "theoretical_us"] == pytest.approx(theirs, rel=0.01)
        assert times.loc[(eie.PRINTED, layer), "theoretical_us"] < 0.9 * theirs


def test_printed_densities_give_the_other_times_within_a_tenth():
    found = table("times")
    found = found[(found["densities"] == eie.PRINTED) & ~found["layer"].isin(["Alex-8", "VGG-6"])]
    assert len(found) == 7
    assert found["difference_percent"].abs().max() < 10
    assert (100 * (found["theoretical_us"] / found["published_theoretical_us"] - 1)).abs().max() < 8
    assert (found["time_us_low"] < found["time_us"]).all() and (found["time_us"] < found["time_us_high"]).all()


def test_mean_difference_is_that_of_the_runs():
    runs, times = table("runs"), table("times").set_index(["densities", "layer"])
    cycles = runs[(runs["densities"] == eie.PRINTED) & (runs["layer"] == "Alex-7")]["cycles"]
    assert len(cycles) == 20
    assert times.loc[(eie.PRINTED, "Alex-7"), "difference_percent"] == pytest.approx(
        100 * (sum(cycles) / 20 / 800 / 12.2 - 1), rel=1e-4
    )


def test_queues_and_pes_do_what_the_page_says():
    balance = table("queue").pivot(index="queue_depth", columns="layer", values="load_balance_percent")
    assert 45 < balance.loc[1].mean() < 55
    assert ((balance.loc[256] - balance.loc[8]) < 5).all() and (balance.loc[32:] - balance.loc[256] == 0).all(axis=None)
    assert (balance.idxmin(axis=1) == "NT-We").all()
    pes = table("pes")
    pes = pes[pes["registers"] == "registers for all rows"].pivot(index="layer", columns="pes")
    assert (pes["speedup"][64].drop("NT-We") > 0.9 * 64).all() and pes["speedup"][256].idxmin() == "NT-We"
    assert (pes["padding_percent"].diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)
    assert (pes["weight_cycles_percent"].diff(axis=1).iloc[:, 1:] < 0).all(axis=None)


def test_padding_of_the_times_is_that_of_the_pes():
    """Both are shares of what is stored; masks of one seed and of twenty hardly differ."""
    times, pes = table("times"), table("pes")
    times = times[times["densities"] == eie.PRINTED].set_index("layer")["padding_percent"]
    pes = pes[(pes["registers"] == "64 registers a PE") & (pes["pes"] == 64)].set_index("layer")["padding_percent"]
    assert len(pes) == 9
    assert (times - pes).abs().max() < 0.1


def test_page_says_first_what_is_missed():
    """Every time and part of the paper has a row, judged by the numbers that it shows."""
    text = (COMMITTED / "README.md").read_text().split("<!-- table targets -->")[1].split("<!-- end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")][2:]
    names = " ".join(row[0] for row in rows)
    assert all(name in names for name in [*LAYERS, *eie.published("parts")["part"]])
    verdicts = [row[-1] for row in rows]
    missed = verdicts.count("missed")
    assert verdicts == ["missed"] * missed + ["met"] * (len(rows) - missed) and f"Missed: {missed} of {len(rows)}." in text
    for name, theirs, ours, difference, verdict in rows:
        if difference == "–":
            continue
        off = 100 * (float(ours.replace(",", "")) / float(theirs.replace(",", "")) - 1)
        assert off == pytest.approx(float(difference.removesuffix(" %")), abs=1.0), name
        assert (verdict == "met") == (abs(float(difference.removesuffix(" %"))) < 10), name
    assert {"time of Alex-8, µs", "time of VGG-6, µs"} <= {row[0] for row in rows[:missed]}
    assert next(row for row in rows if row[0].startswith("word of weights"))[-1] == "missed"


def test_parts_add_up_to_the_pe():
    for name, columns in (("power", ["switching_mw", "leakage_mw"]), ("area", ["area_um2"])):
        found = table(name)
        keys = [c for c in ("sram_cells", "layer") if c in found]
        whole = found[found["part"] == eie_power.WHOLE].set_index(keys)[columns]
        parts = found[found["part"] != eie_power.WHOLE].groupby(keys)[columns].sum()
        assert (parts / whole).stack().to_numpy() == pytest.approx(1, rel=1e-4)


def test_power_of_all_layers_is_their_mean_over_time():
    found = table("power")
    for _, rows in found.groupby(["sram_cells", "part"]):
        layers, whole = rows[rows["layer"] != eie_power.ALL], rows[rows["layer"] == eie_power.ALL].iloc[0]
        assert len(layers) == 9
        weighted = (layers["switching_mw"] * layers["time_us"]).sum() / layers["time_us"].sum()
        assert whole["switching_mw"] == pytest.approx(weighted, rel=1e-4)


def test_power_of_a_pe_is_that_of_the_run(tmp_path):
    run_ok("run", "eie", "eie-layers", "-o", tmp_path / "run", "--set", f"workload.matrices=[{yaml_dialect.written(LAYERS['NT-LSTM'])}]")
    point = {"folder": "run", "sram_cells": "auto", "workload": "NT-LSTM"}
    found = eie_power.powers(pd.DataFrame([point]), tmp_path).set_index(["layer", "part"])
    total = json.loads((tmp_path / "run/summary.json").read_text())["metrics"]["average_power_mw"]["value"]
    whole = found.loc[("NT-LSTM", eie_power.WHOLE)]
    assert whole["switching_mw"] + whole["leakage_mw"] == pytest.approx(total / 64, rel=1e-9)


def test_a_read_by_column_takes_the_words_that_its_entries_lie_in():
    for words, entries in itertools.product((1, 4, 8), (1, 2, 7, 9)):
        spans = [(first + entries - 1) // words + 1 for first in range(words)]
        one = pd.DataFrame({"columns_begun": [1], "empty": [0], "macs": [entries], "padding": [0]})
        assert eie_power.reads_by_column(one, words).iloc[0] == pytest.approx(sum(spans) / words)


def test_widths_are_least_where_the_page_says():
    found = table("width")
    for cells, rows in found.groupby("sram_cells"):
        sums = rows.groupby("width_bits")[["energy_nj", "energy_by_column_nj"]].sum().idxmin()
        assert sums["energy_nj"] == 512
        best = yaml_dialect.read(eie.PUBLISHED)["best_width_bits"]
        assert cells != "lstp" or sums["energy_by_column_nj"] == best
