"""Energy by unit or by part (dynamic, clock, leakage), one bar a row, and what other memory cells would make of it."""

import pandas as pd

from scripts.plotting import labels, stack, style, tables

INPUTS = "runs, sweep folders with their points, or a table with energy.units.UNIT.total_pj or energy_PART_uj"
PARTS = {"dynamic": style.BLUE, "clock": style.ORANGE, "leakage": style.GREY}
SCALES = [("J", 1e12), ("mJ", 1e9), ("µJ", 1e6), ("nJ", 1e3), ("pJ", 1.0)]
BAND = ["low_pj", "high_pj"]  # of the whole bar


def options(add):
    add("--label", metavar="COLUMN", help="names of the bars [the keys that vary]")
    add("--by", choices=["unit", "part"], default="unit", help="[%(default)s]")
    add("--per", metavar="COLUMN", help="divide by it, as sentences")


def numbers(frame, options):
    energies = stack.by_unit(frame, "energy", "total_pj") if options.by == "unit" else _by_part(frame)
    divisor = tables.numeric(frame, options.per) if options.per else 1.0
    table = energies.div(divisor, axis=0) if options.per else energies
    table = table.loc[:, table.fillna(0).gt(0).any()].fillna(0).add_suffix("_pj")
    for name, ends in zip(BAND, tables.band(frame, "energy_total_uj").values() if "energy_total_uj" in frame else []):
        table[name] = 1e6 * ends / divisor
    return pd.concat([tables.names(frame, options.label).rename("bar"), table], axis=1)


def _by_part(frame):
    return pd.DataFrame({part: 1e6 * tables.numeric(frame, f"energy_{part}_uj") for part in PARTS})


def draw(table, options):
    energies = table.drop(columns=["bar", *BAND], errors="ignore").rename(columns=lambda c: labels.words(c.removesuffix("_pj")))
    longest = energies.sum(axis=1).max()
    unit, factor = next(((u, f) for u, f in SCALES if longest >= f), SCALES[-1])
    per = f" per {options.per.removesuffix('s')}" if options.per else ""
    colors = PARTS if options.by == "part" else {"others": style.BLACK}
    drawing, axes = stack.draw(table["bar"], energies / factor, options, f"energy{per} ({unit})", colors)
    if set(BAND) <= set(table):
        texts = [f"{low:.3g} to {high:.3g}" for low, high in (table[BAND] / factor).itertuples(index=False)]
        stack.write_at_ends(axes, energies.sum(axis=1) / factor, f"other cells ({unit})", texts)
    style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing
