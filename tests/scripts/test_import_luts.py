"""Netlists in BLIF, Verilog and VHDL become programs that compute what the netlists say."""

import random
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import random_netlist
from lockstep_program import ROOT, error_of, files_of, run_ok
from scripts.export.lut_file import read_program, write_program
from scripts.export.lut_program import pack_rows

COMMAND = (sys.executable, "-m", "scripts.export.luts")


def run_import(*words, code=0):
    done = subprocess.run([*COMMAND, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


def vector_lines(netlist, count, seed):
    """Inputs and what the netlist answers, both with the last bit leftmost."""
    draw = random.Random(seed)
    for _ in range(count):
        bits = [draw.randrange(2) for _ in range(netlist.inputs)]
        yield " ".join("".join(map(str, reversed(word))) for word in (bits, netlist.answers(bits)))


def imported(folder, suffix, netlist, *options):
    """The program, with 200 vectors that were proved, and its workload file."""
    (folder / f"n.{suffix}").write_text(random_netlist.WRITERS[suffix](netlist))
    (folder / "vectors.txt").write_text("# inputs outputs\n" + "\n".join(vector_lines(netlist, 200, 1)) + "\n")
    run_import(folder / f"n.{suffix}", "--vectors", folder / "vectors.txt", "-o", folder / "p.safetensors", *options)
    (folder / "w.yaml").write_text("kind: luts\nprogram: p.safetensors\n")
    return folder / "w.yaml"


@pytest.mark.parametrize("suffix", random_netlist.WRITERS)
@pytest.mark.parametrize("seed", range(6))
def test_random_netlists_compute_the_same(tmp_path, suffix, seed):
    netlist = random_netlist.drawn(seed, most_pins=8 if seed % 2 else 6)
    workload = imported(tmp_path, suffix, netlist)
    assert "(top; from n." in (said := run_ok("check", "poetbin", workload).stdout)
    assert "1200 values are what the program computes" in said
    program = read_program(tmp_path / "p.safetensors")
    expected = [[int(bit) for bit in line.split()[1][::-1]] for line in (tmp_path / "vectors.txt").read_text().split("\n")[1:-1]]
    assert program.vectors.scores.tolist() == expected


def test_three_languages_give_equal_results(tmp_path):
    results = []
    for suffix in random_netlist.WRITERS:
        (tmp_path / suffix).mkdir()
        workload = imported(tmp_path / suffix, suffix, random_netlist.drawn(11))
        run_ok("run", "poetbin", workload, "-o", tmp_path / suffix / "out")
        results.append((files_of(tmp_path / suffix / "out")["samples.csv"]))
    assert results[0] == results[1] == results[2]


def test_wrong_expected_output_is_refused_by_vector_and_bit(tmp_path):
    netlist = random_netlist.drawn(3)
    lines = list(vector_lines(netlist, 20, 1))
    flipped = lines[7][:-1] + ("0" if lines[7][-1] == "1" else "1")
    (tmp_path / "n.v").write_text(random_netlist.verilog(netlist))
    (tmp_path / "v.txt").write_text("\n".join([*lines[:7], flipped, *lines[8:]]))
    error = run_import(tmp_path / "n.v", "--vectors", tmp_path / "v.txt", "-o", tmp_path / "p.safetensors", code=2).stderr
    assert f"v.txt:8: output out[0] is {flipped[-1]} here, the netlist gives {lines[7][-1]}; " in error
    assert not (tmp_path / "p.safetensors").exists()


def test_tables_of_more_than_twelve_inputs_are_split(tmp_path):
    netlist = random_netlist.drawn(4, most_pins=14, tables=6, inputs=16)
    assert max(len(pins) for _, pins, _ in netlist.tables) > 12
    workload = imported(tmp_path, "blif", netlist)
    assert max(level.fan_in for level in read_program(tmp_path / "p.safetensors").levels) <= 12
    run_ok("check", "poetbin", workload)


def test_levels_follow_the_longest_path(tmp_path):
    (tmp_path / "n.blif").write_text(
        ".model m\n.inputs a b c\n.outputs y z\n.names p q y\n11 1\n.names a b p\n01 1\n10 1\n.names p c q\n11 1\n"
        ".names c z\n0 1\n.end\n"
    )
    run_import(tmp_path / "n.blif", "-o", tmp_path / "p.safetensors")
    levels = read_program(tmp_path / "p.safetensors").levels
    assert [(level.name, level.sources.tolist()) for level in levels] == [
        ("level1", [[0, 1], [2, -1]]),  # p, z
        ("level2", [[3, 2]]),  # q reads p
        ("level3", [[3, 5]]),  # y reads p and q
    ]
    assert levels[0].tables.tolist() == [[0b0110], [0b0001]]


AUTHORS = """library IEEE;
entity check is
    Port ( inp_feat : in  STD_LOGIC_VECTOR (2 downto 0);
           cor_in : in STD_LOGIC;  --cor_out : out std_logic
           cor_out : out STD_LOGIC;
           out_fin : out  STD_LOGIC_VECTOR (3 downto 0));
end check;
architecture Behavioral of check is
component LUT2
generic(INIT : std_logic_vector(3 downto 0) := (others => '0') );
port(I0:in std_logic; I1:in std_logic; O:out std_logic);
--  Port ( );
end component;
signal C_0_B_1_out : std_logic := '0';
 signal C_0_B_0_out, C_1_B_1_out : std_logic := '0';
begin
C_0_B_0_inst : LUT2 generic map(INIT => "0010") port map( O =>C_0_B_0_out, I0 =>  inp_feat(0), I1 => inp_feat(1));
C_0_B_1_inst : LUT2 generic map(init => X"8") port map( O =>C_0_B_1_out, I0 =>  inp_feat(0), I1 => inp_feat(2));
C_1_B_1_inst : LUT2 generic map(init => "1110") port map( O =>C_1_B_1_out, I0 =>  inp_feat(1), I1 => inp_feat(2));
out_fin <= C_0_B_1_out  & C_0_B_0_out  & C_1_B_1_out  & '0' ;
cor_out <= cor_in;
end Behavioral;
"""


def test_scores_of_the_authors_order(tmp_path):
    """Class 0 has the highest bits, and each score its most significant bit highest; I0 is the least significant pin."""
    (tmp_path / "n.vhd").write_text(AUTHORS)
    (tmp_path / "v.txt").write_text("0_001 0100\n0101 1110\n0110 0010\n")  # cor_in, inp_feat; out_fin
    options = ("--outputs", "out_fin", "--classes", 2, "--first-class", "high", "--signed", "--vectors", tmp_path / "v.txt")
    run_import(tmp_path / "n.vhd", "-o", tmp_path / "p.safetensors", *options)
    assert read_program(tmp_path / "p.safetensors").vectors.scores.tolist() == [[1, 0], [-1, -2], [0, -2]]


def test_first_bit_high_turns_scores_round(tmp_path):
    (tmp_path / "n.vhd").write_text(AUTHORS)
    (tmp_path / "v.txt").write_text("0001\n")
    options = ("--outputs", "out_fin", "--classes", 2, "--first-class", "high", "--first-bit", "high")
    run_import(tmp_path / "n.vhd", "-o", tmp_path / "p.safetensors", "--vectors", tmp_path / "v.txt", *options)
    assert read_program(tmp_path / "p.safetensors").vectors.scores.tolist() == [[2, 0]]


CELLS = """module top (input [5:0] a, input s, output [6:0] y);
  wire g, p, i;
  GND gnd (.G(g)); VCC vcc (.P(p));
  LUT6_2 #(.INIT(64'h8000000000000001)) both (.I0(a[0]), .I1(a[1]), .I2(a[2]), .I3(a[3]), .I4(a[4]), .I5(a[5]), .O5(y[0]), .O6(y[1]));
  MUXF7 mux (.I0(a[0]), .I1(a[1]), .S(s), .O(y[2]));
  INV inv (.I(s), .O(i)); OBUF buffer (.I(i), .O(y[3]));
  \\$lut #(.LUT(4'h2), .WIDTH(32'd2)) yosys (.A({ a[1], a[0] }), .Y(y[4]));
  assign y[5] = 4'h4 >> { a[1], a[0] };
  LUT2 #(8) tied (.I0(p), .I1(a[5]), .O(y[6]));
endmodule
"""


def test_cells_beside_luts(tmp_path):
    (tmp_path / "n.v").write_text(CELLS)
    lines = []
    for number in range(128):
        a, s = [number >> k & 1 for k in range(6)], number >> 6
        y = [not any(a[:5]), not any(a) or all(a), a[1] if s else a[0], not s, a[0] and not a[1], a[1] and not a[0], a[5]]
        lines.append(f"{number:07b} " + "".join(str(int(bit)) for bit in reversed(y)))
    (tmp_path / "v.txt").write_text("\n".join(lines))
    run_import(tmp_path / "n.v", "--vectors", tmp_path / "v.txt", "-o", tmp_path / "p.safetensors")


@pytest.mark.skipif(not shutil.which("yosys"), reason="Yosys is not installed (apt install yosys)")
@pytest.mark.parametrize("way", ("blif", "shift.v", "lut.v", "xilinx.v"))
def test_what_yosys_writes_computes_what_yosys_read(tmp_path, way):
    """A count of ones and a product, against arithmetic."""
    (tmp_path / "d.v").write_text(
        "module d(input [3:0] a, input [3:0] b, output [3:0] ones, output [7:0] p);\n"
        "assign ones = a[0]+a[1]+a[2]+a[3]+b[0]+b[1]+b[2]+b[3]; assign p = a * b;\nendmodule\n"
    )
    write = {
        "blif": "abc -lut 6; opt_clean; write_blif n.blif",
        "shift.v": "abc -lut 5; write_verilog -noattr n.shift.v",
        "lut.v": "abc -lut 4; write_verilog -noexpr n.lut.v",
        "xilinx.v": "abc -lut 6; techmap -D LUT_WIDTH=6 -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v; opt_clean; write_verilog n.xilinx.v",
    }[way]
    subprocess.run(["yosys", "-q", "-p", f"read_verilog d.v; synth -flatten; {write}"], cwd=tmp_path, check=True, timeout=120)
    lines = [f"{b:04b}{a:04b} {a * b:08b}{a.bit_count() + b.bit_count():04b}" for a in range(16) for b in range(16)]
    (tmp_path / "v.txt").write_text("\n".join(lines))
    run_import(tmp_path / f"n.{way}", "--vectors", tmp_path / "v.txt", "-o", tmp_path / "p.safetensors")
    (tmp_path / "w.yaml").write_text("kind: luts\nprogram: p.safetensors\n")
    run_ok("check", "poetbin", tmp_path / "w.yaml")


DOCUMENTED = {  # docs/lut-program.md: y is b where s, else a
    "v": "module t (input a, input b, input s, output y);\n{}\nendmodule\n",
    "vhd": "entity t is port (a, b, s : in std_logic; y : out std_logic); end t;\narchitecture x of t is begin\n{}\nend x;\n",
    "blif": ".model t\n.inputs a b s\n.outputs y\n{}\n.end\n",
}


def test_documented_table(tmp_path):
    page = (ROOT / "docs/lut-program.md").read_text()
    statements = [
        ("v", "LUT3 #(.INIT(8'hCA)) m (.I0(a), .I1(b), .I2(s), .O(y));"),
        ("vhd", 'm : LUT3 generic map (INIT => X"CA") port map (I0 => a, I1 => b, I2 => s, O => y);'),
        ("vhd", 'm : LUT3 generic map (INIT => "11001010") port map (I0 => a, I1 => b, I2 => s, O => y);'),
        ("blif", ".names a b s y\n1-0 1\n-11 1"),
    ]
    for part in (statements[0][1], 'INIT => X"CA"', 'INIT => "11001010"', "`.names a b s y` with rows `1-0 1` and `-11 1`"):
        assert part in page
    vectors = [f"{s}{b}{a} {b if s else a}" for s in (0, 1) for b in (0, 1) for a in (0, 1)]
    (tmp_path / "v.txt").write_text("\n".join(vectors))
    for suffix, text in statements:
        (tmp_path / f"n.{suffix}").write_text(DOCUMENTED[suffix].format(text))
        run_import(tmp_path / f"n.{suffix}", "--vectors", tmp_path / "v.txt", "-o", tmp_path / "p.safetensors")
        level = read_program(tmp_path / "p.safetensors").levels[0]
        assert level.tables.tolist() == [[0xCA]] and level.sources.tolist() == [[0, 1, 2]]


def test_forty_levels_of_which_every_third_has_expected_outputs(tmp_path):
    """A chain of exclusive ors: tables of level k give the parity of the first k + 2 inputs, and their AND with input k + 1."""
    lines = [".model m", ".inputs " + " ".join(f"a{i}" for i in range(41)), ".outputs p40", ".names a0 p0", "1 1"]
    for k in range(40):
        lines += [f".names p{k} a{k + 1} p{k + 1}", "10 1", "01 1", f".names p{k} a{k + 1} q{k}", "11 1"]
    (tmp_path / "n.blif").write_text("\n".join([*lines, ".end"]))
    run_import(tmp_path / "n.blif", "--random", 50, "-o", tmp_path / "p.safetensors")
    program = read_program(tmp_path / "p.safetensors")
    assert len(program.levels) == 40
    bits = np.unpackbits(program.vectors.inputs, axis=1, count=41, bitorder="little")
    parity = np.cumsum(bits, axis=1) & 1
    known = [np.stack([parity[:, k + 1], parity[:, k] & bits[:, k + 1]], axis=1) for k in range(40)]
    program.vectors.levels = [pack_rows(rows) if k % 3 == 1 else None for k, rows in enumerate(known)]
    write_program(tmp_path / "some.safetensors", program)
    (tmp_path / "w.yaml").write_text("kind: luts\nprogram: some.safetensors\n")
    compared = 50 * (1 + 2 * 13)
    assert f"{compared} values are what the program computes" in run_ok("check", "poetbin", tmp_path / "w.yaml").stdout
    for preset in ("poetbin", "poetbin-fabric"):
        said = run_ok("run", preset, tmp_path / "w.yaml", "-o", tmp_path / preset, "--set", "poetbin.source.samples=0").stdout
        assert int(re.search(r"compared_values +([\d ]+) values", said)[1].replace(" ", "")) == compared
    program.vectors.levels[37][20, 0] ^= 1
    write_program(tmp_path / "some.safetensors", program)
    assert "sample 20: LUT 0 of level 'level38' is 0 in the machine" in error_of("run", "poetbin", tmp_path / "w.yaml", "-o", tmp_path / "o", code=1)
