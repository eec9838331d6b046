"""The cells that can be imported: tables, multiplexers, inverters and wires, as Verilog and VHDL instantiate them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, ONE_NET, SHOWN, ZERO_NET, Net, Netlist

LUT = re.compile(r"LUT([1-9][0-9]?)")
REGISTER = re.compile(r"(FD|LD|DFF|SB_DFF|\$_?D?FF|\$_?DLATCH|\$dff|\$sdff|\$adff|\$_S?DFF|IDDR|ODDR|SRL)")
REGISTERS_LEFT_OUT = (
    "a program is combinational: leave the registers out, poetbin.spatial.registers_after puts registers between levels"
)
MAP_FIRST = "map it to LUT1 to LUT6 first (yosys: synth -flatten; abc -lut 6; write_blif)"
WIRE_CELLS = ("BUF", "IBUF", "OBUF", "BUFG")
MUXES = ("MUXF7", "MUXF8", "MUXF9")
MUX_TABLE = 0b11001010  # pins I0, I1, S: I1 where S


@dataclass
class Cell:
    """An instance: pins as connected, parameters as integers with their width in bits (None: filled up with zeros)."""

    kind: str
    label: str
    line: int
    pins: dict[str, list[Net]]
    parameters: dict[str, tuple[int, int | None]]


class Cells:
    """Puts instances into a netlist; refuses by name and line what is no table."""

    def __init__(self, netlist: Netlist):
        self.netlist = netlist

    def add(self, cell: Cell) -> None:
        found = LUT.fullmatch(cell.kind)
        if found and int(found[1]) <= MOST_PINS:
            self._table(cell, [f"I{k}" for k in range(int(found[1]))], "O", self._init(cell, int(found[1])))
        elif cell.kind == "LUT6_2":
            self._lut6_2(cell)
        elif cell.kind == "$lut":
            self._yosys_lut(cell)
        elif cell.kind in MUXES:
            self._table(cell, ["I0", "I1", "S"], "O", MUX_TABLE)
        elif cell.kind == "INV":
            self._table(cell, ["I"], "O", 0b01)
        elif cell.kind in WIRE_CELLS:
            self._exactly(cell, {"I", "O"})
            self.netlist.wire(self._bit(cell, "O"), self._bit(cell, "I"), cell.line)
        elif cell.kind in ("VCC", "GND"):
            pin = "P" if cell.kind == "VCC" else "G"
            self._exactly(cell, {pin})
            self.netlist.wire(self._bit(cell, pin), ONE_NET if pin == "P" else ZERO_NET, cell.line)
        else:
            self._refuse(cell)

    def _refuse(self, cell: Cell) -> NoReturn:
        kind = printable(cell.kind, SHOWN)
        reason = MAP_FIRST
        if REGISTER.match(cell.kind):
            reason = REGISTERS_LEFT_OUT
        elif LUT.fullmatch(cell.kind):
            reason = f"a table has at most {MOST_PINS} inputs here: map it to smaller ones"
        self.fail(cell, f"{kind} cannot be imported; {reason}")

    def fail(self, cell: Cell, message: str) -> NoReturn:
        self.netlist.fail(cell.line, f"instance '{printable(cell.label, SHOWN)}': {message}")

    def _table(self, cell: Cell, inputs: list[str], output: str, bits: int) -> None:
        self._exactly(cell, {*inputs, output})
        pins = [self._bit(cell, pin) for pin in inputs]
        self.netlist.table(self._bit(cell, output), pins, bits, cell.line)

    def _lut6_2(self, cell: Cell) -> None:
        """O6 is a LUT6 of the whole INIT, O5 a LUT5 of its lower half."""
        inputs = [f"I{k}" for k in range(6)]
        self._exactly(cell, {*inputs, "O5", "O6"}, optional={"O5", "O6"})
        bits = self._init(cell, 6)
        pins = [self._bit(cell, pin) for pin in inputs]
        if "O6" in cell.pins:
            self.netlist.table(self._bit(cell, "O6"), pins, bits, cell.line)
        if "O5" in cell.pins:
            self.netlist.table(self._bit(cell, "O5"), pins[:5], bits & 0xFFFFFFFF, cell.line)

    def _yosys_lut(self, cell: Cell) -> None:
        self._exactly(cell, {"A", "Y"})
        pins = cell.pins["A"][::-1]
        self._parameters(cell, {"LUT", "WIDTH"})
        if not 1 <= len(pins) <= MOST_PINS:
            self.fail(cell, f"{len(pins)} inputs; at most {MOST_PINS} can be imported: map it to smaller tables")
        if cell.parameters.get("WIDTH", (len(pins), None))[0] != len(pins):
            self.fail(cell, f"WIDTH is {cell.parameters['WIDTH'][0]}, but A has {len(pins)} bits; both must be equal")
        bits = self._value(cell, "LUT", len(pins))
        self.netlist.table(self._bit(cell, "Y"), pins, bits, cell.line)

    def _init(self, cell: Cell, inputs: int) -> int:
        self._parameters(cell, {"INIT"})
        return self._value(cell, "INIT", inputs)

    def _value(self, cell: Cell, name: str, inputs: int) -> int:
        if name not in cell.parameters:
            self.fail(cell, f"{name} is missing; write it where the instance is made, {1 << inputs} bits")
        value, width = cell.parameters[name]
        if width is not None and width < 1 << inputs:
            self.fail(cell, f"{name} has {width} bits; {inputs} inputs address {1 << inputs}")
        if value.bit_length() > 1 << inputs:
            self.fail(cell, f"{name} has ones beyond the {1 << inputs} bits that {inputs} inputs address")
        return value

    def _parameters(self, cell: Cell, known: set[str]) -> None:
        for name in cell.parameters.keys() - known:
            self.fail(cell, f"parameter '{printable(name, SHOWN)}'; only {', '.join(sorted(known))} can be imported")

    def _exactly(self, cell: Cell, names: set[str], optional: frozenset[str] | set[str] = frozenset()) -> None:
        for pin in sorted(cell.pins.keys() - names):
            self.fail(cell, f"a {printable(cell.kind, SHOWN)} has no pin '{printable(pin, SHOWN)}'; use {', '.join(sorted(names))}")
        for pin in sorted(names - optional - cell.pins.keys()):
            self.fail(cell, f"pin {pin} is not connected; connect it, or tie it to a constant")

    def _bit(self, cell: Cell, pin: str) -> Net:
        bits = cell.pins[pin]
        if len(bits) != 1:
            self.fail(cell, f"pin {pin} is connected to {len(bits)} bits; use one")
        return bits[0]
