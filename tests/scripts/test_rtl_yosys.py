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
from scripts.export.lut_evaluation import all_scores
from scripts.export.lut_file import read_program, write_program
from scripts.export.lut_program import LutLevel, LutProgram, LutVectors

NEURONS = 4
SCRIPT = """
read_verilog -sv lut.sv feature_register.sv poetbin_spatial.sv
synth -lut 6 -flatten -top poetbin_spatial
tee -q -o stat.json stat -json
"""


def part_that_gives(program, outputs):
    """The tables behind some signals, as a program with one score made of them."""
    needed = np.zeros(program.first_signal(len(program.levels)), bool)
    needed[: program.inputs] = True
    needed[outputs] = True
    for k in reversed(range(len(program.levels))):
        sources = program.levels[k].sources[needed[program.first_signal(k) :][: program.levels[k].luts]]
        needed[sources[sources >= 0]] = True
    number = np.append(np.cumsum(needed) - 1, [-2, -1]).astype(np.int32)  # the constants stay
    levels = []
    for k, level in enumerate(program.levels):
        keep = needed[program.first_signal(k) :][: level.luts]
        if keep.any():
            pins = number[level.sources[keep]]
            levels.append(LutLevel(level.name, pins, level.tables[keep], level.label_names, level.labels[keep]))
    part = LutProgram("part_of_digits", program.inputs, levels, number[np.array([outputs])], program.origin, program.stimulus)
    part.vectors = LutVectors(program.vectors.inputs, all_scores(part, program.vectors.inputs))
    return part


def live_pins(program):
    return np.concatenate([(level.sources >= 0).sum(axis=1) for level in program.levels])


def lut6_counts(program):
    """LUT6 without optimisation: joined by multiplexers of the FPGA; joined by LUT6."""
    live = live_pins(program)
    parts = 2 ** np.maximum(live - 6, 0)
    return int(parts.sum()), int((parts + (live > 6)).sum())


@pytest.mark.skipif(not shutil.which("yosys"), reason="Yosys is not installed (apt install yosys)")
def test_yosys_maps_a_trained_netlist_within_our_bound(tmp_path, record_property, capsys):
    digits = read_program(ROOT / "workloads/traces/digits-luts.safetensors")
    neurons = digits.first_signal(2) + np.arange(NEURONS)  # their votes of the second level
    program = part_that_gives(digits, neurons)
    write_program(tmp_path / "part.safetensors", program)
    (tmp_path / "part.yaml").write_text("kind: luts\nprogram: part.safetensors\n")
    run_ok("rtl", "poetbin", tmp_path / "part.yaml", "-o", tmp_path / "rtl")
    (tmp_path / "rtl/map.ys").write_text(SCRIPT)
    subprocess.run(["yosys", "-q", "map.ys"], cwd=tmp_path / "rtl", check=True, timeout=300)

    cells = json.loads((tmp_path / "rtl/stat.json").read_text())["design"]["num_cells_by_type"]
    mapped = cells["$lut"]
    counted, joined = lut6_counts(program)
    record_property("lut6_mapped_by_yosys", mapped)
    record_property("lut6_counted", counted)
    with capsys.disabled():
        luts = sum(level.luts for level in program.levels)
        print(f"\n{NEURONS} neurons of digits, {luts} LUT{program.levels[0].fan_in}: Yosys maps {mapped} LUT6, {mapped / counted:.3f} of"
              f" {counted} LUT6 and multiplexers, {mapped / joined:.3f} of {joined} LUT6 alone")
    assert joined / 2 < mapped <= joined
