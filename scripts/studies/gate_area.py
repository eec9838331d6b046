"""Areas that the simulator gives to blocks whose SystemVerilog is here, beside what Yosys makes of that.

    /usr/bin/python3 -m scripts.studies.gate_area [--lockstep PROGRAM]

Prints a table: cells without the overhead of placement, at 45 nm. Needs Yosys (Debian: yosys). Ours are the rows `areas` of
arch-configs/energy: of the parts that a block is made of, or of the machine of a netlist.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base import yaml_dialect
from scripts.studies import markdown, yosys_cells
from scripts.sweeping.program import ROOT, add_options

CLASSES, SCORE_BITS, CLASS_BITS = 10, 8, 4
STORED_LUT = """
module stored_lut #(parameter int unsigned FanIn = 6) (
  input logic [2**FanIn-1:0] table_i, input logic [FanIn-1:0] addr_i, output logic out_o
);
  assign out_o = table_i[addr_i];
endmodule
"""


@dataclass(frozen=True)
class Row:
    block: str
    ours_um2: float
    yosys: yosys_cells.Mapped

    @property
    def ratio(self):
        return self.ours_um2 / self.yosys.um2


def areas():
    """(component, width) -> um2 of the tables of 45 nm."""
    files = [ROOT / f"arch-configs/energy/{name}45nm.yaml" for name in ("", "luts-")]
    rows = [row for file in files for row in yaml_dialect.read(file)["areas"]]
    return {(row["component"], row["width_bits"]): row["area_um2"] for row in rows}


def argmax(folder, known):
    source = ROOT / "rtl/common/argmax.sv"
    each = known["add", SCORE_BITS] + (SCORE_BITS + CLASS_BITS) * known["multiplexer", 1]
    yosys = yosys_cells.mapped(folder, [str(source)], "argmax", {"Classes": CLASSES, "ScoreBits": SCORE_BITS})
    return Row(f"arg-max of {CLASSES} scores of {SCORE_BITS} bits", (CLASSES - 1) * each, yosys)


def tree_of_lut(folder, known):
    (folder / "stored_lut.sv").write_text(STORED_LUT)
    yosys = yosys_cells.mapped(folder, ["stored_lut.sv"], "stored_lut")
    return Row("the tree of a LUT6 over 64 bits", 63 * known["multiplexer", 1], yosys)


def netlist(folder, program, architecture, workload):
    """Registers and LUTs of a spatial machine; in its SystemVerilog the tables are constants."""
    for verb in ("rtl", "run"):
        subprocess.run([program, verb, architecture, workload, "-o", folder / verb], check=True, stdout=subprocess.DEVNULL)
    with open(folder / "run/area.csv", newline="", encoding="utf-8") as file:
        ours = sum(int(row["count"]) * float(row["um2_each"]) for row in csv.DictReader(file))
    files = ["lut.sv", "feature_register.sv", "argmax.sv", "poetbin_spatial.sv"]
    present = [name for name in files if (folder / "rtl" / name).is_file()]
    return Row(f"{architecture}, {workload}", ours, yosys_cells.mapped(folder / "rtl", present, "poetbin_spatial"))


def rows(program):
    known = areas()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield argmax(folder, known)
        yield tree_of_lut(folder, known)
        yield netlist(folder / "plain", program, "poetbin", "tiny-luts")
        yield netlist(folder / "pipelined", program, "poetbin-pipelined", "tiny-luts")


def table(found):
    header = ["block", "ours, µm²", "Yosys, µm²", "of it registers", "Yosys, gates (NAND2)", "ours / Yosys"]
    numbers = [(r, [r.ours_um2, r.yosys.um2, r.yosys.register_um2, r.yosys.gates]) for r in found]
    return markdown.table(header, [[r.block, *(f"{n:.0f}" for n in line), f"{r.ratio:.2f}"] for r, line in numbers])


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    program = parser.parse_args(words).lockstep
    print(table(rows(program)))


if __name__ == "__main__":
    sys.exit(main())
