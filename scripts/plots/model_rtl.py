"""Cycles of the model against those of the RTL, with the error."""

import numpy as np

from scripts.plotting import style, tables

INPUTS = "a table with a row a case: a number of the model and the same number of the RTL"


def options(add):
    add("--model", default="model", metavar="COLUMN", help="[%(default)s]")
    add("--rtl", default="rtl", metavar="COLUMN", help="[%(default)s]")
    add("--label", metavar="COLUMN", help="names of the cases, for the CSV")
    add("--series", metavar="COLUMN", help="colours")
    add("--unit", default="cycles", help="[%(default)s]")
    add("--linear", action="store_true", help="linear axes; else logarithmic")


def numbers(frame, options):
    table = frame[[]].assign(case=tables.names(frame, options.label))
    table["series"] = tables.names(frame, options.series) if options.series else ""
    table["model"], table["rtl"] = tables.numeric(frame, options.model), tables.numeric(frame, options.rtl)
    table["error_percent"] = 100 * (table["model"] / table["rtl"] - 1)
    return table


def draw(table, options):
    drawing, axes = style.figure(options.height or 2.6)
    ends = [table[["model", "rtl"]].min().min(), table[["model", "rtl"]].max().max()]
    axes.plot(ends, ends, color=style.GREY, linewidth=0.8, zorder=0)
    for number, (name, rows) in enumerate(table.groupby("series", sort=False)):
        look = style.look(number) | {"linestyle": "none", "markerfacecolor": "none"}
        if number >= len(style.SERIES):  # colours and markers repeat: filled, behind the others
            look |= {"markerfacecolor": look["color"], "zorder": 1}
        axes.plot(rows["rtl"], rows["model"], label=options.renames.get(name, name), **look)
    for axis in (axes.xaxis, axes.yaxis):
        style.scale(axis, ends if options.linear else style.ticks_between(*ends), not options.linear)
    axes.set_xlabel(f"RTL ({options.unit})")
    axes.set_ylabel(f"model ({options.unit})")
    place = {"xycoords": "axes fraction", "va": "top", "fontsize": style.SMALL}
    axes.annotate(_verdict(table["error_percent"]), (0.03, 0.97), **place)
    if options.series:
        style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing


def _verdict(errors):
    equal = int((errors == 0).sum())
    worst = errors.iloc[int(np.argmax(errors.abs()))]
    return f"{len(errors)} cases, {equal} equal\nmean absolute error {errors.abs().mean():.3g} %\nworst {worst:+.3g} %"
