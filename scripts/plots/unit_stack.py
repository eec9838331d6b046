"""Busy, waiting and idle: the cycles of each unit of a machine, in percent; they add up to the run."""

import pandas as pd

from scripts.plotting import labels, stack, style, tables
from scripts.plotting.errors import PlotError

INPUTS = "runs, or sweep folders with their points"
STATES = {"busy": style.BLUE, "input_wait": style.ORANGE, "output_wait": style.GREEN, "idle": style.GREY}


def options(add):
    add("--label", metavar="COLUMN", help="names of the rows, when there are several [the keys that vary]")


def numbers(frame, options):
    units = [c.split(".")[1] for c in frame if c.startswith("counters.") and c.endswith(".busy_cycles")]
    if not units:
        raise PlotError("no columns counters.UNIT.busy_cycles: give the folder of a run or sweep, not its table")
    rows = list(zip(tables.names(frame, options.label), frame.to_dict("records")))
    bars = [_bar(name, row, unit) for name, row in rows for unit in units]
    return pd.DataFrame(bars).dropna()


def _bar(name, row, unit):
    cycles = {state: row.get(f"counters.{unit}.{state}_cycles", 0.0) for state in STATES}
    whole = sum(cycles.values())
    return {"row": name, "unit": unit} | {f"{state}_percent": 100 * n / whole for state, n in cycles.items()}


def draw(table, options):
    several = table["row"].nunique() > 1
    names = [f"{row}: {unit}" if several else unit for row, unit in zip(table["row"], table["unit"].map(labels.words))]
    parts = table[[f"{state}_percent" for state in STATES]].set_axis([s.replace("_", " ") for s in STATES], axis=1)
    colors = dict(zip(parts, STATES.values()))
    drawing, axes = stack.draw(names, parts, options, "share of the cycles (%)", colors)
    axes.set_xlim(0, 100)
    style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing
