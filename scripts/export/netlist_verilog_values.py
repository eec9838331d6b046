"""Tokens and expressions of structural Verilog: names, parts, numbers, concatenations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, ONE_NET, SHOWN, ZERO_NET, Net, Netlist
from scripts.export.netlist_cells import MAP_FIRST, REGISTERS_LEFT_OUT
from scripts.export.netlist_hdl import Declared, Scope, expanded
from scripts.export.netlist_tokens import Token, Tokens, scanned

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


def verilog_tokens(text: str, netlist: Netlist) -> Iterator[Token]:
    def seen(kind: str, value: str, line: int, place: int) -> Token | int:
        if kind == "directive":
            if value not in LINE_DIRECTIVES:
                netlist.fail(line, f"{printable(value, SHOWN)} is not known; write the file without macros and conditions")
            end = text.find("\n", place)
            return end if end >= 0 else len(text)
        begin = place - 1  # of a mark
        if kind == "mark" and text.startswith(("/*", "(*"), begin) and not text.startswith("(*)", begin):
            netlist.fail(line, f"{text[begin : begin + 2]!r} has no end")
        # Escaped names and others are the same names, but no escaped one is a keyword.
        return Token("name" if kind == "escaped" else kind, value if kind != "escaped" else _unescaped(value), line)

    return scanned(text, TOKEN, "structural Verilog", netlist, seen)


def _unescaped(name: str) -> str:
    return f"\\{name} " if name in BEHAVIOUR or name in _KEYWORDS else name


_KEYWORDS = ("module", "endmodule", "input", "output", "wire", "assign")


class Values:
    """Reads expressions of the names in a scope."""

    def __init__(self, netlist: Netlist, tokens: Tokens, scope: Scope):
        self.netlist, self.tokens, self.scope = netlist, tokens, scope

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
