"""Area by unit, or by what it is (SRAM, logic), one bar a row."""

import pandas as pd

from scripts.plotting import labels, stack, style, tables

INPUTS = "runs, sweep folders with their points, or a table with area.units.UNIT.total_mm2 or area.PART_mm2"
PARTS = {"sram": style.BLUE, "logic": style.ORANGE}


def options(add):
    add("--label", metavar="COLUMN", help="names of the bars [the keys that vary]")
    add("--by", choices=["unit", "part"], default="unit", help="[%(default)s]")


def numbers(frame, options):
    areas = stack.by_unit(frame, "area", "total_mm2") if options.by == "unit" else _by_part(frame)
    table = areas.loc[:, areas.fillna(0).gt(0).any()].fillna(0).add_suffix("_mm2")
    return pd.concat([tables.names(frame, options.label).rename("bar"), table], axis=1)


def _by_part(frame):
    return pd.DataFrame({part: tables.numeric(frame, f"area.{part}_mm2") for part in PARTS})


def draw(table, options):
    areas = table.drop(columns="bar").rename(columns=lambda c: labels.words(c.removesuffix("_mm2")))
    colors = PARTS if options.by == "part" else {"others": style.BLACK}
    drawing, axes = stack.draw(table["bar"], areas, options, "area (mm²)", colors)
    style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing
