"""Reads structural Verilog: one module of LUT1 … LUT6 (and wider) instances, wires, assignments of wires and constants.

Also what Yosys writes for its own tables: $lut cells and `assign y = 4'h6 >> { b, a };`.
"""

from __future__ import annotations

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, SHOWN, Net, Netlist
from scripts.export.netlist_cells import MAP_FIRST, Cell, Cells
from scripts.export.netlist_hdl import Declared, Scope, ascending, connect
from scripts.export.netlist_tokens import Token, Tokens
from scripts.export.netlist_verilog_values import BEHAVIOUR, Values, verilog_tokens


def read_verilog(text: str, file: str, top: str | None) -> Netlist:
    """The module `top`, or the only one."""
    netlist = Netlist(file)
    tokens = Tokens(verilog_tokens(text, netlist), netlist)
    names: list[str] = []
    while tokens.next.kind != "end":
        begin = tokens.expect("module", "outside of modules")
        name = tokens.name("a module").text
        if top in (None, name) and netlist.name == "":
            netlist.name = name
            _Module(netlist, tokens).read(begin.line)
        else:
            tokens.skip_past("endmodule")
        names.append(name)
        if top is None and len(names) > 1:
            netlist.fail(begin.line, f"a second module, '{printable(name, SHOWN)}'; say which one to import: --top NAME")
    if netlist.name == "":
        known = ", ".join(printable(name, SHOWN) for name in names[:5])
        wanted = f"no module '{printable(top, SHOWN)}'; the file has {known}" if names else "no module in this file"
        netlist.fail(tokens.next.line, wanted)
    return netlist


class _Module:
    def __init__(self, netlist: Netlist, tokens: Tokens):
        self.netlist, self.tokens = netlist, tokens
        self.scope, self.cells = Scope(netlist), Cells(netlist)
        self.values = Values(netlist, tokens, self.scope)
        self.ports: dict[str, int] = {}  # in the order of the list, with lines
        self.directions: dict[str, str] = {}

    def read(self, line: int) -> None:
        tokens = self.tokens
        if tokens.accept("#"):
            self.netlist.fail(line, "a module with parameters cannot be imported; write their values out")
        if tokens.accept("("):
            self.port_list()
        tokens.expect(";", "behind the ports")
        while not tokens.accept("endmodule"):
            self.item()
        self.finish()

    def port_list(self) -> None:
        tokens, direction, declared = self.tokens, None, Declared()
        if tokens.accept(")"):
            return
        while True:
            if begin := tokens.accept("input", "output"):
                direction, declared = begin.text, self.range_of()
            elif tokens.next.kind != "name" or tokens.next.text in BEHAVIOUR:
                self.refuse_word()
            port = tokens.name("a port")
            if port.text in self.ports:
                self.netlist.fail(port.line, f"port '{printable(port.text, SHOWN)}' stands twice")
            self.ports[port.text] = port.line
            if direction:
                self.declare(port, declared, direction)
            if tokens.accept(")"):
                return
            tokens.expect(",", "between ports")

    def refuse_word(self) -> None:
        word = self.tokens.next
        remedy = BEHAVIOUR.get(word.text) if word.kind == "name" else None
        if remedy:
            self.netlist.fail(word.line, f"{word.text!r} is not structural; {remedy}")

    def range_of(self) -> Declared:
        """What stands before declared names: wire, signed, [left:right]."""
        self.tokens.accept("wire")
        self.tokens.accept("signed")
        self.refuse_word()
        if not self.tokens.accept("["):
            return Declared()
        left = self.tokens.integer("the left end of the range")
        self.tokens.expect(":", "in a range")
        right = self.tokens.integer("the right end of the range")
        self.tokens.expect("]", "behind a range")
        return Declared(left, right)

    def declare(self, name: Token, declared: Declared, direction: str | None) -> None:
        self.scope.declare(name.text, declared, name.line)
        if direction:
            if name.text not in self.ports:
                self.netlist.fail(name.line, f"{direction} '{printable(name.text, SHOWN)}' is not in the module's list of ports")
            if self.directions.setdefault(name.text, direction) != direction:
                self.netlist.fail(name.line, f"port '{printable(name.text, SHOWN)}' is both input and output")

    def item(self) -> None:
        tokens = self.tokens
        self.refuse_word()
        if begin := tokens.accept("input", "output", "wire"):
            self.declaration(begin.text)
        elif tokens.accept("assign"):
            self.assignment()
            while tokens.accept(","):
                self.assignment()
            tokens.expect(";", "behind an assignment")
        else:
            self.instance()

    def declaration(self, word: str) -> None:
        tokens, declared = self.tokens, self.range_of()
        while True:
            name = tokens.name("what is declared")
            self.declare(name, declared, None if word == "wire" else word)
            if tokens.accept("="):
                self.assign(self.scope.whole(name.text, name.line), name.line)
            if tokens.accept(";"):
                return
            tokens.expect(",", "between declared names")

    def assignment(self) -> None:
        line = self.tokens.next.line
        target = self.values.expression()
        self.tokens.expect("=", "in an assignment")
        self.assign(target, line)

    def assign(self, target: list[Net], line: int) -> None:
        """A connection, or Yosys' way to write a table: a number shifted by its address."""
        tokens = self.tokens
        number = tokens.next if tokens.next.kind == "number" else None
        source = self.values.expression()
        if number is None or not tokens.accept(">>"):
            if tokens.next.kind != "mark" or tokens.next.text not in (";", ","):
                tokens.wrong(f"';' is expected: only wires, constants and concatenations are assigned; {MAP_FIRST}")
            return connect(self.netlist, target, source, line)
        pins = self.values.expression()[::-1]
        if len(target) != 1 or len(pins) > MOST_PINS:
            self.netlist.fail(line, f"a table with {len(pins)} inputs and {len(target)} outputs; use up to {MOST_PINS} and 1")
        value, _ = self.values.number(number)
        if value.bit_length() > 1 << len(pins):
            self.netlist.fail(line, f"the table has ones beyond the {1 << len(pins)} bits that {len(pins)} inputs address")
        self.netlist.table(target[0], pins, value, line)

    def instance(self) -> None:
        tokens = self.tokens
        kind = tokens.name("a cell, or a declaration,")
        parameters = self.parameters() if tokens.accept("#") else {}
        label = tokens.name("an instance")
        if tokens.next.text == "[":
            tokens.wrong("'(' is expected: arrays of instances cannot be imported; write them out")
        tokens.expect("(", "behind an instance's name")
        pins: dict[str, list[Net]] = {}
        while not tokens.accept(")"):
            self.connection(pins)
            if not tokens.accept(","):
                tokens.expect(")", "behind connections")
                break
        tokens.expect(";", "behind an instance")
        self.cells.add(Cell(kind.text, label.text, kind.line, pins, parameters))

    def connection(self, pins: dict[str, list[Net]]) -> None:
        tokens = self.tokens
        if not tokens.accept("."):
            tokens.wrong("'.' is expected: name the pins, as in .I0(a)")
        pin = tokens.name("a pin")
        tokens.expect("(", "behind a pin")
        if pin.text in pins:
            self.netlist.fail(pin.line, f"pin '{printable(pin.text, SHOWN)}' is connected twice")
        if tokens.accept(")"):
            return
        pins[pin.text] = self.values.expression()
        tokens.expect(")", f"behind what pin {printable(pin.text, SHOWN)} is connected to")

    def parameters(self) -> dict[str, tuple[int, int | None]]:
        """#(.INIT(64'h…)) or #(64'h…)."""
        tokens = self.tokens
        tokens.expect("(", "behind '#'")
        found: dict[str, tuple[int, int | None]] = {}
        if tokens.next.kind == "number":
            found["INIT"] = self.values.number(tokens.take())[0], None
            tokens.expect(")", "behind the only parameter")
            return found
        while True:
            tokens.expect(".", "before a parameter's name")
            name = tokens.name("a parameter")
            tokens.expect("(", "behind a parameter's name")
            if tokens.next.kind not in ("number", "text"):
                tokens.wrong("the value of a parameter is expected, a number")
            value = tokens.take()
            if value.kind == "number":
                found[name.text] = self.values.number(value)[0], None
            elif name.text in ("INIT", "LUT"):
                self.netlist.fail(value.line, f"{name.text} is a text; write it as a number, as in 64'h8000")
            tokens.expect(")", "behind a parameter")
            if not tokens.accept(","):
                break
        tokens.expect(")", "behind parameters")
        return found

    def finish(self) -> None:
        for port, line in self.ports.items():
            direction = self.directions.get(port)
            if direction is None:
                self.netlist.fail(line, f"port '{printable(port, SHOWN)}' is neither input nor output")
            bits = ascending(self.scope.whole(port, line))
            if direction == "input":
                self.netlist.input(bits, line)
            else:
                self.netlist.output(port, bits, line)
