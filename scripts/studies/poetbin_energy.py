"""Energy of an inference: all tables in space against the same classifier as multiply-accumulates."""

import pandas as pd

from scripts.studies import mac_baselines
from scripts.studies.poetbin_activity import TEST_ORDER

TABLES = "tables"
COMPUTING, READING = "computing", "with weights read from a memory"


def price(prices, event, width):
    """As the energy tables are looked up: the next larger width with a row."""
    return prices[event, min(w for e, w in prices if e == event and w >= width)]


def level_parts(activity, fan_in, prices):
    """pJ of a level's toggles: inside the tables, and on the wires to their pins."""
    pins = activity["pin_toggles"]
    inside = pins * price(prices, "lut_pin_toggle", fan_in)
    inside += activity["output_toggles"] * price(prices, "lut_toggle", fan_in)
    if fan_in > 6:
        inside += activity["inner_toggles"] * price(prices, "lut6_inner_toggle", 6)
    return inside, pins * price(prices, "lut_wire_toggle", fan_in)


def tables_row(name, program, activity, node_nm):
    """Features and scores in registers, one inference a clock, test images in order."""
    prices = mac_baselines.prices(node_nm)
    rows = activity[(activity["program"] == name) & (activity["stimulus"] == TEST_ORDER)].set_index("level")
    parts = [level_parts(rows.loc[level.name], level.fan_in, prices) for level in program.levels]
    bits = program.inputs + program.outputs.size
    toggles = rows["input_toggles"].iloc[0] + rows["output_toggles"].iloc[-1]
    clock = bits * prices["register_clock", 1]
    return {
        "program": name,
        "classifier": TABLES,
        "arithmetic_pj": sum(inside for inside, _ in parts),
        "wires_pj": sum(wires for _, wires in parts),
        "registers_pj": clock + toggles * prices["register_toggle", 1],
        "memory_pj": 0.0,
    }


def table(programs, widths, activity, node_nm):
    """A row a program, classifier and what is counted: computing, or the reads of weights from a memory too."""
    rows = []
    for name, program in programs.items():
        rows.append(tables_row(name, program, activity, node_nm))
        baselines = [mac_baselines.energy(widths[name], p, node_nm) for p in mac_baselines.PRECISIONS]
        rows += [{"program": name} | baseline for baseline in baselines]
    found = pd.DataFrame(rows).fillna({"wires_pj": 0.0, "registers_pj": 0.0})
    found = found.astype({"macs": "Int64", "weight_bytes": "Int64"})
    computing = found.assign(counted=COMPUTING, total_pj=found[["arithmetic_pj", "wires_pj", "registers_pj"]].sum(axis=1))
    reading = computing[computing["memory_pj"] > 0].assign(counted=READING)
    reading["total_pj"] += reading["memory_pj"]
    both = pd.concat([computing, reading]).sort_index(kind="stable")
    ours = computing[computing["classifier"] == TABLES].set_index("program")["total_pj"]
    return both.assign(times_the_tables=both["total_pj"] / both["program"].map(ours))
