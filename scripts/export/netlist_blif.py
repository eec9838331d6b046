"""Reads BLIF: .model, .inputs, .outputs, .names with covers. One model, combinational."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, ONE_NET, SHOWN, ZERO_NET, Net, Netlist

MOST_WORK = 1 << 30  # table bits that the cover rows of a file set, one that is set twice counted twice
REMEDY = {
    ".latch": "a program is combinational: leave the registers out, poetbin.spatial.registers_after puts registers between levels",
    ".subckt": "write the netlist flat and as .names (yosys: flatten; abc -lut 6; write_blif)",
    ".gate": "write tables as .names (yosys: abc -lut 6; write_blif)",
    ".mlatch": "a program is combinational: leave the registers out",
    ".exdc": "leave the don't-care network out",
}
IGNORED = (
    ".attr", ".cname", ".param", ".default_input_arrival", ".input_arrival", ".output_required", ".area", ".delay",
    ".wire_load_slope", ".default_output_required", ".default_input_drive", ".default_output_load",
)  # fmt: skip


def read_blif(text: str, file: str, top: str | None) -> Netlist:
    """The model `top`, or the first one, as BLIF has it."""
    return _Reader(Netlist(file), top).read(text)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Words of each logical line with its number: comments gone, continued lines joined."""
    words: list[str] = []
    begin = 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.partition("#")[0].rstrip()
        begin = begin or number
        words += line.removesuffix("\\").split()
        if not line.endswith("\\"):
            if words:
                yield begin, words
            words, begin = [], 0
    if words:
        yield begin, words


class _Reader:
    def __init__(self, netlist: Netlist, top: str | None):
        self.netlist, self.top = netlist, top
        self.cover: _Cover | None = None
        self.outputs: list[tuple[str, int]] = []
        self.models: list[str] = []
        self.taken = self.done = False  # whether the model was found; and ended
        self.work = 0

    def read(self, text: str) -> Netlist:
        line = 1
        for line, words in _lines(text):
            if words[0].startswith("."):
                self.directive(line, words[0], words[1:])
            elif not self.taken or self.done:
                if not self.models:
                    self.netlist.fail(line, f"'{printable(words[0], SHOWN)}' before .model; a BLIF file begins with .model")
            elif self.cover is None:
                self.netlist.fail(line, f"'{printable(words[0], SHOWN)}' belongs to no .names")
            else:
                self.work += self.cover.row(line, words)
                if self.work > MOST_WORK:
                    self.netlist.fail(line, f"covers set more than {MOST_WORK} table bits; write each function with fewer rows")
        self.end_cover()
        if not self.taken:
            wanted = f"no model '{printable(self.top, SHOWN)}'" if self.models else "no .model"
            self.netlist.fail(line, f"{wanted} in this file" + (f"; it has {self.known()}" if self.models else ""))
        for port, at in self.outputs:
            self.netlist.output(port, [(port, None)], at)
        return self.netlist

    def known(self) -> str:
        return ", ".join(printable(name, SHOWN) for name in self.models[:5])

    def directive(self, line: int, name: str, words: list[str]) -> None:
        if name == ".model":
            self.model(line, words)
        elif not self.models:
            self.netlist.fail(line, f"{printable(name, SHOWN)} before .model; a BLIF file begins with .model")
        elif not self.taken or self.done:
            return
        elif name == ".end":
            self.end_cover()
            self.done = True
        elif name == ".inputs":
            self.ports(line, words)
            self.netlist.input([(word, None) for word in words], line)
        elif name == ".outputs":
            self.ports(line, words)
            self.outputs += [(word, line) for word in words]
        elif name == ".names":
            self.names(line, words)
        elif name in REMEDY:
            self.netlist.fail(line, f"{name} cannot be imported; {REMEDY[name]}")
        elif name not in IGNORED:
            self.netlist.fail(line, f"{printable(name, SHOWN)} is not known; take it out, or write .names only")

    def model(self, line: int, words: list[str]) -> None:
        self.end_cover()
        name = words[0] if words else ""
        self.models.append(name)
        self.done = self.taken
        if not self.taken and self.top in (None, name):
            self.taken = True
            self.netlist.name = name

    def ports(self, line: int, words: list[str]) -> None:
        self.end_cover()
        self.netlist.count(len(words), line)

    def names(self, line: int, words: list[str]) -> None:
        self.end_cover()
        if not words:
            self.netlist.fail(line, ".names without a net; write .names INPUT ... OUTPUT")
        if len(words) - 1 > MOST_PINS:
            self.netlist.fail(
                line, f".names has {len(words) - 1} inputs; at most {MOST_PINS} can be imported: map it to smaller tables"
            )
        self.netlist.count(len(words), line)
        self.cover = _Cover(self.netlist, line, [(word, None) for word in words])

    def end_cover(self) -> None:
        if self.cover is not None:
            self.cover.finish()
            self.cover = None


class _Cover:
    """The rows of a .names. Leftmost column: the first input, which is pin 0."""

    def __init__(self, netlist: Netlist, line: int, nets: list[Net]):
        self.netlist, self.line = netlist, line
        self.pins, self.output = nets[:-1], nets[-1]
        self.value: str | None = None  # of all rows
        # The last axis is pin 0, so that the flat index is the address.
        self.set = np.zeros((2,) * len(self.pins), bool)

    def row(self, line: int, words: list[str]) -> int:
        """Sets what the row covers; how many bits that are."""
        cube, value = ("", words[0]) if not self.pins else (words[0], words[-1])
        width = len(self.pins)
        if len(words) != (2 if self.pins else 1) or len(cube) != width or value not in ("0", "1"):
            self.netlist.fail(line, f"a row of this .names is {width} of 0, 1 and -, then 0 or 1")
        if self.value not in (None, value):
            self.netlist.fail(line, "rows of one .names that say 1 and 0; list the addresses of one of them")
        self.value = value
        if set(cube) - set("01-"):
            self.netlist.fail(line, f"row '{printable(cube, SHOWN)}'; use 0, 1 and -")
        self.set[tuple(slice(None) if c == "-" else int(c) for c in reversed(cube))] = True
        return 1 << cube.count("-")

    def finish(self) -> None:
        """A net without inputs is a constant, a copy of its only input a wire: BLIF has no other way to say so."""
        table = self.set.reshape(-1)
        table = ~table if self.value == "0" else table
        if not self.pins:
            self.netlist.wire(self.output, ONE_NET if table[0] else ZERO_NET, self.line)
        elif len(table) == 2 and table.tolist() == [False, True]:
            self.netlist.wire(self.output, self.pins[0], self.line)
        else:
            bits = int.from_bytes(np.packbits(table, bitorder="little").tobytes(), "little")
            self.netlist.table(self.output, self.pins, bits, self.line)
