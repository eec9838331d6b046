"""Energy of an inference by a fully connected classifier of multiply-accumulates, from rows of arch-configs/energy/.

Arithmetic and memory reads are apart. Every weight is read once an inference from a memory that just holds all of them, in
words of 64 bits; activations are not counted. Leakage, clock and control are not counted either: nothing says how long such an
inference takes. The memory has the cells that leak least; the ends of its band are those of all kinds of cells.
"""

import csv
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scripts.base import bands, yaml_dialect
from scripts.sweeping.program import ROOT

ENERGY = ROOT / "arch-configs/energy"
WORD_BITS = 64
CELLS = "lstp"  # those that leak least
OTHER_CELLS = ("lstp_hp", "hp")


@dataclass(frozen=True)
class Precision:
    """`events` are the rows, by event and width, whose sum is one multiply-accumulate."""

    name: str
    weight_bits: int
    events: tuple


PRECISIONS = [
    Precision("FP32", 32, (("float_multiply", 32), ("float_add", 32))),
    Precision("INT16", 16, (("multiply", 16), ("add", 32))),
    Precision("INT8", 8, (("multiply", 8), ("add", 32))),
    Precision("XNOR", 1, (("binary_mac", 1),)),
]


def macs(widths):
    """Of layers from the first width to the last, as 512, 512, 10."""
    return sum(inputs * outputs for inputs, outputs in pairwise(widths))


def prices(node_nm, folder=ENERGY):
    """pJ by (event, width), of the arithmetic and the look-up tables' file."""
    names = (f"{node_nm}nm.yaml", f"luts-{node_nm}nm.yaml")
    rows = [row for name in names for row in yaml_dialect.read(folder / name)["rows"]]
    return {(row["event"], row["width_bits"]): row["value_pj"] for row in rows}


def read_pj(capacity_bytes, node_nm, folder=ENERGY, cells=CELLS):
    """Of one 64-bit word, from a memory of these cells, as the simulator prices it: the least of all memories
    at least as large and wide, on the line in the logarithms between two listed sizes; of a larger one a bank is read.
    """
    with (folder / "sram-cacti7.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if int(r["node_nm"]) == node_nm and r["cells"] == cells]
    prices = {}
    for row in rows:
        if int(row["width_bits"]) >= WORD_BITS:
            prices.setdefault(int(row["capacity_bytes"]), []).append(float(row["read_pj"]))
    sizes = sorted(prices)
    least = [min(price for size in sizes[i:] for price in prices[size]) for i in range(len(sizes))]
    return math.exp(np.interp(math.log(capacity_bytes), np.log(sizes), np.log(least)))


def energy(widths, precision, node_nm):
    """Row of a table: multiply-accumulates and pJ of an inference."""
    count, price = macs(widths), prices(node_nm)
    weight_bytes = count * precision.weight_bits / 8
    words = count * precision.weight_bits / WORD_BITS
    reads = [words * read_pj(weight_bytes, node_nm, cells=cells) for cells in (CELLS, *OTHER_CELLS)]
    return {
        "classifier": precision.name,
        "macs": count,
        "weight_bytes": round(weight_bytes),
        "arithmetic_pj": count * sum(price[event] for event in precision.events),
    } | dict(zip(bands.columns("memory_pj"), (reads[0], min(reads), max(reads))))
