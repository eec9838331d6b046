"""Reads VHDL netlists of components: LUT1 … LUT6 (and wider) with INIT, signals, assignments of signals and constants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.base.printable import printable
from scripts.export.netlist import MOST_PINS, ONE_NET, SHOWN, ZERO_NET, Net, Netlist
from scripts.export.netlist_hdl import (
    MAP_FIRST, REGISTERS_LEFT_OUT, Cell, Cells, Declared, Scope, Token, Tokens, ascending, connect,
)  # fmt: skip

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
BITS = ("std_logic", "std_ulogic", "bit")
VECTORS = ("std_logic_vector", "std_ulogic_vector", "bit_vector")
DIGIT_BITS = {"b": 1, "o": 3, "x": 4}
REFUSED = {
    "process": REGISTERS_LEFT_OUT, "for": "write the instances out", "if": "write the instances out",
    "block": "write it flat", "case": MAP_FIRST, "with": MAP_FIRST, "assert": "leave it out", "generate": "write the instances out",
    "function": MAP_FIRST, "procedure": MAP_FIRST, "shared": "leave it out", "type": "use std_logic and std_logic_vector",
    "subtype": "use std_logic and std_logic_vector", "constant": "write its value out", "alias": "use the name it stands for",
    "file": "leave it out", "configuration": "leave it out",
}  # fmt: skip


def read_vhdl(text: str, file: str, top: str | None) -> Netlist:
    """The entity `top`, or the only one, with its architecture. Names are the same in upper and lower case."""
    netlist = Netlist(file)
    return _File(netlist, top.lower() if top else None).read(Tokens(_tokens(text, netlist), netlist))


def _tokens(text: str, netlist: Netlist) -> Iterator[Token]:
    place, line = 0, 1
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            netlist.fail(line, f"{text[place]!r} begins nothing that a VHDL netlist has")
        place, kind, value = found.end(), found.lastgroup, found[found.lastgroup]
        if kind == "line":
            line += 1
        elif kind == "space":
            line += value.count("\n")
        elif kind == "name":
            yield Token("name", value.lower(), line, value)
        elif kind == "escaped":
            yield Token("name", f"\\{value}\\", line)  # as it is written, another name than without the strokes
        else:
            yield Token(kind, value, line)
    while True:
        yield Token("end", "", line)


class _File:
    def __init__(self, netlist: Netlist, top: str | None):
        self.netlist, self.top = netlist, top
        self.scope = Scope(netlist)
        self.entities: list[str] = []
        self.ports: list[tuple[Token, str]] = []  # with "in" or "out"
        self.built = False

    def read(self, tokens: Tokens) -> Netlist:
        while tokens.next.kind != "end":
            if tokens.accept("library", "use"):
                tokens.skip_past(";")
            elif begin := tokens.accept("entity"):
                self.entity(tokens, begin)
            elif begin := tokens.accept("architecture"):
                self.architecture(tokens)
            else:
                tokens.wrong("library, use, entity or architecture is expected; leave packages and configurations out")
        self.finish(tokens)
        return self.netlist

    def finish(self, tokens: Tokens) -> None:
        line = tokens.next.line
        if not self.netlist.name:
            known = ", ".join(printable(name, SHOWN) for name in self.entities[:5])
            wanted = f"no entity '{printable(self.top or '', SHOWN)}'; the file has {known}" if known else "no entity in this file"
            self.netlist.fail(line, wanted)
        if not self.built:
            self.netlist.fail(line, f"entity '{printable(self.netlist.name, SHOWN)}' has no architecture in this file")
        for name, direction in self.ports:
            bits = ascending(self.scope.whole(name.text, name.line))
            if direction == "out":
                self.netlist.output(name.text, bits, name.line)

    def entity(self, tokens: Tokens, begin: Token) -> None:
        name = tokens.name("an entity").text
        tokens.expect("is", "behind an entity's name")
        self.entities.append(name)
        mine = self.top in (None, name) and not self.netlist.name
        if self.top is None and self.netlist.name:
            self.netlist.fail(begin.line, f"a second entity, '{printable(name, SHOWN)}'; say which one to import: --top NAME")
        if mine:
            self.netlist.name = name
            if tokens.next.text == "generic":
                tokens.wrong("port is expected: an entity with generics cannot be imported, write their values out")
            if tokens.accept("port"):
                self.port_list(tokens)
            tokens.expect("end", "behind the ports")
        else:
            tokens.skip_past("end")
        tokens.skip_past(";")

    def port_list(self, tokens: Tokens) -> None:
        tokens.expect("(", "behind 'port'")
        while True:
            names = self.names(tokens)
            direction = tokens.accept("in", "out", "buffer")
            if not direction:
                tokens.wrong("in or out is expected")
            declared = self.type(tokens)
            for name in names:
                if name.text in self.scope.names:
                    self.netlist.fail(name.line, f"port '{printable(name.text, SHOWN)}' stands twice")
                self.scope.declare(name.text, declared, name.line, name.spelt)
                way = "in" if direction.text == "in" else "out"
                self.ports.append((name, way))
                if way == "in":
                    self.netlist.input(ascending(self.scope.whole(name.text, name.line)), name.line)
            if not tokens.accept(";"):
                break
        tokens.expect(")", "behind the ports")
        tokens.expect(";", "behind the ports")

    @staticmethod
    def names(tokens: Tokens) -> list[Token]:
        found = [tokens.name("a signal")]
        while tokens.accept(","):
            found.append(tokens.name("a signal"))
        tokens.expect(":", "behind names of signals")
        return found

    def type(self, tokens: Tokens) -> Declared:
        """With an initial value, which goes: every signal is driven."""
        name = tokens.name("a type")
        declared = Declared()
        if name.text in VECTORS:
            tokens.expect("(", f"behind {name.text}")
            left, right = _range(tokens)
            tokens.expect(")", "behind a range")
            declared = Declared(left, right)
        elif name.text not in BITS:
            self.netlist.fail(name.line, f"type '{printable(name.text, SHOWN)}'; use std_logic or std_logic_vector")
        if tokens.accept(":="):
            self.initial(tokens)
        return declared

    @staticmethod
    def initial(tokens: Tokens) -> None:
        if tokens.accept("("):
            tokens.skip_past(")")
        elif tokens.next.kind in ("bit", "bits", "text"):
            tokens.take()
        else:
            tokens.wrong("an initial value is expected, as '0'")

    def architecture(self, tokens: Tokens) -> None:
        name = tokens.name("an architecture").text
        tokens.expect("of", "behind an architecture's name")
        entity = tokens.name("an entity")
        tokens.expect("is", "behind an architecture's entity")
        if entity.text != self.netlist.name:
            return _skip_architecture(tokens, name)
        if self.built:
            self.netlist.fail(entity.line, "a second architecture of the entity; keep one")
        self.built = True
        while not tokens.accept("begin"):
            self.declaration(tokens)
        _Statements(self.netlist, tokens, self.scope).read(name)

    def declaration(self, tokens: Tokens) -> None:
        if tokens.accept("signal"):
            names, declared = self.names(tokens), self.type(tokens)
            for name in names:
                if name.text in self.scope.names:
                    self.netlist.fail(name.line, f"signal '{printable(name.text, SHOWN)}' is declared twice")
                self.scope.declare(name.text, declared, name.line, name.spelt)
            tokens.expect(";", "behind a signal")
        elif tokens.accept("component"):
            tokens.skip_past("end")
            tokens.skip_past(";")
        elif tokens.accept("attribute"):
            tokens.skip_past(";")
        else:
            _refuse(tokens)
            tokens.wrong("signal, component, attribute or begin is expected")


def _refuse(tokens: Tokens) -> None:
    word = tokens.next
    if word.kind == "name" and word.text in REFUSED:
        tokens.netlist.fail(word.line, f"{word.text!r} is not structural; {REFUSED[word.text]}")


def _range(tokens: Tokens) -> tuple[int, int]:
    left = tokens.integer("the left end of a range")
    if not (way := tokens.accept("downto", "to")):
        tokens.wrong("downto or to is expected")
    right = tokens.integer("the right end of a range")
    if (left < right) == (way.text == "downto") and left != right:
        tokens.netlist.fail(way.line, f"range {left} {way.text} {right} holds nothing; exchange its ends")
    return left, right


def _skip_architecture(tokens: Tokens, name: str) -> None:
    """Of another entity, whatever it holds: to 'end;', 'end NAME;' or 'end architecture [NAME];'."""
    while True:
        tokens.skip_past("end")
        whole = tokens.accept("architecture")
        named = tokens.accept(name)
        if tokens.next.text == ";" and (whole or named):
            tokens.take()
            return


class _Statements:
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
        _refuse(tokens)
        name = tokens.name("an instance or a signal")
        if tokens.accept(":"):
            _refuse(tokens)
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
