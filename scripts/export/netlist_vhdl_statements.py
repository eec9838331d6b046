"""Tokens of VHDL netlists, and what stands behind an architecture's `begin`: instances and assignments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, ONE_NET, SHOWN, ZERO_NET, Net, Netlist
from scripts.export.netlist_cells import MAP_FIRST, REGISTERS_LEFT_OUT, Cell, Cells
from scripts.export.netlist_hdl import Scope, connect
from scripts.export.netlist_tokens import Token, Tokens, scanned

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f]+|--[^\n]*|/\*.*?\*/)
      |(?P<line>\n)
      |(?P<bits>[bBoOxX]"[^"\n]*")
      |(?P<name>[A-Za-z]\w*)
      |(?P<number>[0-9][0-9_]*)
      |(?P<bit>'[01]'(?!'))
      |\\(?P<escaped>[^\\\n]+)\\
      |(?P<text>"[^"\n]*")
      |(?P<mark><=|=>|:=|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
DIGIT_BITS = {"b": 1, "o": 3, "x": 4}
REFUSED = {
    "process": REGISTERS_LEFT_OUT, "for": "write the instances out", "if": "write the instances out",
    "block": "write it flat", "case": MAP_FIRST, "with": MAP_FIRST, "assert": "leave it out", "generate": "write the instances out",
    "function": MAP_FIRST, "procedure": MAP_FIRST, "shared": "leave it out", "type": "use std_logic and std_logic_vector",
    "subtype": "use std_logic and std_logic_vector", "constant": "write its value out", "alias": "use the name it stands for",
    "file": "leave it out", "configuration": "leave it out",
}  # fmt: skip


def vhdl_tokens(text: str, netlist: Netlist) -> Iterator[Token]:
    def seen(kind: str, value: str, line: int, place: int) -> Token:
        if kind == "name":
            return Token("name", value.lower(), line, value)
        if kind == "escaped":
            return Token("name", f"\\{value}\\", line)  # as it is written, another name than without the strokes
        return Token(kind, value, line)

    return scanned(text, TOKEN, "a VHDL netlist", netlist, seen)


def refuse(tokens: Tokens) -> None:
    word = tokens.next
    if word.kind == "name" and word.text in REFUSED:
        tokens.netlist.fail(word.line, f"{word.text!r} is not structural; {REFUSED[word.text]}")


class Statements:
    """Behind `begin`."""

    def __init__(self, netlist: Netlist, tokens: Tokens, scope: Scope):
        self.netlist, self.tokens, self.scope = netlist, tokens, scope
        self.cells = Cells(netlist)

    def read(self, architecture: str) -> None:
        tokens = self.tokens
        while not tokens.accept("end"):
            self.statement()
        tokens.accept("architecture")
        tokens.accept(architecture)
        tokens.expect(";", "behind the end of the architecture")

    def statement(self) -> None:
        tokens = self.tokens
        refuse(tokens)
        name = tokens.name("an instance or a signal")
        if tokens.accept(":"):
            refuse(tokens)
            return self.instance(name)
        target = self.name_bits(name)
        tokens.expect("<=", "behind a signal")
        source = self.expression(len(target))
        if tokens.next.text != ";":
            tokens.wrong(f"';' is expected: only signals, constants and their concatenations are assigned; {MAP_FIRST}")
        tokens.take()
        connect(self.netlist, target, source, name.line)

    def expression(self, width: int) -> list[Net]:
        """Leftmost first. `width`: of the target, for (others => '0')."""
        bits = self.term(width)
        while self.tokens.accept("&"):
            bits += self.term(width)
        return bits

    def term(self, width: int) -> list[Net]:
        tokens = self.tokens
        if tokens.next.kind in ("bit", "bits", "text"):
            return self.literal(tokens.take())[0]
        if tokens.accept("("):
            tokens.expect("others", "in an aggregate; write the bits with & between them")
            tokens.expect("=>", "behind others")
            if tokens.next.kind != "bit":
                tokens.wrong("'0' or '1' is expected")
            (bit,) = self.literal(tokens.take())[0]
            tokens.expect(")", "behind others")
            self.netlist.count(width, tokens.next.line)
            return [bit] * width
        if tokens.next.kind == "name" and tokens.next.text in ("not", "and", "or", "xor", "when", "others", "open"):
            tokens.wrong(f"a signal or a constant is expected; {MAP_FIRST}")
        return self.name_bits(tokens.name("a signal"))

    def name_bits(self, name: Token) -> list[Net]:
        if name.text not in self.scope.names:
            self.netlist.fail(name.line, f"signal '{printable(name.text, SHOWN)}' is not declared")
        tokens = self.tokens
        if not tokens.accept("("):
            return self.scope.whole(name.text, name.line)
        index = tokens.integer("an index")
        if not (way := tokens.accept("downto", "to")):
            tokens.expect(")", "behind an index")
            return self.scope.bit(name.text, index, name.line)
        right = tokens.integer("the right end of a part")
        tokens.expect(")", "behind a part")
        if (index < right) == (way.text == "downto") and index != right:
            self.netlist.fail(way.line, f"part {index} {way.text} {right} holds nothing; exchange its ends")
        return self.scope.part(name.text, index, right, name.line)

    def literal(self, token: Token) -> tuple[list[Net], int, int]:
        """Its bits, and as a number with its width: the leftmost bit is the most significant one."""
        base, _, digits = token.text.partition('"') if token.kind != "bit" else ("b", "", token.text[1])
        digits = digits.rstrip('"').replace("_", "")
        size = DIGIT_BITS[(base or "b").lower()]
        try:
            value = int(digits, 1 << size) if digits.isascii() and digits.isalnum() else None
        except ValueError:
            value = None
        if value is None:
            self.netlist.fail(token.line, f"{token.shown} is no number of bits; use digits of its base, all of them 0 or 1 in value")
        width = size * len(digits)
        self.netlist.count(width, token.line)
        text = f"{value:0{width}b}"
        return [ONE_NET if bit == "1" else ZERO_NET for bit in text], value, width

    def instance(self, label: Token) -> None:
        tokens = self.tokens
        tokens.accept("component", "entity")
        kind = tokens.name("a component")
        while tokens.accept("."):
            kind = tokens.name("a component")
        if tokens.next.kind == "mark" and tokens.next.text == "(":
            tokens.skip_past(")")  # of an entity: which architecture
        parameters = self.generics() if tokens.accept("generic") else {}
        tokens.expect("port", "behind a component")
        tokens.expect("map", "behind 'port'")
        tokens.expect("(", "behind 'port map'")
        pins: dict[str, list[Net]] = {}
        while True:
            self.connection(pins)
            if not tokens.accept(","):
                break
        tokens.expect(")", "behind a port map")
        tokens.expect(";", "behind an instance")
        self.cells.add(Cell(kind.text.upper(), label.text, kind.line, pins, parameters))

    def connection(self, pins: dict[str, list[Net]]) -> None:
        tokens = self.tokens
        pin = tokens.name("a pin")
        if not tokens.accept("=>"):
            tokens.wrong("'=>' is expected: name the pins, as in I0 => a")
        name = pin.text.upper()
        if name in pins:
            self.netlist.fail(pin.line, f"pin '{printable(name, SHOWN)}' is connected twice")
        if tokens.accept("open"):
            return
        pins[name] = self.expression(1)

    def generics(self) -> dict[str, tuple[int, int | None]]:
        tokens = self.tokens
        tokens.expect("map", "behind 'generic'")
        tokens.expect("(", "behind 'generic map'")
        found: dict[str, tuple[int, int | None]] = {}
        while True:
            name = "INIT"
            if tokens.next.kind == "name":
                name = tokens.take().text.upper()
                tokens.expect("=>", "behind a generic")
            if tokens.next.kind not in ("bits", "text"):
                tokens.wrong("the value of a generic is expected, as X\"8000\" or \"1000\"")
            value = tokens.take()
            _, number, width = self.literal(value)
            if width > 1 << MOST_PINS:
                self.netlist.fail(value.line, f"{width} bits; a table has at most {1 << MOST_PINS}")
            found[name] = (number, width)
            if not tokens.accept(","):
                break
        tokens.expect(")", "behind a generic map")
        return found
