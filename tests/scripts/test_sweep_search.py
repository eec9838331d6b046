"""Searches: the same whatever runs in parallel or was interrupted, better than chance, and refused by name."""

import csv
import json
import os

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")
pytest.importorskip("optuna", reason="needs python3-optuna")

from test_sweep_run import COLUMNS, MACS, TINY, bytes_of_table, calls, counting_program, error_of, points, sweep, table

WIDTH = "optimus.input_window.load_width_elements_per_cycle"
KEYS = f"{MACS}: [8, 16, 32], {COLUMNS}: {{from: 4, to: 32, multiple_of: 4}}, {WIDTH}: {{from: 2, to: 16, scale: log}}"
GOALS = "cycles: minimize, energy_total_uj: minimize"


def search(samples=20, keys=KEYS, goals=GOALS, more=""):
    return TINY + f"search: {{samples: {samples}, population: 6, objectives: {{{goals}}}, keys: {{{keys}}}{more}}}\n"


def front(folder):
    with open(folder / "out/pareto.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searched")
    sweep(folder, search(), "-j", 2)
    return folder


def test_search_does_not_depend_on_the_number_of_jobs(searched, tmp_path):
    sweep(tmp_path, search(), "-j", 1)
    for name in ("summary.csv", "pareto.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (searched / "out" / name).read_bytes()


def test_another_seed_tries_other_points(searched, tmp_path):
    sweep(tmp_path, search(more=", seed: 2"))
    assert bytes_of_table(tmp_path) != bytes_of_table(searched)


def test_values_are_those_of_the_keys(searched):
    rows = table(searched)
    assert 12 <= len(rows) <= 20 and len({row["folder"] for row in rows}) == len(rows)
    assert {int(row[MACS]) for row in rows} <= {8, 16, 32}
    assert all(int(row[COLUMNS]) % 4 == 0 and 4 <= int(row[COLUMNS]) <= 32 for row in rows)
    assert all(2 <= int(row[WIDTH]) <= 16 for row in rows)


def test_front_holds_what_no_point_beats(searched):
    costs = {row["folder"]: (int(row["cycles"]), float(row["energy_total_uj"])) for row in table(searched)}
    best = [f for f, (c, e) in costs.items() if not any((a, b) != (c, e) and a <= c and b <= e for a, b in costs.values())]
    assert [row["folder"] for row in front(searched)] == sorted(best, key=costs.get) and best


def test_interrupted_search_repeats_its_steps(searched, tmp_path):
    program = counting_program(tmp_path)
    sweep(tmp_path, search(), "--lockstep", program)
    whole, ran = bytes_of_table(tmp_path), len(calls(tmp_path))
    for lost in points(tmp_path)[::3]:
        lost.unlink()
    left = len(points(tmp_path))
    sweep(tmp_path, search(), "--resume", "--lockstep", program)
    assert bytes_of_table(tmp_path) == whole == bytes_of_table(searched)
    assert len(calls(tmp_path)) == ran + (ran - left)


def test_constraints_hold_and_failing_points_stop_nothing(tmp_path):
    keys = f"{MACS}: [16, 18, 32], {COLUMNS}: {{from: 4, to: 32}}"  # 18 MACs are not sets of 4
    done = sweep(tmp_path, search(keys=keys) + f"constraints: ['{COLUMNS} > 9']\n", code=1)
    rows = table(tmp_path)
    assert all(int(row[COLUMNS]) > 9 for row in rows)
    assert {row["status"] for row in rows if row[MACS] == "18"} == {"failed"} and "18 MACs cannot" in done.stderr
    assert {row["status"] for row in rows if row[MACS] != "18"} == {"ok"}
    assert "18" not in {row[MACS] for row in front(tmp_path)}


def test_search_finds_what_it_is_told_to(tmp_path):
    sweep(tmp_path, search(30, goals="cycles: maximize"))
    slowest = front(tmp_path)[0]
    assert int(slowest["cycles"]) == max(int(row["cycles"]) for row in table(tmp_path))
    assert slowest[MACS] == "8" and int(slowest[WIDTH]) <= 4


def test_area_is_an_objective_as_any_other(tmp_path):
    sweep(tmp_path, search(goals="cycles: minimize, area_mm2: minimize") + "columns: [area.units.mac_array.total_mm2]\n")
    rows, best = table(tmp_path), front(tmp_path)
    assert {row["folder"] for row in best} <= {row["folder"] for row in rows} and len(best) > 1
    assert min(best, key=lambda row: float(row["area_mm2"]))[MACS] == "8"
    for ahead, behind in zip(best, best[1:]):  # by cycles
        assert int(ahead["cycles"]) < int(behind["cycles"]) and float(ahead["area_mm2"]) > float(behind["area_mm2"])
    assert all(float(row["area.units.mac_array.total_mm2"]) < float(row["area_mm2"]) for row in rows)


def test_every_objective_is_a_column(tmp_path):
    goals = ["area.logic_mm2", "cycles", "counters.mac_array.load_stalls", "energy.units.mac_array.total_pj"]
    text = search(samples=6, goals=", ".join(f"{goal}: minimize" for goal in goals))
    sweep(tmp_path, text + "columns: [counters.mac_array.load_stalls, cycles]\n")
    rows, best = table(tmp_path), front(tmp_path)
    for row in [*rows, *best]:
        summary = json.loads((tmp_path / "out/points" / row["folder"] / "summary.json").read_text())
        assert float(row["cycles"]) == summary["metrics"]["cycles"]["value"]
        assert float(row["area.logic_mm2"]) == summary["area"]["logic_mm2"]
        assert float(row["counters.mac_array.load_stalls"]) == summary["counters"]["mac_array"]["load_stalls"]
        assert float(row["energy.units.mac_array.total_pj"]) == summary["energy"]["units"]["mac_array"]["total_pj"]
    header = (tmp_path / "out/pareto.csv").read_text().splitlines()[0].split(",")
    assert len(set(header)) == len(header) and set(goals) <= set(header)


def test_dry_run_lists_what_comes_next(searched, tmp_path):
    lines = sweep(tmp_path, search(), "--dry-run").stdout.splitlines()
    assert len(lines) <= 7 and all(" missing " in line for line in lines[:-1])
    lines = sweep(searched, search(), "--dry-run").stdout.splitlines()
    assert len(lines) == len(table(searched)) + 1 and all(" finished " in line for line in lines[:-1])


@pytest.mark.parametrize(
    "text, message",
    [
        (search(0), "search: needs samples of at least 1"),
        (search(goals="cycles: least"), "cycles: must be minimize or maximize"),
        (search(keys=f"{MACS}: 8"), "must be a list of values, or a range with from and to"),
        (search(keys="optimus.mac_array.mac: [8]"), "the nearest one is optimus.mac_array.macs"),
        (search(more=", sample: 3"), "sample: unknown key; the nearest one is samples"),
        (search() + f"grid: {{{COLUMNS}: [4, 8]}}\n", "grid: a search has no other axes"),
        (search() + f"set: {{{COLUMNS}: 4}}\n", f"{COLUMNS}: on two axes"),
        (search() + f"constraints: ['{COLUMNS} > 40']\n", "the constraints exclude nearly all points"),
        (search(goals="cycle: minimize"), "search: cycle: no such number in the results; there are cycles, "),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    assert message in error_of(tmp_path, text, code=2)


def test_absence_of_optuna_is_named(tmp_path, monkeypatch):
    (tmp_path / "optuna.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    assert error_of(tmp_path, search(), code=2).startswith("search: needs Optuna; install python3-optuna")
