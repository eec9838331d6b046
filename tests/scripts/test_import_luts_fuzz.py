"""No netlist ends in a traceback, a hang or much memory: mutated ones are imported or refused in one printable line.

fuzz_seconds.py says how long each language is tried.
"""

import random
import resource
import time

import pytest

import random_netlist
from fuzz_seconds import SECONDS
from one_line import in_one_line
from scripts.export.luts import read_netlist
from scripts.export.netlist_levels import levelled
from test_import_luts import AUTHORS, CELLS

SLOWEST = 5  # seconds for one small file
YOSYS_BLIF = ".model top\n.inputs a[0] a[1]\n.outputs y\n.names $false\n.names $true\n1\n.names a[0] a[1] y\n1- 1\n-1 1\n.end\n"
EXTRA = {"blif": [YOSYS_BLIF], "v": [CELLS], "vhd": [AUTHORS]}
WORDS = {
    "blif": [".model", ".inputs", ".outputs", ".names", ".latch a b re clk 0", ".subckt LUT2 A=a O=b", ".end", "\\\n", "1", "0",
             "-", "--------------------", "in[0]", "n1", "#", ".exdc", "." * 3000, "\x1b[31m", ".names " + "a " * 19 + "b\n" + "-" * 19 + " 1"],
    "v": ["module", "endmodule", "input", "output", "wire", "assign", "always @(*)", "[4294967295:0]", "[8388607:0]", "{", "}", "{99999999{",
          "4'h", "'", "1'bx", "32'd99999999999", "\\esc ", "\\endmodule ", "(* ", "*)", "/*", "*/", "//", "`define", "`", ";", ",", "#(", ".",
          "FDRE", "LUT20", "LUT99", "INIT", ">>", "9" * 5000, "reg", "\x1b]0;x\x07", "\u00e9", "in", "{" * 100, "=" ],
    "vhd": ["entity", "is", "end", "architecture", "begin", "signal", "component", "process", "(2147483647 downto 0)", "(0 to 8388607)", "&",
            "(others => '0')", "'", "\"", 'X"', 'X"1z"', "\\esc\\", "\\", "--", "/*", ";", "=>", "<=", ":", "open", "generic map", "port map",
            "FDRE", "LUT99", "work.", "9" * 5000, "\x1b[2J", "\u00e9", "'0'", "(", ")" * 50],
}  # fmt: skip


def mutated(text, words, draw):
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        at, way = draw.randrange(len(text) + 1), draw.randrange(6)
        end = at + draw.choice([1, 1, 2, 5, 40])
        if way == 0:
            text = text[:at] + chr(draw.randrange(256)) + text[end:]
        elif way == 1:
            text = text[:at] + text[end:]
        elif way == 2:
            text = f"{text[:at]} {draw.choice(words)} {text[at:]}"
        elif way == 3:  # repeat
            text = text[:end] + text[at:]
        elif way == 4:  # exchange two lines
            lines = text.split("\n")
            i, j = draw.randrange(len(lines)), draw.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
            text = "\n".join(lines)
        else:  # a name for another
            found = text.split()
            if found:
                text = text.replace(draw.choice(found), draw.choice(found), 1)
    return text if draw.random() > 0.05 else text[: draw.randrange(len(text) + 1)]


@pytest.mark.parametrize("suffix", random_netlist.WRITERS)
def test_mutated_netlists_end_in_one_line(tmp_path, suffix, record_property):
    draw = random.Random(5)
    path, outcomes = tmp_path / f"n.{suffix}", {True: 0, False: 0}
    seeds = [random_netlist.WRITERS[suffix](random_netlist.drawn(seed, 4, 5)) for seed in range(8)] + EXTRA[suffix]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        path.write_text(mutated(draw.choice(seeds), WORDS[suffix], draw), "latin-1")
        begin = time.monotonic()
        try:
            levelled(read_netlist(path))
            outcomes[True] += 1
        except Exception as error:
            in_one_line(error)
            assert str(error).startswith(str(path)), error
            outcomes[False] += 1
        assert time.monotonic() - begin < SLOWEST, path.read_bytes()
    record_property("outcomes", str(outcomes))
    assert min(outcomes.values()) > 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 << 20  # KiB
