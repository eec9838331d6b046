"""Reads VHDL netlists of components: LUT1 … LUT6 (and wider) with INIT, signals, assignments of signals and constants."""

from __future__ import annotations

from scripts.base.printable import printable
from scripts.export.netlist import SHOWN, Netlist
from scripts.export.netlist_hdl import Declared, Scope, ascending
from scripts.export.netlist_tokens import Token, Tokens
from scripts.export.netlist_vhdl_statements import Statements, refuse, vhdl_tokens

BITS = ("std_logic", "std_ulogic", "bit")
VECTORS = ("std_logic_vector", "std_ulogic_vector", "bit_vector")


def read_vhdl(text: str, file: str, top: str | None) -> Netlist:
    """The entity `top`, or the only one, with its architecture. Names are the same in upper and lower case."""
    netlist = Netlist(file)
    return _File(netlist, top.lower() if top else None).read(Tokens(vhdl_tokens(text, netlist), netlist))


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
        Statements(self.netlist, tokens, self.scope).read(name)

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
            refuse(tokens)
            tokens.wrong("signal, component, attribute or begin is expected")


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
