"""Energy, power and area of EIE's PEs by part, from the results of runs."""

import pandas as pd

from scripts.base import csv_cells, result
from scripts.studies.eie_layers import MHZ, PES

# Modules of EIE's table II -> units of the machine.
PARTS = {
    "Spmat read": ["weight_banks"],
    "pointer read": ["column_banks"],
    "activation read/write": ["accumulators", "global_buffer"],
    "activation queue": ["input_window"],
    "arithmetic": ["mac_array"],
}
OTHERS = "no part of EIE's table"  # broadcast, control, write port, and what EIE has not
WHOLE = "PE"
ALL = "all layers"
NODE_AREA = 1e6  # um2 in a mm2


def powers(found, points):
    """A row a kind of cells, layer and part: mW of a PE, leakage apart; ALL: their energies over their times."""
    energies = [_energies(point, points / point["folder"]) for _, point in found.iterrows()]
    table = pd.concat(energies, ignore_index=True)
    keys = ["sram_cells", "bank_cells", "part"]
    sums = ["time_us", "pe_cycles", "weight_reads", "switching_pj", "leakage_pj"]
    whole = table.groupby(keys, sort=False)[sums].sum().reset_index()
    table = pd.concat([table, whole.assign(layer=ALL)], ignore_index=True)
    table["cycles_per_read"] = table["pe_cycles"] / table["weight_reads"]
    for name in ("switching", "leakage"):
        table[f"{name}_mw"] = table[f"{name}_pj"] / table["time_us"] / 1e3 / PES
    return table.drop(columns=sums[1:])


def _energies(point, folder):
    summary = result.read(folder)
    cycles = summary["metrics"]["cycles"]["value"]
    switching, leakage = {}, {}
    for unit, energy in summary["energy"]["units"].items():
        for part in (_part_of(unit), WHOLE):
            switching[part] = switching.get(part, 0) + energy["dynamic_pj"] + energy["clock_pj"]
            leakage[part] = leakage.get(part, 0) + energy["leakage_pj"]
    order = [*PARTS, OTHERS, WHOLE]
    named = {"sram_cells": point["sram_cells"], "bank_cells": _reads(folder)["cells"], "layer": point["workload"]}
    named |= {"time_us": cycles / MHZ, "pe_cycles": PES * cycles, "part": order}
    named["weight_reads"] = summary["counters"]["mac_array"]["weight_reads"]
    return pd.DataFrame(named | {"switching_pj": [switching[p] for p in order], "leakage_pj": [leakage[p] for p in order]})


def _part_of(unit):
    return next((part for part, units in PARTS.items() if unit in units), OTHERS)


def _reads(folder):
    """The line of energy.csv that prices reads of weights."""
    lines = csv_cells.read_frame(folder / "energy.csv")
    return lines[(lines["unit"] == "weight_banks") & (lines["event"] == "sram_read")].iloc[0]


def areas(found, points):
    """A row a kind of cells and part: um2 of a PE, with banks of pointers as published."""
    rows = []
    for _, point in found[found["workload"] == found["workload"].iloc[0]].iterrows():
        folder = points / point["folder"]
        units = result.read(folder)["area"]["units"]
        sums = {part: 0.0 for part in (*PARTS, OTHERS, WHOLE)}
        for unit, area in units.items():
            for part in (_part_of(unit), WHOLE):
                sums[part] += area["total_mm2"] * NODE_AREA / PES
        named = {"sram_cells": point["sram_cells"], "bank_cells": _reads(folder)["cells"]}
        rows += [named | {"part": part, "area_um2": area} for part, area in sums.items()]
    return pd.DataFrame(rows)


def widths(found, points, layers):
    """Reads of weights by width of a word: adds to `layers` what a read takes, and all of a layer; and the reads there would be
    if no word stayed from one column to the next."""
    lines = {point["folder"]: _reads(points / point["folder"]) for _, point in found.iterrows()}
    keys = zip(found["sram_cells"], found["optimus.memories.weight_entries_per_fetch"].astype(int))
    prices = {key: lines[folder] for key, folder in zip(keys, found["folder"])}
    each = [prices[row.sram_cells, row.entries_per_read] for row in layers.itertuples()]
    table = layers[["sram_cells", "layer", "weight_reads"]].copy()
    table.insert(1, "width_bits", [line["width_bits"] for line in each])
    table["pj_each"] = [line["pj_each"] for line in each]
    table["reads_by_column"] = reads_by_column(layers, layers["entries_per_read"])
    for name, reads in (("energy_nj", "weight_reads"), ("energy_by_column_nj", "reads_by_column")):
        table[name] = table[reads] * table["pj_each"] / 1e3
    return table


def reads_by_column(layers, entries_per_read):
    """Expected: n entries from any place of a word on lie in 1 + (n - 1) / w words of w."""
    begun = layers["columns_begun"] - layers["empty"]
    return begun + (layers["macs"] + layers["padding"] - begun) / entries_per_read
