"""Cycles of EIE's layers by what the PEs did in them, from the results of runs."""

import numpy as np
import pandas as pd

from scripts.base import csv_cells

PES, REGISTERS, MHZ = 64, 64, 800  # of EIE
LONGEST_RUN = 16  # zeros before a weight; each such run in front of it needs a padding zero
IDLE = ["load_stalls", "weight_stalls", "conflict_stalls", "imbalance", "edge_idle"]  # of the stream, without an entry
OVERHEAD = ["issue", "drain", "reduce"]


def of_run(folder):
    """A row a layer of one run: cycles, cycles of PEs by what they did, reads."""
    read = lambda name: csv_cells.read_frame(folder / name).rename(columns={"product": "layer"}).set_index("layer")
    products, stalls, layers = read("products.csv"), read("stalls.csv"), read("layers.csv")
    stalls = stalls.loc[products.index].rename(columns=lambda name: name.removesuffix("_mac_cycles"))
    table = products[["rows", "columns", "kept_percent", "cycles"]].assign(
        entries=stalls["sparse_macs"] + stalls["fillers"],
        macs=stalls["sparse_macs"],
        bubbles=stalls[IDLE].sum(axis=1),
        overhead=stalls[OVERHEAD].sum(axis=1),
        columns_begun=layers["window_copies"],
        weight_reads=layers["weight_reads"],
    )
    return table.reset_index()


def of_sweep(found, points, settings):
    """A row a point and layer; `settings`: columns of the sweep's table -> what they are called here."""
    rows = []
    for _, point in found.iterrows():
        table = of_run(points / point["folder"])
        named = {name: _number(point[column]) for column, name in settings.items()}
        rows.append(pd.concat([pd.DataFrame([named] * len(table)), table], axis=1))
    return pd.concat(rows, ignore_index=True)


def _number(text):
    return int(text) if text.isdecimal() else text


def load_balance_percent(table):
    """Of the cycles of all PEs in the stream, those with an entry to work on; an empty column counts as one."""
    return 100 * table["entries"] / (table["entries"] + table["bubbles"])


def weight_cycles_percent(table):
    """The same with empty columns as bubbles: the cycles with a weight or a padding zero."""
    return 100 * (table["macs"] + table["padding"]) / (table["entries"] + table["bubbles"])


def padding_percent(table):
    """Padding zeros of what is stored, which empty columns are not."""
    return 100 * table["padding"] / (table["macs"] + table["padding"])


def with_padding(table, pes=PES, registers=REGISTERS):
    """Adds of the entries the padding zeros and the empty columns, as the density leads to expect them.

    A run counts both as one. The share of padding zeros in what it counted is that of the expected numbers.
    """
    shares = [_expected(row, pes, registers) for row in table.itertuples()]
    others = table["entries"] - table["macs"]
    padding = [count * share for count, share in zip(others, shares)]
    return table.assign(padding=padding, empty=others - padding)


def _expected(row, pes, registers):
    """Padding zeros over padding zeros and empty columns; 0 where there is neither."""
    padding = empty = 0.0
    for rows in groups(row.rows, pes, registers):
        one = expected_of_column(rows, row.kept_percent / 100)
        padding, empty = padding + one[0], empty + one[1]
    return padding / (padding + empty) if padding + empty else 0.0


def groups(rows, pes=PES, registers=REGISTERS):
    """Rows of each PE in each group of rows that fit its registers."""
    of_pes = [len(range(pe, rows, pes)) for pe in range(pes)]
    return [min(registers, have - first) for have in of_pes for first in range(0, have, registers)]


def expected_of_column(rows, density):
    """Padding zeros of a column of `rows` of a PE, and the probability that none of its weights is kept.

    A weight in row i has l zeros before it with the probability (1 - p)^l p for l < i, (1 - p)^i for l = i, and ⌊l / 16⌋
    padding zeros.
    """
    before = np.arange(rows)
    runs = (1 - density) ** before
    zeros = before // LONGEST_RUN
    inner = np.concatenate([[0.0], np.cumsum(zeros * runs * density)[:-1]])  # over l < i
    return float((density * (inner + zeros * runs)).sum()), float((1 - density) ** rows)
