"""A number over any two axes of a grid, its band below it."""

import numpy as np

from scripts.base import bands
from scripts.plotting import labels, style, tables

INPUTS = "sweeps or any table with one row a pair of values"
ROW_INCHES = 0.27
MOST_WRITTEN = 10  # columns: with more the numbers do not fit into the cells


def options(add):
    add("--x", required=True, metavar="COLUMN")
    add("--y", required=True, metavar="COLUMN")
    add("--value", required=True, metavar="COLUMN", help="the colour")
    add("--x-label", metavar="TEXT", help="[from the column's name]")
    add("--y-label", metavar="TEXT", help="[from the column's name]")
    add("--value-label", metavar="TEXT", help="[from the column's name]")


def numbers(frame, options):
    table = frame[[]].assign(**{name: tables.column(frame, name) for name in (options.x, options.y)})
    table[options.value] = tables.numeric(frame, options.value)
    table = table.assign(**tables.band(frame, options.value))
    tables.unique(frame.assign(**table), [options.x, options.y], "cell")
    return table


def draw(table, options):
    grid, *ends = (_grid(table, name, options) for name in bands.columns(options.value) if name in table)
    drawing, axes = style.figure(options.height or 0.6 + ROW_INCHES * len(grid) * (2 if ends else 1))
    colours = axes.pcolormesh(np.ma.masked_invalid(grid.to_numpy()), cmap="cividis", edgecolors="white", linewidth=0.4)
    axes.set_facecolor(style.GREY)  # cells without a row
    axes.set_xticks(np.arange(grid.shape[1]) + 0.5, [tables.shown(value) for value in grid.columns])
    axes.set_yticks(np.arange(grid.shape[0]) + 0.5, [tables.shown(value) for value in grid.index])
    axes.tick_params(length=0)
    axes.set_xlabel(labels.axis(options.x, options.x_label))
    axes.set_ylabel(labels.axis(options.y, options.y_label))
    bar = drawing.colorbar(colours, ax=axes, pad=0.02)
    bar.set_label(labels.axis(options.value, options.value_label))
    bar.outline.set_linewidth(0.4)
    if grid.shape[1] <= MOST_WRITTEN:
        _write_numbers(axes, grid, colours, ends)
    return drawing


def _grid(table, name, options):
    return table.pivot(index=options.y, columns=options.x, values=name)


def _write_numbers(axes, grid, colours, ends):
    """With the ends of the bands below the numbers."""
    for (row, column), value in np.ndenumerate(grid.to_numpy()):
        if np.isfinite(value):
            dark = colours.norm(value) < 0.55
            look = {"color": "white" if dark else "black", "fontsize": style.SMALL, "ha": "center", "va": "center"}
            band = "–".join(style.brief(end.iat[row, column]) for end in ends)
            axes.text(column + 0.5, row + 0.5, style.brief(value) + (f"\n{band}" if band else ""), **look)
