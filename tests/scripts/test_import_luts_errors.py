"""What of a netlist cannot be imported is one line: file, line, what to do."""

import pytest

from scripts.base.printable import printable
from test_import_luts import run_import

V = "module top (input [2:0] a, output y);\n{}\nendmodule\n"
LUT = "LUT2 #(.INIT(4'h8)) u ({});"
VHDL = (
    "entity top is port (a : in std_logic_vector(2 downto 0); y : out std_logic); end top;\n"
    "architecture b of top is\nsignal s : std_logic;\nbegin\n{}\nend b;\n"
)
BLIF = ".model top\n.inputs a b\n.outputs y\n{}\n.end\n"
CASES = [
    ("v", V.format("FDRE r (.C(a[0]), .CE(a[1]), .R(a[2]), .D(a[0]), .Q(y));"), 2, "FDRE cannot be imported; a program is combinational"),
    ("v", V.format("CARRY4 c (.CI(a[0]));"), 2, "CARRY4 cannot be imported; map it to LUT1 to LUT6 first"),
    ("v", V.format("always @(*) y = a[0];"), 2, "'always' is not structural; "),
    ("v", V.format("\n\nassign y = a[0] & a[1];"), 4, "';' is expected: only wires, constants and concatenations are assigned; map"),
    ("v", V.format("assign y = ~a[0];"), 2, "a wire, a constant or a concatenation is expected; map"),
    ("v", V.format(LUT.format(".I0(a[0]), .O(y)")), 2, "instance 'u': pin I1 is not connected; "),
    ("v", V.format(LUT.format(".I0(a[0]), .I1(a[1]), .I2(a[2]), .O(y)")), 2, "a LUT2 has no pin 'I2'; use I0, I1, O"),
    ("v", V.format(LUT.format(".I0(a[0]), .I1(a), .O(y)")), 2, "pin I1 is connected to 3 bits; use one"),
    ("v", V.format(LUT.format(".I0(a[0]), .I1(a[3]), .O(y)")), 2, "'a' has bits 0 to 2, no bit 3"),
    ("v", V.format(LUT.format("a[0], a[1], y")), 2, "name the pins, as in .I0(a)"),
    ("v", V.format("LUT2 #(.INIT(5'h10)) u (.I0(a[0]), .I1(a[1]), .O(y));"), 2, "INIT has ones beyond the 4 bits that 2 inputs address"),
    ("v", V.format("LUT2 #(.INIT(4'b1x00)) u (.I0(a[0]), .I1(a[1]), .O(y));"), 2, "has bits without a value; give them one"),
    ("v", V.format("LUT2 u (.I0(a[0]), .I1(a[1]), .O(y));"), 2, "INIT is missing; write it where the instance is made, 4 bits"),
    ("v", V.format("LUT2 #(.SIZE(4)) u (.I0(a[0]), .I1(a[1]), .O(y));"), 2, "parameter 'SIZE'; only INIT can be imported"),
    ("v", V.format("assign y = a[0];\nassign y = a[1];"), 3, "net y is driven twice, first in line 2; drive it once"),
    ("v", V.format("assign y = a[1:0];"), 2, "2 bits are assigned to 1; make both sides equally wide"),
    ("v", V.format("wire p;\n" + LUT.format(".I0(p), .I1(a[1]), .O(y)")), 3, "net p is read and nothing drives it; "),
    ("v", V.format("wire p;\n" + LUT.format(".I0(y), .I1(a[1]), .O(y)")), 3, "net y depends on itself; a program has no loops"),
    ("v", V.format("assign a[0] = 1'b0;\nassign y = a[0];"), 1, "net a[0] is driven twice, first in line 2"),
    ("v", "module a (input x, output y); endmodule\n" + V.format(""), 2, "a second module, 'top'; say which one to import: --top NAME"),
    ("v", "`include \"x.v\"\n", 1, "`include is not known; write the file without macros"),
    ("vhd", VHDL.format("u : FDRE port map (D => a(0), Q => y);"), 5, "FDRE cannot be imported; a program is combinational"),
    ("vhd", VHDL.format("process(a) begin y <= a(0); end process;"), 5, "'process' is not structural; "),
    ("vhd", VHDL.format("y <= a(0) and a(1);"), 5, "';' is expected: only signals, constants and their concatenations"),
    ("vhd", VHDL.format('u : LUT2 generic map (INIT => "100") port map (I0 => a(0), I1 => a(1), O => y);'), 5, "INIT has 3 bits; 2 inputs address 4"),
    ("vhd", VHDL.format('u : LUT2 generic map (INIT => X"8") port map (a(0), a(1), y);'), 5, "name the pins, as in I0 => a"),
    ("vhd", VHDL.format('u : LUT2 generic map (INIT => X"G") port map (I0 => a(0), I1 => a(1), O => y);'), 5, "is no number of bits; "),
    ("vhd", VHDL.format("y <= t;"), 5, "signal 't' is not declared"),
    ("vhd", "entity top is port (a : in integer; y : out bit); end top;", 1, "type 'integer'; use std_logic or std_logic_vector"),
    ("blif", BLIF.format(".latch a y re clk 2"), 4, ".latch cannot be imported; a program is combinational: leave the registers out"),
    ("blif", BLIF.format(".subckt LUT2 I0=a O=y"), 4, ".subckt cannot be imported; write the netlist flat and as .names"),
    ("blif", BLIF.format(".names a b y\n11 1\n00 0"), 6, "rows of one .names that say 1 and 0"),
    ("blif", BLIF.format(".names a b y\n111 1"), 5, "a row of this .names is 2 of 0, 1 and -, then 0 or 1"),
    ("blif", BLIF.format(".names a b y\n1x 1"), 5, "row '1x'; use 0, 1 and -"),
    ("blif", BLIF.format(".names " + "a " * 21 + "y"), 4, ".names has 21 inputs; at most 20 can be imported"),
    ("blif", BLIF.format(".names a \\\nc y\n11 1"), 4, "net c is read and nothing drives it; "),
]  # fmt: skip


@pytest.mark.parametrize("suffix, text, line, message", CASES)
def test_refusal_names_file_line_and_remedy(tmp_path, suffix, text, line, message):
    (tmp_path / f"n.{suffix}").write_text(text)
    error = run_import(tmp_path / f"n.{suffix}", "-o", tmp_path / "p.safetensors", code=2).stderr
    assert error.startswith(f"error: {tmp_path}/n.{suffix}:{line}: ") and message in error
    assert error.count("\n") == 1 and not (tmp_path / "p.safetensors").exists()


GOOD = V.format(LUT.format(".I0(a[0]), .I1(a[1]), .O(y)"))
OPTIONS = [
    (("--top", "other"), 2, "no module 'other'; the file has top"),
    (("--outputs", "z"), 2, "--outputs: no output port 'z'; there are y"),
    (("--classes", "3"), 2, "1 output bits are no equal scores of 3 classes"),
    (("--seed", "-1", "--random", "5"), 2, "argument --seed: -1 is not 0 to 18446744073709551615"),
    (("--random", "99999999"), 2, "--random 99999999: use at most 16777216 vectors"),
    (("--vectors", "missing.txt"), 3, "missing.txt: No such file or directory"),
    (("--vectors", "bad.txt"), 2, "bad.txt:2: 4 input bits; the netlist has 3"),
    (("--vectors", "mixed.txt"), 2, "mixed.txt:2: 2 words; each line holds inputs, or each holds inputs and outputs"),
    (("--vectors", "odd.txt"), 2, "odd.txt:1: '01\\x1b'; use 0 and 1"),
    (("-o", "nowhere/p.safetensors"), 3, "nowhere/p.safetensors: No such file or directory"),
    (("-o", "n.v"), 2, "n.v: exists and is not a trace; choose another name"),
]


@pytest.mark.parametrize("options, code, message", OPTIONS)
def test_mistakes_of_options_and_vectors(tmp_path, options, code, message):
    (tmp_path / "n.v").write_text(GOOD)
    (tmp_path / "bad.txt").write_text("010\n0101\n")
    (tmp_path / "mixed.txt").write_text("010\n010 1\n")
    (tmp_path / "odd.txt").write_text("01\x1b\n")
    options = [tmp_path / word if "." in word else word for word in options]
    output = [] if "-o" in options else ["-o", tmp_path / "p.safetensors"]
    error = run_import(tmp_path / "n.v", *options, *output, code=code).stderr
    assert message in error and error.count("\n") == 1 and printable(error[:-1], None) == error[:-1]
    assert (tmp_path / "n.v").read_text() == GOOD


def test_missing_netlist_and_unknown_kind(tmp_path):
    assert "No such file" in run_import(tmp_path / "n.v", "-o", tmp_path / "p.safetensors", code=3).stderr
    (tmp_path / "n.txt").write_text(GOOD)
    error = run_import(tmp_path / "n.txt", "-o", tmp_path / "p.safetensors", code=2).stderr
    assert error.endswith("n.txt: what is it? say --format blif, verilog or vhdl\n")
    run_import(tmp_path / "n.txt", "-o", tmp_path / "p.safetensors", "--format", "verilog")
