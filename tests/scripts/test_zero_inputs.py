"""OPTIMUS skips inputs that a ReLU made zero: how many multiply-accumulates that spares follows from the trace alone, by the exporter's
own integer model, which has no code in common with the machine."""

import csv
import json

import numpy as np
import pytest

from lockstep_program import ROOT, run_ok
from scripts.export import masks
from scripts.export.integer_reference import IntegerModel
from scripts.export.ragged import rows_of
from scripts.export.trace import read_trace

TRACE = ROOT / "workloads" / "traces" / "tiny.safetensors"
POINTERS = ["--set", "optimus.mac_array.sparse.column_mark=pointer"]
SKIPS = [*POINTERS, "--set", "optimus.mac_array.skip_zero_inputs=true"]


def outputs(trace):
    """Of every operator, sentence by sentence."""
    model = IntegerModel(trace)
    for source, target in zip(rows_of("reference.source_tokens", trace.tensors), rows_of("reference.target_tokens", trace.tensors)):
        source, target = source.tolist(), target.tolist()
        yield {**model.encode(source), **model.decode(source, target)}


def expected(tile):
    """By layer that reads a ReLU: kept weights of inputs that are zero for all tokens of a tile, times its tokens."""
    trace = read_trace(TRACE)
    relu = {operator["name"] for operator in trace.operators if operator.get("relu")}
    skipped = {}
    for values in outputs(trace):
        for operator in trace.operators:
            if operator["kind"] != "linear" or operator["inputs"][0] not in relu:
                continue
            kept = masks.unpack(trace.tensors[operator["mask"]], trace.tensors[operator["weight"]].shape[1]).sum(0)
            inputs = values[operator["inputs"][0]] != 0
            held = 1 if operator["phase"] == "decoder" else tile  # a decoding step computes one position
            for first in range(0, len(inputs), held):
                tokens = inputs[first : first + held]
                spared = len(tokens) * kept[~tokens.any(0)].sum()
                skipped[operator["name"]] = skipped.get(operator["name"], 0) + int(spared)
    return skipped


def metric(folder, name):
    return json.loads((folder / "summary.json").read_text())["metrics"][name]["value"]


def macs(folder):
    with open(folder / "layers.csv", newline="") as file:
        return {row["layer"]: int(row["macs"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("tile", [1, 2])
def test_what_is_skipped_follows_from_the_trace(tile, tmp_path):
    held = ["--set", f"optimus.mac_array.tile_tokens={tile}"]
    run_ok("run", "optimus-tiny", "tiny", *POINTERS, *held, "-o", tmp_path / "all")
    run_ok("run", "optimus-tiny", "tiny", *SKIPS, *held, "-o", tmp_path / "skips")
    spared = expected(tile)
    assert len(spared) == 2 and all(spared.values())
    before, after = macs(tmp_path / "all"), macs(tmp_path / "skips")
    assert {name: before[name] - after[name] for name in before if before[name] != after[name]} == spared
    assert metric(tmp_path / "skips", "skipped_macs") == sum(spared.values())
    assert metric(tmp_path / "skips", "cycles") < metric(tmp_path / "all", "cycles")


def test_without_values_no_input_is_zero_and_the_run_says_so(tmp_path):
    said = run_ok("run", "optimus-tiny", "tiny", *SKIPS, "--no-values", "-o", tmp_path / "out").stdout
    assert "note: no input was skipped: without values all count as not zero" in said
    assert metric(tmp_path / "out", "skipped_macs") == 0


def test_drawn_inputs_follow_their_density_and_seed(tmp_path):
    def skipped(*words):
        run_ok("run", "optimus-tiny", "tiny-synthetic", *SKIPS, *words, "-o", tmp_path / "out")
        return metric(tmp_path / "out", "skipped_macs"), metric(tmp_path / "out", "macs")

    assert skipped()[0] == 0
    density = ["--set", "workload.relu_density=0.25", "--set", "optimus.mac_array.tile_tokens=1"]
    assert skipped(*density) == skipped(*density)
    assert skipped(*density) != skipped(*density, "--seed", "2")
    some = skipped(*density)[0]
    denser = skipped("--set", "workload.relu_density=0.75", "--set", "optimus.mac_array.tile_tokens=1")[0]
    assert 2 < some / denser < 4.5  # three quarters of the kept weights, or one


def notes(folder):
    return json.loads((folder / "summary.json").read_text())["notes"]


PRODUCTS = ["optimus-tiny", "tiny-products"]
SYNTHETIC = ["optimus-tiny", "tiny-synthetic"]
ALONE = ["--set", "optimus.mac_array.sparse.ways=1", "--set"]


@pytest.mark.parametrize(
    "words, key",
    [
        (PRODUCTS, "matrices[].activation_density has no effect with mac_array.skip_zero_inputs false"),
        ([*SYNTHETIC, "--set", "workload.relu_density=0.5"], "relu_density has no effect with mac_array.skip_zero_inputs false"),
        ([*SYNTHETIC, *ALONE, "optimus.mac_array.accumulators=shared"], "mac_array.accumulators shared has no effect"),
        ([*SYNTHETIC, *ALONE, "optimus.mac_array.sparse.way_choice=runtime"], "way_choice runtime has no effect"),
        (["poetbin-crossbar", "tiny-luts", "--set", "poetbin.fabric.slot_order=conflict_aware"], "fabric.slot_order has no effect"),
        (["poetbin-crossbar", "tiny-luts", "--set", "poetbin.sink.ready_cycles=7"], "sink.ready_cycles has no effect"),
    ],
)
def test_a_key_that_changes_nothing_is_noted(words, key, tmp_path):
    """And it changes nothing: with its default all files but summary.json are the same."""
    checked, said = run_ok("check", *words).stdout, run_ok("run", *words, "-o", tmp_path / "out").stdout
    (note,) = [text for text in notes(tmp_path / "out") if "no effect" in text]
    assert key in note and f"note: {note}\n" in checked and f"note: {note}\n" in said
    without = words[:-2] if len(words) > 2 else [*words, *SKIPS]
    run_ok("run", *without, "-o", tmp_path / "plain")
    assert not [text for text in notes(tmp_path / "plain") if "no effect" in text]
    if len(words) > 2:
        for file in ("layers.csv", "units.csv", "energy.csv"):
            if (tmp_path / "out" / file).exists():
                assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "plain" / file).read_bytes(), file


def test_keys_with_an_effect_are_not_noted(tmp_path):
    run_ok("run", *PRODUCTS, *SKIPS, "-o", tmp_path / "out")
    assert metric(tmp_path / "out", "skipped_macs") > 0
    assert not [text for text in notes(tmp_path / "out") if "no effect" in text]
