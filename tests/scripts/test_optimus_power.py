"""Power of the presets beside what the paper's own ratios leave it, and how much of it is leakage."""

import json

import pytest

from lockstep_program import ROOT, run_ok

# The abstract's energy and throughput ratios against a CPU of 140 W (Intel i7-6900K, rated): OPTIMUS drew no more.
BOUND_MW = 140e3 / (2393.85 / 43.35)
PRESETS = [path.stem for path in sorted((ROOT / "arch-configs").glob("optimus*.yaml")) if "tiny" not in path.stem]


def summary(preset, folder, *options):
    run_ok("run", preset, "transformer-base", "--no-values", "-o", folder, *options)
    return json.loads((folder / "summary.json").read_text())


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_draw_less_than_the_ratios_of_the_paper_imply(preset, tmp_path):
    assert 0 < summary(preset, tmp_path / "out")["metrics"]["average_power_mw"]["value"] < BOUND_MW


def test_leakage_is_a_small_part_with_cells_that_meet_the_clock(tmp_path):
    energy = summary("optimus", tmp_path / "out")["energy"]
    assert energy["leakage_pj"] < 0.1 * energy["total_pj"]


def test_high_performance_cells_would_exceed_the_bound(tmp_path):
    """Why they are not the default: at 200 MHz nothing needs them, and they leak more than the machine may draw."""
    assert summary("optimus", tmp_path / "out", "--set", "sram_cells=hp")["metrics"]["average_power_mw"]["value"] > BOUND_MW
