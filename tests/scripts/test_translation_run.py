"""The main job: the trained, pruned Transformer translates 100 real sentences on OPTIMUS."""

import csv
import json

import pytest

from lockstep_program import files_of, run_ok


def translate(folder, arch, *options):
    out = folder / (arch + "".join(options))
    run_ok("run", arch, "translation", "-o", out, *options)
    return out


def metric(out, name):
    return json.loads((out / "summary.json").read_text())["metrics"][name]["value"]


def tokens(out):
    with open(out / "translations.csv", newline="", encoding="utf-8") as rows:
        return [row["tokens"] for row in csv.DictReader(rows)]


@pytest.fixture(scope="module")
def skipping(tmp_path_factory):
    return translate(tmp_path_factory.mktemp("translation"), "optimus")


def test_every_sentence_is_translated_and_compared_with_the_exporter(skipping):
    assert metric(skipping, "sentences") == 100
    # All tokens, and every operator's output for two sentences.
    assert metric(skipping, "compared_values") > 100_000


def test_stepped_run_writes_the_same_bytes(skipping, tmp_path):
    stepped = translate(tmp_path, "optimus", "--engine", "tick")
    assert files_of(skipping) == files_of(stepped)


@pytest.mark.parametrize("arch", ["optimus-baseline", "optimus-without-skip"])
def test_recomputing_every_position_gives_the_same_tokens(skipping, arch, tmp_path):
    recomputed = translate(tmp_path, arch)
    assert tokens(recomputed) == tokens(skipping)
    assert metric(recomputed, "macs") > 3 * metric(skipping, "macs")


def test_lengths_without_values_are_those_of_the_run_with_values(skipping, tmp_path):
    timed = translate(tmp_path, "optimus", "--no-values")
    assert metric(timed, "cycles") == metric(skipping, "cycles")
    assert metric(timed, "compared_values") == 0
