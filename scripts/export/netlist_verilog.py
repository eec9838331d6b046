"""Reads structural Verilog: one module of LUT1 … LUT6 (and wider) instances, wires, assignments of wires and constants.

Also what Yosys writes for its own tables: $lut cells and `assign y = 4'h6 >> { b, a };`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, ONE_NET, SHOWN, ZERO_NET, Net, Netlist
from scripts.export.netlist_hdl import (
    MAP_FIRST, REGISTERS_LEFT_OUT, Cell, Cells, Declared, Scope, Token, Tokens, ascending, connect, expanded,
)  # fmt: skip

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f]+|//[^\n]*|/\*.*?\*/|\(\*(?![ \t]*\)).*?\*\))
      |(?P<line>\n)
      |(?P<directive>`[A-Za-z_]\w*)
      |(?P<number>(?:[0-9][0-9_]*)?[ \t]*'[sS]?[bBoOdDhH][ \t]*[0-9a-fA-FxXzZ?_]+|[0-9][0-9_]*)
      |\\(?P<escaped>[^\s]+)
      |(?P<name>[A-Za-z_$][\w$]*)
      |(?P<text>"[^"\\\n]*(?:\\.[^"\\\n]*)*")
      |(?P<mark>>>|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
LINE_DIRECTIVES = ("`timescale", "`default_nettype", "`celldefine", "`endcelldefine", "`resetall", "`line")
DIGIT_BITS = {"b": 1, "o": 3, "h": 4}
BEHAVIOUR = {
    "always": REGISTERS_LEFT_OUT, "initial": "leave it out", "reg": REGISTERS_LEFT_OUT, "logic": "declare wires",
    "generate": "write the instances out", "genvar": "write the instances out", "for": "write the instances out",
    "function": MAP_FIRST, "task": MAP_FIRST, "specify": "leave timing out", "parameter": "write values out",
    "localparam": "write values out", "inout": "use input or output", "defparam": "write #(.INIT(...)) at the instance",
    "primitive": "write a LUT", "tri": "declare wires", "wand": "declare wires", "wor": "declare wires",
    "and": MAP_FIRST, "or": MAP_FIRST, "not": MAP_FIRST, "xor": MAP_FIRST, "nand": MAP_FIRST, "nor": MAP_FIRST,
    "xnor": MAP_FIRST, "buf": MAP_FIRST, "if": "write the instances out", "always_ff": REGISTERS_LEFT_OUT,
    "always_comb": MAP_FIRST, "integer": "leave it out", "supply0": "use 1'b0", "supply1": "use 1'b1",
}  # fmt: skip


def read_verilog(text: str, file: str, top: str | None) -> Netlist:
    """The module `top`, or the only one."""
    netlist = Netlist(file)
    tokens = Tokens(_tokens(text, netlist), netlist)
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


def _tokens(text: str, netlist: Netlist) -> Iterator[Token]:
    place, line = 0, 1
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            netlist.fail(line, f"{text[place]!r} begins nothing that structural Verilog has")
        place, kind, value = found.end(), found.lastgroup, found[found.lastgroup]
        if kind == "line":
            line += 1
        elif kind == "space":
            line += value.count("\n")
        elif kind == "directive":
            if value not in LINE_DIRECTIVES:
                netlist.fail(line, f"{printable(value, SHOWN)} is not known; write the file without macros and conditions")
            end = text.find("\n", place)
            place = end if end >= 0 else len(text)
        elif kind == "mark" and text.startswith(("/*", "(*"), found.start()) and not text.startswith("(*)", found.start()):
            netlist.fail(line, f"{text[found.start() : found.start() + 2]!r} has no end")
        else:
            # Escaped names and others are the same names, but no escaped one is a keyword.
            yield Token("name" if kind == "escaped" else kind, value if kind != "escaped" else _unescaped(value), line)
    while True:
        yield Token("end", "", line)


def _unescaped(name: str) -> str:
    return f"\\{name} " if name in BEHAVIOUR or name in _KEYWORDS else name


_KEYWORDS = ("module", "endmodule", "input", "output", "wire", "assign")


class _Module:
    def __init__(self, netlist: Netlist, tokens: Tokens):
        self.netlist, self.tokens = netlist, tokens
        self.scope, self.cells = Scope(netlist), Cells(netlist)
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
        target = self.expression()
        self.tokens.expect("=", "in an assignment")
        self.assign(target, line)

    def assign(self, target: list[Net], line: int) -> None:
        """A connection, or Yosys' way to write a table: a number shifted by its address."""
        tokens = self.tokens
        number = tokens.next if tokens.next.kind == "number" else None
        source = self.expression()
        if number is None or not tokens.accept(">>"):
            if tokens.next.kind != "mark" or tokens.next.text not in (";", ","):
                tokens.wrong(f"';' is expected: only wires, constants and concatenations are assigned; {MAP_FIRST}")
            return connect(self.netlist, target, source, line)
        pins = self.expression()[::-1]
        if len(target) != 1 or len(pins) > MOST_PINS:
            self.netlist.fail(line, f"a table with {len(pins)} inputs and {len(target)} outputs; use up to {MOST_PINS} and 1")
        value, _ = self.number(number)
        if value.bit_length() > 1 << len(pins):
            self.netlist.fail(line, f"the table has ones beyond the {1 << len(pins)} bits that {len(pins)} inputs address")
        self.netlist.table(target[0], pins, value, line)

    def expression(self, depth: int = 0) -> list[Net]:
        """Bits of a name, a part of one, a sized number or a concatenation; leftmost first."""
        tokens = self.tokens
        token = tokens.next
        if depth > 50:
            tokens.wrong("concatenations lie within each other more than 50 deep; write them flat")
        if tokens.accept("{"):
            return self.concatenation(depth)
        if token.kind == "number":
            return self.constant(tokens.take())
        if token.kind != "name" or token.text in BEHAVIOUR:
            tokens.wrong(f"a wire, a constant or a concatenation is expected; {MAP_FIRST}")
        tokens.take()
        if token.text not in self.scope.names:
            self.scope.declare(token.text, Declared(), token.line)
        if not tokens.accept("["):
            return self.scope.whole(token.text, token.line)
        left = tokens.integer("an index")
        part = tokens.accept(":")
        right = tokens.integer("the right end of a part") if part else left
        tokens.expect("]", "behind an index")
        if part:
            return self.scope.part(token.text, left, right, token.line)
        return self.scope.bit(token.text, left, token.line)

    def concatenation(self, depth: int) -> list[Net]:
        tokens = self.tokens
        begin = tokens.next
        first = self.expression(depth + 1)
        if begin.kind == "number" and tokens.accept("{"):
            times, width = self.number(begin)
            inner = self.concatenation(depth + 1)
            tokens.expect("}", "behind a replication")
            return expanded(self.netlist, inner, times, begin.line)
        bits = list(first)
        while not tokens.accept("}"):
            tokens.expect(",", "in a concatenation")
            bits += self.expression(depth + 1)
        return bits

    def constant(self, token: Token) -> list[Net]:
        value, width = self.number(token)
        if width is None:
            width = max(32, value.bit_length())  # a replication's count comes this way too
        self.netlist.count(width, token.line)
        return [ONE_NET if bit == "1" else ZERO_NET for bit in f"{value:0{width}b}"]

    def number(self, token: Token) -> tuple[int, int | None]:
        """Its value, and its width where it has one."""
        size, quote, rest = token.text.replace("_", "").partition("'")
        if not quote:
            return self.decimal(token, size), None
        rest = rest.lower().removeprefix("s")
        base, digits = rest[0], rest[1:].strip()
        if set(digits) & set("xz?"):
            self.netlist.fail(token.line, f"{token.shown} has bits without a value; give them one (yosys: setundef -zero)")
        try:
            value = self.decimal(token, digits) if base == "d" else int(digits, 1 << DIGIT_BITS[base])
        except ValueError:
            self.netlist.fail(token.line, f"{token.shown} is no number; digits must be those of its base")
        if not size.strip():
            return value, None
        width = self.decimal(token, size.strip())
        if not 1 <= width <= 1 << MOST_PINS:
            self.netlist.fail(token.line, f"{token.shown}: use a width of 1 to {1 << MOST_PINS}")
        if value.bit_length() > width:
            self.netlist.fail(token.line, f"{token.shown} needs more than {width} bits; give it the width it needs")
        return value, width

    def decimal(self, token: Token, digits: str) -> int:
        if len(digits) > 1300 or not digits.isdigit():  # 4096 bits have 1234 digits; int() refuses more than 4300
            self.netlist.fail(token.line, f"{token.shown} is no decimal number of up to 1300 digits; write it as 'h")
        return int(digits)

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
        pins[pin.text] = self.expression()
        tokens.expect(")", f"behind what pin {printable(pin.text, SHOWN)} is connected to")

    def parameters(self) -> dict[str, tuple[int, int | None]]:
        """#(.INIT(64'h…)) or #(64'h…)."""
        tokens = self.tokens
        tokens.expect("(", "behind '#'")
        found: dict[str, tuple[int, int | None]] = {}
        if tokens.next.kind == "number":
            found["INIT"] = self.number(tokens.take())[0], None
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
                found[name.text] = self.number(value)[0], None
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
