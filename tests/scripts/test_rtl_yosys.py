"""Yosys maps a generated netlist of a trained program to LUT6: how many, beside our counts.

We count a table of P pins as 2^(P-6) LUT6 whose outputs an FPGA's own multiplexers (MUXF7, MUXF8) join. Yosys has no
such multiplexers in `synth -lut 6`: joining takes one more LUT6 a table. Its count must not exceed that bound.
"""

import json
import shutil
import subprocess

import numpy as np
import pytest

from lockstep_program import ROOT, run_ok
from scripts.export.lut_file import read_program, write_program
from scripts.export.lut_program import LutLevel, LutProgram, LutVectors

SCRIPT = """
read_verilog -sv lut.sv feature_register.sv poetbin_spatial.sv
synth -lut 6 -flatten -top poetbin_spatial
tee -q -o stat.json stat -json
"""


def first_class(program):
    """The part of a program that gives the scores of class 0."""
    signals = program.first_signal(len(program.levels))
    needed = np.zeros(signals, bool)
    needed[program.outputs[0][program.outputs[0] >= 0]] = True
    for k in reversed(range(len(program.levels))):
        level, first = program.levels[k], program.first_signal(k)
        sources = level.sources[needed[first : first + level.luts]]
        needed[sources[sources >= 0]] = True
    needed[: program.inputs] = True
    number = np.append(np.cumsum(needed) - 1, [-2, -1]).astype(np.int32)  # the constants stay

    levels = []
    for k, level in enumerate(program.levels):
        keep = needed[program.first_signal(k) :][: level.luts]
        levels.append(
            LutLevel(level.name, number[level.sources[keep]], level.tables[keep], level.label_names, level.labels[keep])
        )
    vectors = LutVectors(program.vectors.inputs, program.vectors.scores[:, :1].copy())
    return LutProgram(
        "digits_class_0", program.inputs, levels, number[program.outputs[:1]], program.origin, program.stimulus,
        program.signed_scores, vectors,
    )


def live_pins(program):
    return np.concatenate([(level.sources >= 0).sum(axis=1) for level in program.levels])


def lut6_counts(program):
    """LUT6 without optimisation: joined by multiplexers of the FPGA; joined by LUT6."""
    live = live_pins(program)
    parts = 2 ** np.maximum(live - 6, 0)
    return int(parts.sum()), int((parts + (live > 6)).sum())


@pytest.mark.skipif(not shutil.which("yosys"), reason="Yosys is not installed (apt install yosys)")
def test_yosys_maps_a_trained_netlist_within_our_bound(tmp_path, record_property, capsys):
    program = first_class(read_program(ROOT / "workloads/traces/digits-luts.safetensors"))
    write_program(tmp_path / "class0.safetensors", program)
    (tmp_path / "class0.yaml").write_text("kind: luts\nprogram: class0.safetensors\n")
    run_ok("rtl", "poetbin", tmp_path / "class0.yaml", "-o", tmp_path / "rtl")
    (tmp_path / "rtl/map.ys").write_text(SCRIPT)
    subprocess.run(["yosys", "-q", "map.ys"], cwd=tmp_path / "rtl", check=True, timeout=300)

    cells = json.loads((tmp_path / "rtl/stat.json").read_text())["design"]["num_cells_by_type"]
    mapped = cells["$lut"]
    counted, joined = lut6_counts(program)
    record_property("lut6_mapped_by_yosys", mapped)
    record_property("lut6_counted", counted)
    with capsys.disabled():
        luts = sum(level.luts for level in program.levels)
        print(f"\nclass 0 of digits, {luts} LUT{program.levels[0].fan_in}: Yosys maps {mapped} LUT6, {mapped / counted:.3f} of"
              f" {counted} LUT6 and multiplexers, {mapped / joined:.3f} of {joined} LUT6 alone")
    assert joined / 2 < mapped <= joined
