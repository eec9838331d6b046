"""Tokens of Verilog and VHDL, one ahead of what was taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from scripts.base.printable import printable
from scripts.export.netlist import SHOWN, Netlist

MOST_INDEX = 1 << 31


@dataclass(frozen=True)
class Token:
    kind: str  # "name", "number", "text", "mark", "end"
    text: str
    line: int
    spelt: str = ""  # as the file has it, where text is in lower case

    @property
    def shown(self) -> str:
        return "the end of the file" if self.kind == "end" else f"'{printable(self.text, SHOWN)}'"


class Tokens:
    """One token ahead of what was taken."""

    def __init__(self, tokens: Iterator[Token], netlist: Netlist):
        self._tokens, self.netlist = tokens, netlist
        self.next = next(tokens)

    def take(self) -> Token:
        token = self.next
        if token.kind != "end":
            self.next = next(self._tokens)
        return token

    def accept(self, *texts: str) -> Token | None:
        return self.take() if self.next.text in texts and self.next.kind == _kind(self.next.text) else None

    def expect(self, text: str, where: str) -> Token:
        if not (found := self.accept(text)):
            self.wrong(f"{text!r} is expected {where}")
        return found

    def name(self, what: str) -> Token:
        if self.next.kind != "name":
            self.wrong(f"the name of {what} is expected")
        return self.take()

    def integer(self, what: str) -> int:
        """A decimal number."""
        text = self.next.text.replace("_", "")
        if self.next.kind != "number" or not text.isascii() or not text.isdigit() or len(text) > 10:
            self.wrong(f"{what} is expected, a decimal number")
        if int(text) >= MOST_INDEX:
            self.wrong(f"{what} is expected, below {MOST_INDEX}")
        self.take()
        return int(text)

    def skip_past(self, text: str) -> None:
        while not self.accept(text):
            if self.take().kind == "end":
                self.wrong(f"{text!r} is expected before it")

    def wrong(self, message: str) -> NoReturn:
        self.netlist.fail(self.next.line, f"{self.next.shown}, where {message}")


def _kind(text: str) -> str:
    """Of a keyword or a mark; an escaped name may be spelt like a mark."""
    return "name" if text[:1].isalpha() else "mark"


Seen = Callable[[str, str, int, int], Token | int]  # kind, text, line, where the text behind it begins


def scanned(text: str, pattern: re.Pattern[str], language: str, netlist: Netlist, seen: Seen) -> Iterator[Token]:
    """The tokens that `seen` makes of what the pattern's groups match; a number instead is where to go on.
    Groups `line` and `space` are no tokens. Behind the last token come ends.
    """
    place, line = 0, 1
    while place < len(text):
        found = pattern.match(text, place)
        if not found:
            netlist.fail(line, f"{text[place]!r} begins nothing that {language} has")
        place, kind, value = found.end(), found.lastgroup, found[found.lastgroup]
        if kind in ("line", "space"):
            line += value.count("\n")
            continue
        token = seen(kind, value, line, place)
        if isinstance(token, Token):
            yield token
        else:
            place = token
    while True:
        yield Token("end", "", line)
