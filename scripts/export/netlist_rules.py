"""What an imported netlist must be to become a program, and how its outputs become scores."""

from __future__ import annotations

import argparse

import numpy as np

from scripts.base.printable import printable
from scripts.export import lut_rules
from scripts.export.errors import ExportError
from scripts.export.netlist import SHOWN, Netlist
from scripts.export.netlist_levels import Levelled


def check_size(netlist: Netlist) -> None:
    """What lies beyond the format's limits, before any work."""
    if not 1 <= len(netlist.inputs) <= lut_rules.MAX_INPUTS:
        raise ExportError(f"{netlist.file}: {len(netlist.inputs)} input bits; a program has 1 to {lut_rules.MAX_INPUTS}")
    if not netlist.outputs:
        raise ExportError(f"{netlist.file}: no outputs; a program has at least one")


def output_bits(found: Levelled, chosen: str | None, file: str) -> tuple[list[str], list[int]]:
    """Names and signals of the output bits, those of the chosen ports in the given order.

    A port of BLIF is a bit, 'y[3]'; it is meant by its own name and by 'y'.
    """
    bits: dict[str, list[tuple[str, int]]] = {}
    for port, signals in found.outputs:
        base = port.partition("[")[0]
        named = [(port if len(signals) == 1 else f"{port}[{i}]", signal) for i, signal in enumerate(signals)]
        bits.setdefault(port, []).extend(named)
        if base != port:
            bits.setdefault(base, []).extend(named)
    ports = chosen.split(",") if chosen else [port for port, _ in found.outputs]
    for port in ports:
        if port not in bits:
            known = ", ".join(printable(name, SHOWN) for name in list(bits)[:5])
            raise ExportError(f"{file}: --outputs: no output port '{printable(port, SHOWN)}'; there are {known}")
    pairs = [pair for port in ports for pair in bits[port]]
    return [printable(name, SHOWN) for name, _ in pairs], [signal for _, signal in pairs]


def grouped(signals: list[int], options: argparse.Namespace, file: str) -> np.ndarray:
    """int32[classes, score bits], least significant first."""
    classes = options.classes or len(signals)
    if len(signals) % classes:
        raise ExportError(f"{file}: {len(signals)} output bits are no equal scores of {classes} classes; see --outputs")
    bits = len(signals) // classes
    if classes > lut_rules.MAX_CLASSES:
        raise ExportError(f"{file}: {classes} classes; a program has at most {lut_rules.MAX_CLASSES}: see --classes, --outputs")
    if bits > lut_rules.MAX_SCORE_BITS:
        raise ExportError(f"{file}: scores of {bits} bits; a program has at most {lut_rules.MAX_SCORE_BITS}: see --classes")
    rows = np.array(signals, np.int32).reshape(classes, bits)
    if options.first_class == "high":
        rows = rows[::-1]
    return np.ascontiguousarray(rows[:, ::-1] if options.first_bit == "high" else rows)


def printable_name(name: str) -> str:
    """As a program's name: printable ASCII."""
    return "".join(c if " " <= c <= "~" else "?" for c in name)[:256] or "netlist"
