"""SystemVerilog as cells of a 45 nm library, mapped by Yosys: their area and its equivalent in gates.

The cells are those of the Nangate 45 nm Open Cell Library, whose LEF (part of the OpenROAD project) states their sizes; all
are 1.4 um high. ABC maps for area without timing: it makes adders of gates, never of the library's full adders, so that
arithmetic comes out up to twice as large as published adders and multipliers; multiplexers and control come out fair.
"""

import json
import subprocess
from dataclasses import dataclass

HEIGHT_UM = 1.4
# Name: width in um, function in the language of genlib.
CELLS = {
    "INV_X1": (0.38, "!A"),
    "BUF_X1": (0.57, "A"),
    "NAND2_X1": (0.57, "!(A*B)"),
    "NAND3_X1": (0.76, "!(A*B*C)"),
    "NAND4_X1": (0.95, "!(A*B*C*D)"),
    "NOR2_X1": (0.57, "!(A+B)"),
    "NOR3_X1": (0.76, "!(A+B+C)"),
    "AND2_X1": (0.76, "A*B"),
    "AND3_X1": (0.95, "A*B*C"),
    "AND4_X1": (1.14, "A*B*C*D"),
    "OR2_X1": (0.76, "A+B"),
    "AOI21_X1": (0.76, "!(A+(B*C))"),
    "AOI22_X1": (0.95, "!((A*B)+(C*D))"),
    "AOI211_X1": (0.95, "!((C*D)+A+B)"),
    "OAI21_X1": (0.76, "!(A*(B+C))"),
    "OAI22_X1": (0.95, "!((A+B)*(C+D))"),
    "XOR2_X1": (1.14, "(A*!B)+(!A*B)"),
    "XNOR2_X1": (1.14, "!((A*!B)+(!A*B))"),
    "MUX2_X1": (1.33, "(S*B)+(A*!S)"),
}
FLIP_FLOP, WITH_RESET, MULTIPLEXER = 3.23, 3.8, CELLS["MUX2_X1"][0]  # DFF_X1, DFFR_X1; an enable is a MUX2_X1 before it
REGISTERS = {
    "$_DFF_P_": FLIP_FLOP,
    "$_DFFE_PP_": FLIP_FLOP + MULTIPLEXER,
    "$_DFF_PN0_": WITH_RESET,
    "$_DFFE_PN0P_": WITH_RESET + MULTIPLEXER,
}
CONSTANTS = {"ZERO": (0.0, "CONST0"), "ONE": (0.0, "CONST1")}  # a wire to ground or supply
SCRIPT = """
read_verilog -sv {files}
{parameters}
synth -flatten -top {top}
dfflegalize {registers}
abc -genlib cells.genlib -script +strash;dch;map,-a;
opt_clean
tee -q -o stat.json stat -json
"""


def area_um2(width_um):
    return width_um * HEIGHT_UM


GATE_UM2 = area_um2(CELLS["NAND2_X1"][0])  # one gate equivalent


@dataclass(frozen=True)
class Mapped:
    """A netlist in cells."""

    um2: float
    register_um2: float  # of it
    cells: dict  # name -> count

    @property
    def gates(self):
        return self.um2 / GATE_UM2


def genlib():
    lines = [f"GATE {name} {area_um2(width):.3f} Z={function};" for name, (width, function) in CONSTANTS.items()]
    pin = "PIN * UNKNOWN 1 999 1 0 1 0"
    lines += [f"GATE {name} {area_um2(width):.3f} Z={function}; {pin}" for name, (width, function) in CELLS.items()]
    return "\n".join(lines) + "\n"


def _script(files, top, parameters):
    registers = " ".join(f"-cell {name} 01" for name in REGISTERS)
    return SCRIPT.format(files=" ".join(files), top=top, parameters=parameters, registers=registers)


def mapped(folder, files, top, parameters=None):
    """The module `top` of SystemVerilog files in `folder`, which gets the files of the mapping, too."""
    sets = "\n".join(f"chparam -set {name} {value} {top}" for name, value in (parameters or {}).items())
    (folder / "cells.genlib").write_text(genlib())
    (folder / "map.ys").write_text(_script(files, top, sets))
    subprocess.run(["yosys", "-q", "map.ys"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    cells = json.loads((folder / "stat.json").read_text())["design"]["num_cells_by_type"]
    widths = {name: width for name, (width, _) in (CELLS | CONSTANTS).items()} | REGISTERS
    areas = {name: count * area_um2(widths[name]) for name, count in cells.items()}
    return Mapped(sum(areas.values()), sum(areas.get(name, 0) for name in REGISTERS), cells)
