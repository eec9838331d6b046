"""Runs of a trained classifier of look-up tables: what simplifying and drawn delays may change, and what not."""

import csv
import json

import pytest

from lockstep_program import run_ok


def run(folder, *keys):
    run_ok("run", "poetbin", "digits", *(word for key in keys for word in ("--set", key)), "-o", folder)
    metrics = {name: m["value"] for name, m in json.loads((folder / "summary.json").read_text())["metrics"].items()}
    return metrics, list(csv.DictReader((folder / "levels.csv").open()))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return run(tmp_path_factory.mktemp("luts") / "plain")


def test_simplified_program_is_smaller_and_classifies_alike(plain, tmp_path):
    metrics, _ = run(tmp_path / "simplified", "poetbin.simplify=true")
    assert metrics["program_lut6"] == plain[0]["program_lut6_simplified"] < plain[0]["program_lut6"]
    assert metrics["accuracy_percent"] == plain[0]["accuracy_percent"]
    assert metrics["compared_values"] == 360 * 10  # every score; levels are others than the file's


def test_drawn_delays_add_changes_and_energy_and_take_none_away(plain, tmp_path):
    metrics, levels = run(tmp_path / "delays", "poetbin.spatial.glitches=true")
    for without, row in zip(plain[1], levels):
        assert row["output_toggles"] == without["output_toggles"] == without["delayed_output_toggles"]
        assert int(row["delayed_output_toggles"]) > int(row["output_toggles"])
    assert levels[0]["delayed_pin_toggles"] == levels[0]["pin_toggles"]  # inputs change once
    assert metrics["energy_dynamic_uj"] > plain[0]["energy_dynamic_uj"]
