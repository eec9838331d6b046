"""The array of OPTIMUS as EIE (ISCA 2016) on the published layers: what the paper says of their times and of its queues holds without
anything being fitted. The numbers are the paper's, table IV and section VI."""

import csv
import functools

import pytest

from lockstep_program import run_ok

ACTUAL_US = {"Alex-6": 30.3, "Alex-7": 12.2, "Alex-8": 9.9, "VGG-6": 34.4, "VGG-7": 8.7, "VGG-8": 8.4,
             "NT-We": 8.0, "NT-Wd": 13.9, "NT-LSTM": 7.5}
PES = 64
CLOCK_MHZ = 800


def rows(folder, table):
    with open(folder / f"{table}.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Results of the layers by the depth of the queues, each run once."""

    @functools.cache
    def of(depth):
        folder = tmp_path_factory.mktemp(f"depth-{depth}") / "out"
        run_ok("run", "eie", "eie-layers", "-o", folder, "--set", f"optimus.input_window.columns={depth}")
        return folder

    return of


def cycles(folder):
    return {row["product"]: int(row["cycles"]) for row in rows(folder, "products")}


def balance(folder):
    """Share of PE-cycles of the stream in which a PE has an entry to work on, by layer: the paper's load balance."""
    shares = {}
    for row in rows(folder, "stalls"):
        work = int(row["sparse_macs_mac_cycles"]) + int(row["fillers_mac_cycles"])
        idle = int(row["load_stalls_mac_cycles"]) + int(row["imbalance_mac_cycles"])
        if work and row["layer"] in ACTUAL_US:
            shares[row["layer"]] = work / (work + idle)
    return shares


def test_times_are_near_the_published_ones(run):
    for layer, taken in cycles(run(8)).items():
        assert 0.7 < taken / CLOCK_MHZ / ACTUAL_US[layer] < 1.3, layer


def test_no_layer_is_faster_than_its_entries(run):
    for row in rows(run(8), "products"):
        assert int(row["cycles"]) * PES > int(row["macs"])


def test_skipped_and_multiplied_weights_are_all_that_are_kept(run):
    for row in rows(run(8), "products"):
        kept = float(row["kept_percent"]) / 100 * int(row["rows"]) * int(row["columns"])
        assert int(row["macs"]) + int(row["skipped_macs"]) == pytest.approx(kept, abs=0.5)


def test_queues_help_up_to_about_eight_places(run):
    """Half of the cycles are bubbles with one place; beyond eight there is little to gain."""
    one, eight, many = (balance(run(depth)) for depth in (1, 8, 64))
    assert 0.35 < sum(one.values()) / len(one) < 0.7
    for layer in ACTUAL_US:
        assert eight[layer] > 1.2 * one[layer], layer
        assert many[layer] < 1.12 * eight[layer], layer


def test_the_layer_of_six_hundred_rows_is_used_worst_of_dense_inputs(run):
    used = {row["layer"]: float(row["mac_utilization_percent"]) for row in rows(run(8), "layers")}
    assert used["NT-We"] < min(used["NT-Wd"], used["NT-LSTM"])
