"""What the readers of Verilog and VHDL share: declared vectors and connections of their bits."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.base.printable import printable
from scripts.export.netlist import MOST_NETS, SHOWN, Net, Netlist


@dataclass(frozen=True)
class Declared:
    """left and right: indices of a vector's ends as written, None of a single bit."""

    left: int | None = None
    right: int | None = None

    @property
    def width(self) -> int:
        return 1 if self.left is None else abs(self.left - self.right) + 1


class Scope:
    """Names of one module and the bits behind them; lists of bits are leftmost first."""

    def __init__(self, netlist: Netlist):
        self.netlist = netlist
        self.names: dict[str, Declared] = {}

    def declare(self, name: str, declared: Declared, line: int, spelt: str = "") -> None:
        if self.names.get(name, declared) != declared:
            self.netlist.fail(line, f"'{printable(name, SHOWN)}' is declared twice with different ranges")
        if name not in self.names:
            self.netlist.count(1, line)
        if spelt:
            self.netlist.spelt[name] = spelt
        self.names[name] = declared

    def whole(self, name: str, line: int) -> list[Net]:
        declared = self.names[name]
        self.netlist.count(declared.width, line)
        if declared.left is None:
            return [(name, None)]
        return self._run(name, declared.left, declared.right)

    def bit(self, name: str, index: int, line: int) -> list[Net]:
        self._check(name, index, line)
        self.netlist.count(1, line)
        return [(name, index)]

    def part(self, name: str, left: int, right: int, line: int) -> list[Net]:
        self._check(name, left, line)
        self._check(name, right, line)
        declared = self.names[name]
        if (left < right) != (declared.left < declared.right) and left != right:
            self.netlist.fail(line, f"part {left}:{right} of '{printable(name, SHOWN)}' runs against its declaration")
        self.netlist.count(abs(left - right) + 1, line)
        return self._run(name, left, right)

    def _check(self, name: str, index: int, line: int) -> None:
        declared = self.names[name]
        if declared.left is None:
            self.netlist.fail(line, f"'{printable(name, SHOWN)}' is a single bit and has no index")
        low, high = sorted((declared.left, declared.right))
        if not low <= index <= high:
            self.netlist.fail(line, f"'{printable(name, SHOWN)}' has bits {low} to {high}, no bit {index}")

    @staticmethod
    def _run(name: str, left: int, right: int) -> list[Net]:
        step = 1 if right >= left else -1
        return [(name, index) for index in range(left, right + step, step)]


def ascending(bits: list[Net]) -> list[Net]:
    """The order of a port's bits in a program: by index."""
    return sorted(bits, key=lambda net: net[1] or 0)


def connect(netlist: Netlist, target: list[Net], source: list[Net], line: int) -> None:
    """The assignment of equally many bits."""
    if len(target) != len(source):
        netlist.fail(line, f"{len(source)} bits are assigned to {len(target)}; make both sides equally wide")
    for to, of in zip(target, source):
        netlist.wire(to, of, line)


def expanded(netlist: Netlist, bits: list[Net], times: int, line: int) -> list[Net]:
    """A replication, refused before it takes memory."""
    if times > MOST_NETS:
        netlist.count(times, line)
    netlist.count(len(bits) * times, line)
    return bits * times
