"""How many times faster than a baseline, in groups, with the geometric mean of the groups; whiskers: bands."""

import numpy as np
import pandas as pd

from scripts.base import bands
from scripts.plotting import labels, style, tables, whiskers
from scripts.plotting.errors import PlotError

INPUTS = "sweeps, runs or any table: a row a group (as a workload) and label (as a machine)"
MEAN = "geometric mean"
ENDS = bands.columns("value")[1:]
ROOM = 0.8  # of the place of a group
PLOT_INCHES = 2.8  # width of the axes


def options(add):
    add("--group", required=True, metavar="COLUMN", help="places on the axis, as workload")
    add("--label", required=True, metavar="COLUMN", help="the bars of a group, as machine")
    add("--value", required=True, metavar="COLUMN", help="cycles, time or energy; less is better")
    add("--more-is-better", action="store_true", help="of the value")
    add("--baseline", metavar="LABEL", help="bars that the others are divided by; without: values are drawn as they are")
    add("--no-mean", action="store_true", help="no geometric mean")
    add("--log", action="store_true")
    add("--y-label", metavar="TEXT", help="[speed-up over the baseline]")


def numbers(frame, options):
    table = frame[[]].assign(group=tables.names(frame, options.group), label=tables.names(frame, options.label))
    table["value"] = tables.numeric(frame, options.value)
    tables.unique(frame.assign(**table), ["group", "label"], "bar")
    table = _with_ratios(table.assign(**dict(zip(ENDS, tables.band(frame, options.value).values()))), options)
    if options.baseline:
        table = table[table["label"] != options.baseline]
    if options.no_mean or table["group"].nunique() < 2:
        return table
    means = table.groupby("label", sort=False)["ratio"].agg(lambda ratios: np.exp(np.log(ratios).mean()))
    return pd.concat([table, pd.DataFrame({"group": MEAN, "label": means.index, "ratio": means.values})])


def _with_ratios(table, options):
    ratio, *ends = bands.of(lambda at: _ratios(at, options), table)
    banded = dict(zip(bands.columns("ratio")[1:], ends)) if set(ENDS) <= set(table) else {}
    return table.assign(ratio=ratio, **banded)


def _ratios(table, options):
    if not options.baseline:
        return table["value"]
    base = table[table["label"] == options.baseline].set_index("group")["value"]
    if base.empty:
        raise PlotError(f"--baseline {options.baseline}: not one of {', '.join(table['label'].unique())}")
    missing = sorted(set(table["group"]) - set(base.index))
    if missing:
        raise PlotError(f"--baseline {options.baseline}: has no row for {', '.join(missing)}")
    ratio = table["value"] / table["group"].map(base)
    return ratio if options.more_is_better else 1 / ratio


def draw(table, options):
    groups, bars = list(table["group"].unique()), list(table["label"].unique())
    drawing, axes = style.figure(options.height or 2.1)
    for number, name in enumerate(bars):
        rows = table[table["label"] == name]
        places = [groups.index(group) + ROOM / len(bars) * (number - (len(bars) - 1) / 2) for group in rows["group"]]
        _draw_bars(axes, places, rows, number, len(groups), ROOM / len(bars), options.renames.get(name, name))
    style.names_below(axes, [options.renames.get(group, group) for group in groups])
    if options.log:
        highest = whiskers.reached(table, table, "ratio").max()
        style.scale(axes.yaxis, style.ticks_between(min(1, table["ratio"].min()), highest), True)
        axes.set_ylim(bottom=min(1, table["ratio"].min() / 1.5))
    axes.margins(y=0.16)
    axes.set_ylabel(_label(options))
    style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing


def _draw_bars(axes, places, rows, number, groups, width, name):
    band = {"yerr": whiskers.of(rows, "ratio"), "error_kw": whiskers.LOOK}
    look = {"color": style.SERIES[number % len(style.SERIES)], "label": name}
    drawn = axes.bar(places, rows["ratio"], 0.92 * width, **look, **band)
    inches = width * PLOT_INCHES / groups
    if inches > 0.1:  # else not even upright numbers fit
        texts = [style.brief(value) for value in rows["ratio"]]
        axes.bar_label(drawn, texts, fontsize=style.SMALL, padding=2, rotation=0 if inches > 0.25 else 90)


def _label(options):
    if options.y_label or not options.baseline:
        return labels.axis(options.value, options.y_label)
    return f"over {options.renames.get(options.baseline, options.baseline)} (times)"
