"""Where the cycles of a machine went, one bar a row, in percent.

Causes are the columns that add up to a total, as the *_mac_cycles of OPTIMUS do to mac_cycles.
"""

import pandas as pd

from scripts.plotting import labels, stack, style, tables
from scripts.plotting.errors import PlotError

INPUTS = "runs, sweep folders with their points, or a table with columns that add up to a total"
# Label and the causes that it adds up (without the ending); others stand for themselves.
GROUPS = {
    "useful": ["sparse_macs", "dense_macs"],
    "load": ["load_stalls", "weight_stalls"],
    "issue, drain, reduce": ["issue", "drain", "reduce"],
    "write port": ["output_stalls"],
    "edge": ["edge_idle"],
    "conflicts": ["conflict_stalls"],
}
COLORS = {"useful": style.BLUE, "fillers": style.SKY, "imbalance": style.RED, "load": style.ORANGE}
COLORS |= {"conflicts": style.BLACK, "edge": style.PURPLE, "issue, drain, reduce": style.YELLOW}
COLORS |= {"write port": style.GREEN, "barrier": style.GREY}


def options(add):
    add("--label", metavar="COLUMN", help="names of the bars [the keys that vary]")
    add("--total", metavar="COLUMN", help="that the causes add up to; they end in _COLUMN [found by adding up]")
    add("--note", metavar="COLUMN", default="cycles", help="number written at the bars [%(default)s]")


def causes(frame, total):
    """Names of the causes, without the ending; counters have dotted names and are none."""
    return [c.removesuffix(f"_{total}") for c in frame if c.endswith(f"_{total}") and "." not in c]


def adds_up(frame, total):
    found = [f"{cause}_{total}" for cause in causes(frame, total)]
    if len(found) < 2 or any(frame[c].dtype == object for c in found):
        return False
    return (frame[found].sum(axis=1) - frame[total]).abs().le(1e-6 * frame[total].abs()).all()


def total_of(frame, given):
    totals = [given] if given else [c for c in frame if frame[c].dtype != object]
    for total in totals:
        if adds_up(frame, tables.column(frame, total).name):
            return total
    raise PlotError(f"no columns *_{given} add up to '{given}'" if given else "no columns *_X add up to a column X")


def numbers(frame, options):
    total = total_of(frame, options.total)
    whole, left = tables.numeric(frame, total), causes(frame, total)
    table = pd.DataFrame({"bar": tables.names(frame, options.label)})
    for label, parts in (GROUPS | {c: [c] for c in left if c not in sum(GROUPS.values(), [])}).items():
        columns = [f"{part}_{total}" for part in parts if part in left]
        share = 100 * frame[columns].sum(axis=1) / whole
        if share.max() > 0:
            table[f"{label}_percent"] = share
    return _ordered(table).assign(**{options.note: tables.numeric(frame, options.note)})


def _ordered(table):
    """Known causes in the order of their colours, then the others."""
    known = [f"{label}_percent" for label in COLORS if f"{label}_percent" in table]
    return table[["bar", *known, *(c for c in table if c not in known and c != "bar")]]


def draw(table, options):
    parts = table[[c for c in table if c.endswith("_percent")]].rename(columns=lambda c: c.removesuffix("_percent"))
    colors = {label: COLORS[label] for label in parts if label in COLORS}
    drawing, axes = stack.draw(table["bar"], parts, options, "share of the cycles (%)", colors)
    axes.set_xlim(0, 100)
    unit = labels.unit_of(options.note) or labels.words(options.note)
    stack.write_at_ends(axes, [100] * len(table), unit, map(style.number, table[options.note]))
    style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing
