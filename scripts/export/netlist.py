"""A netlist of look-up tables as any of the readers finds it: nets, tables, wires. Nothing here is in order yet.

Readers (netlist_blif.py, netlist_verilog.py, netlist_vhdl.py) fill it, netlist_levels.py turns it into a program.
Files are untrusted: what a few bytes of them may ask for is bounded here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from scripts.base.printable import printable
from scripts.export.errors import ExportError

MOST_BYTES = 1 << 28  # of a file
MOST_TABLES = 1 << 20
MOST_NETS = 1 << 23  # bits of ports, wires and concatenations together
MOST_PINS = 20  # more than a program takes: split_luts makes cascades of these
MOST_TABLE_BITS = 1 << 30  # of all tables together
SHOWN = 80  # characters of a name

Net = tuple[str, int | None]  # a bit: its name, and its index in a vector
ZERO_NET: Net = ("", 0)
ONE_NET: Net = ("", 1)


def shown(net: Net) -> str:
    """The net, for people."""
    name, index = net
    if name == "":
        return f"constant {index}"
    return printable(name, SHOWN) + ("" if index is None else f"[{index}]")


@dataclass
class Table:
    """Pin k drives bit k of the address; the output for address a is bit a of `bits`."""

    output: Net
    pins: list[Net]
    bits: int
    line: int


@dataclass
class Netlist:
    """Every net is driven once: by an input, a table, or a wire from another net."""

    file: str
    name: str = ""
    inputs: list[Net] = field(default_factory=list)
    outputs: list[tuple[str, list[Net]]] = field(default_factory=list)  # by port; ascending index
    output_lines: list[int] = field(default_factory=list)  # of each port
    tables: list[Table] = field(default_factory=list)
    wires: dict[Net, tuple[Net, int]] = field(default_factory=dict)  # net -> what drives it, line
    drivers: dict[Net, int] = field(default_factory=dict)  # net -> line
    spelt: dict[str, str] = field(default_factory=dict)  # names as declared, where nets have them in lower case
    _nets: int = 0
    _table_bits: int = 0

    def fail(self, line: int, message: str) -> NoReturn:
        raise ExportError(f"{self.file}:{line}: {message}")

    def count(self, nets: int, line: int) -> None:
        """Refuses what asks for more memory than a netlist may."""
        self._nets += nets
        if nets > MOST_NETS or self._nets > MOST_NETS:
            self.fail(line, f"more than {MOST_NETS} bits of ports, wires and concatenations; split the netlist")

    def input(self, nets: Iterable[Net], line: int) -> None:
        for net in nets:
            self._drive(net, line)
            self.inputs.append(net)

    def output(self, port: str, nets: list[Net], line: int) -> None:
        self.outputs.append((port, nets))
        self.output_lines.append(line)

    def table(self, output: Net, pins: list[Net], bits: int, line: int) -> None:
        if len(pins) > MOST_PINS:
            self.fail(line, f"a table of {len(pins)} inputs; at most {MOST_PINS} can be imported: map it to smaller ones")
        self._table_bits += 1 << len(pins)
        if len(self.tables) == MOST_TABLES or self._table_bits > MOST_TABLE_BITS:
            self.fail(line, f"more than {MOST_TABLES} tables or {MOST_TABLE_BITS} table bits; split the netlist")
        self._drive(output, line)
        self.tables.append(Table(output, pins, bits, line))

    def wire(self, target: Net, source: Net, line: int) -> None:
        self._drive(target, line)
        self.wires[target] = (source, line)

    def _drive(self, net: Net, line: int) -> None:
        if net[0] == "":
            self.fail(line, f"{shown(net)} is driven; a constant drives, it cannot be driven")
        if net in self.drivers:
            self.fail(line, f"net {shown(net)} is driven twice, first in line {self.drivers[net]}; drive it once")
        self.drivers[net] = line
