"""A netlist becomes a LUT program: wires vanish, tables go into levels by the longest path to them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from scripts.base.printable import printable
from scripts.export import lut_rules
from scripts.export.errors import ExportError
from scripts.export.lut_program import ONE, ZERO, LutLevel
from scripts.export.netlist import ONE_NET, SHOWN, ZERO_NET, Net, Netlist, shown

CONSTANTS = {ZERO_NET: ZERO, ONE_NET: ONE}


@dataclass
class Levelled:
    """levels: as in a program, but for tables of more than twelve inputs, which have levels of their own.

    nets: of each signal from 0 on. outputs: signals of each port's bits.
    """

    levels: list[LutLevel]
    nets: list[Net]
    outputs: list[tuple[str, list[int]]]


def levelled(netlist: Netlist) -> Levelled:
    """ExportError names the net and the line of a loop, of what nothing drives, or of what is too deep."""
    sources = _Sources(netlist)
    pins = [[sources.of(net, table.line) for net in table.pins] for table in netlist.tables]
    ports = [
        (port, [sources.of(net, line) for net in nets])
        for (port, nets), line in zip(netlist.outputs, netlist.output_lines)
    ]
    groups = _groups(netlist, pins)
    signals = dict(CONSTANTS)
    nets = list(netlist.inputs)
    for _, tables in groups:
        nets += [netlist.tables[t].output for t in tables]
    signals |= {net: signal for signal, net in enumerate(nets)}
    levels = [_level(netlist, name, tables, pins, signals) for name, tables in groups]
    return Levelled(levels, nets, [(port, [signals[net] for net in bits]) for port, bits in ports])


def wired(netlist: Netlist) -> dict[Net, Net]:
    """Each net that a wire drives, with the input, table or constant at the far end; none of what nothing drives."""
    sources, found = _Sources(netlist), {}
    for net, (_, line) in netlist.wires.items():
        with contextlib.suppress(ExportError):
            found[net] = sources.of(net, line)
    return found


class _Sources:
    """What stands at the far end of the wires to a net: an input, a table's output or a constant."""

    def __init__(self, netlist: Netlist):
        self.netlist = netlist
        self.known: dict[Net, Net] = {}

    def of(self, net: Net, line: int) -> Net:
        wires, known, drivers = self.netlist.wires, self.known, self.netlist.drivers
        passed: dict[Net, None] = {}
        while net in wires and net not in known:
            if net in passed:
                self.netlist.fail(wires[net][1], f"net {shown(net)} is wired to itself; drive it by a table or an input")
            passed[net] = None
            net, line = wires[net]
        net = known.get(net, net)
        if net not in CONSTANTS and net not in drivers:
            self.netlist.fail(line, f"net {shown(net)} is read and nothing drives it; drive it or tie it to a constant")
        known.update(dict.fromkeys(passed, net))
        return net


def _groups(netlist: Netlist, pins: list[list[Net]]) -> list[tuple[str, list[int]]]:
    """Names of levels with their tables, in the order of the file."""
    by_depth: dict[int, dict[int, list[int]]] = {}
    for table, depth in enumerate(_depths(netlist, pins)):
        width = len(pins[table])
        own = width if width > lut_rules.MAX_FAN_IN else 0
        by_depth.setdefault(depth, {}).setdefault(own, []).append(table)
    groups = []
    for depth, widths in sorted(by_depth.items()):
        for own, tables in sorted(widths.items()):
            groups.append((f"level{depth}" + (f"_of{own}" if own else ""), tables))
    if not groups:
        raise ExportError(f"{netlist.file}: no look-up table in '{printable(netlist.name, SHOWN)}'; a program has at least one")
    if len(groups) > lut_rules.MAX_LEVELS:
        raise ExportError(
            f"{netlist.file}: tables lie {len(groups)} levels deep; a program has at most {lut_rules.MAX_LEVELS}: "
            "map the netlist to wider tables"
        )
    return groups


def _depths(netlist: Netlist, pins: list[list[Net]]) -> list[int]:
    """Of each table: tables on the longest path to its output, itself included."""
    number = {table.output: i for i, table in enumerate(netlist.tables)}
    waits = [0] * len(pins)
    readers: list[list[int]] = [[] for _ in pins]
    for table, nets in enumerate(pins):
        for net in set(nets):
            if net in number:
                waits[table] += 1
                readers[number[net]].append(table)
    depths = [1] * len(pins)
    ready = [table for table, count in enumerate(waits) if not count]
    for table in ready:  # grows as tables get ready
        for reader in readers[table]:
            depths[reader] = max(depths[reader], depths[table] + 1)
            waits[reader] -= 1
            if not waits[reader]:
                ready.append(reader)
    if len(ready) < len(pins):
        _refuse_loop(netlist, pins, number, waits)
    return depths


def _refuse_loop(netlist: Netlist, pins: list[list[Net]], number: dict[Net, int], waits: list[int]) -> None:
    """Every table that still waits reads another one that does: following these ends in the loop."""
    table, seen = next(i for i, count in enumerate(waits) if count), set()
    while table not in seen:
        seen.add(table)
        table = next(number[net] for net in pins[table] if net in number and waits[number[net]])
    found = netlist.tables[table]
    netlist.fail(found.line, f"net {shown(found.output)} depends on itself; a program has no loops: cut it at a register")


def _level(
    netlist: Netlist, name: str, tables: list[int], pins: list[list[Net]], signals: dict[Net, int]
) -> LutLevel:
    """Pins that a table of the level does not have are constant 0."""
    fan_in = max(1, *(len(pins[t]) for t in tables))
    sources = np.full((len(tables), fan_in), ZERO, np.int32)
    size = max(1, (1 << fan_in) // 8)
    rows = np.zeros((len(tables), size), np.uint8)
    for row, t in enumerate(tables):
        sources[row, : len(pins[t])] = [signals[net] for net in pins[t]]
        rows[row] = np.frombuffer(netlist.tables[t].bits.to_bytes(size, "little"), np.uint8)
    return LutLevel(name, sources, rows)
