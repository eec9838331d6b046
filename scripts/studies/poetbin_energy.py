"""Energy of an inference: all tables in space against the same classifier as multiply-accumulates."""

import numpy as np
import pandas as pd

from scripts.base import bands
from scripts.export.lut_activity import activity
from scripts.studies import mac_baselines
from scripts.studies.poetbin_activity import TEST_ORDER, stimuli

TABLES = "tables"
COMPUTING, READING = "computing", "with weights read from a memory"


def price(prices, event, width):
    """As the energy tables are looked up: the next larger width with a row."""
    return prices[event, min(w for e, w in prices if e == event and w >= width)]


def level_parts(by_pins, prices):
    """pJ of a level's toggles: inside the tables, and on the wires to their pins; a table costs what its live pins say."""
    inside = wires = 0.0
    for pins, (outputs, changes, inner) in enumerate(by_pins):
        if pins == 0:
            continue
        inside += changes * price(prices, "lut_pin_toggle", pins) + outputs * price(prices, "lut_toggle", pins)
        if pins > 6:
            inside += inner * price(prices, "lut6_inner_toggle", 6)
        wires += changes * price(prices, "lut_wire_toggle", pins)
    return inside, wires


def tables_row(name, program, node_nm):
    """Features and scores in registers, one inference a clock, test images in order: means of the transitions."""
    prices = mac_baselines.prices(node_nm)
    found = activity(program, stimuli(program)[TEST_ORDER])
    parts = np.array([level_parts(level.by_pins, prices) for level in found.levels]) / found.transitions
    bits = program.inputs + program.outputs.size
    toggles = (found.input_toggles + found.score_toggles) / found.transitions
    clock = bits * prices["register_clock", 1]
    return {
        "program": name,
        "classifier": TABLES,
        "arithmetic_pj": parts[:, 0].sum(),
        "wires_pj": parts[:, 1].sum(),
        "registers_pj": clock + toggles * prices["register_toggle", 1],
        "memory_pj": 0.0,
    }


def table(programs, widths, node_nm, leakages_pj):
    """A row a program, classifier and what is counted: computing, or the reads of weights from a memory too.

    `leakages_pj`: of the tables, an inference of each program. It is in no total, but in the ratio times_the_tables_with_leakage.
    """
    rows = []
    for name, program in programs.items():
        rows.append(tables_row(name, program, node_nm) | {"leakage_pj": leakages_pj[name]})
        baselines = [mac_baselines.energy(widths[name], p, node_nm) for p in mac_baselines.PRECISIONS]
        rows += [{"program": name} | baseline for baseline in baselines]
    found = pd.DataFrame(rows).fillna({"wires_pj": 0.0, "registers_pj": 0.0})
    found = found.astype({"macs": "Int64", "weight_bytes": "Int64"})
    computing = found.assign(counted=COMPUTING, **_banded("total_pj", _computing, found))
    reads = found[found["memory_pj"] > 0]
    reading = reads.assign(counted=READING, **_banded("total_pj", lambda frame: _computing(frame) + frame["memory_pj"], reads))
    both = pd.concat([computing, reading]).sort_index(kind="stable")
    ours = computing[computing["classifier"] == TABLES].set_index("program")
    for name, energy in (("", ours["total_pj"]), ("_with_leakage", ours["total_pj"] + ours["leakage_pj"])):
        tables = both["program"].map(energy)
        both = both.assign(**_banded(f"times_the_tables{name}", lambda frame: frame["total_pj"] / tables, both))
    return both


def _computing(frame):
    return frame[["arithmetic_pj", "wires_pj", "registers_pj"]].sum(axis=1)


def _banded(name, value, frame):
    return dict(zip(bands.columns(name), bands.of(value, frame)))
