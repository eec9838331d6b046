"""Tables of more than twelve inputs become cascades that compute the same."""

import subprocess
import sys

import numpy as np
import pytest

from lockstep_program import ROOT, run_ok
from scripts.export import safetensors, split_luts
from scripts.export.errors import TraceError
from scripts.export.lut_evaluation import all_scores
from scripts.export.lut_file import metadata_of, read_program, tensors_of
from scripts.export.lut_program import LutLevel, LutProgram, LutVectors, pack_rows
from scripts.export.metadata import Origin

ORIGIN = Origin("test", "numpy", "test", "random", "none")


def wide_program(seed, fan_ins, samples=200):
    """Levels of these fan-ins; pins may read anything earlier, constants and one signal twice included."""
    random = np.random.default_rng(seed)
    inputs, levels, first = 24, [], 24
    for k, fan_in in enumerate(fan_ins):
        luts = 3
        sources = random.integers(-2, first, (luts, fan_in), np.int32)
        tables = random.integers(0, 2, (luts, 1 << fan_in))
        tables[0, : 1 << (fan_in - 1)] = 0  # a constant half
        tables[1] = np.tile(tables[1, : 1 << (fan_in - 1)], 2)  # a pin without effect
        levels.append(LutLevel(f"level{k}", sources, pack_rows(tables)))
        first += luts
    outputs = random.integers(-2, first, (3, 4), np.int32)
    program = LutProgram("wide", inputs, levels, outputs, ORIGIN, "random bits")
    rows = pack_rows(random.integers(0, 2, (samples, inputs)))
    scores = all_scores(program, rows)
    program.vectors = LutVectors(rows, scores)
    return program


@pytest.mark.parametrize("fan_in", (13, 14, 15, 16, 17))
def test_every_width_is_split_and_computes_the_same(fan_in):
    wide = wide_program(fan_in, (4, fan_in, 13))
    narrow = split_luts.split(wide)
    assert max(level.fan_in for level in narrow.levels) <= 12
    assert (all_scores(narrow, wide.vectors.inputs) == wide.vectors.scores).all()
    parts = [level for level in narrow.levels if level.name == "level1_parts"]
    assert sum(level.luts for level in parts) <= 3 << (fan_in - 12)


def test_wrong_cascade_is_caught(monkeypatch):
    right = split_luts.multiplexer
    monkeypatch.setattr(split_luts, "multiplexer", lambda selects: right(selects) ^ (selects == 2))
    with pytest.raises(TraceError, match="LUT 0: address"):
        split_luts.split(wide_program(1, (14,)))


def test_command_writes_a_program_that_lockstep_checks(tmp_path):
    wide = wide_program(5, (13, 16))
    safetensors.write(tmp_path / "wide.safetensors", metadata_of(wide), tensors_of(wide))
    with pytest.raises(TraceError, match="fan_in"):
        read_program(tmp_path / "wide.safetensors")
    words = ["-m", "scripts.export.split_luts", tmp_path / "wide.safetensors", "-o", tmp_path / "narrow.safetensors"]
    done = subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 levels, 6 LUTs, " in done.stdout and "; split: " in done.stdout
    (tmp_path / "w.yaml").write_text("kind: luts\nprogram: narrow.safetensors\n")
    assert "600 values are what the program computes" in run_ok("check", "poetbin", tmp_path / "w.yaml").stdout
