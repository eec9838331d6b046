"""How figures look: one column of a paper, colours that colour-blind readers tell apart, vector output."""

import io
import os
import textwrap

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scripts.base import csv_cells, output_file

COLUMN_INCHES = 3.4
LETTERS_ACROSS = 48  # along an axis, as tick labels
SMALL = 6.5  # points, the smallest text
_KINDS = {
    "pdf": {"metadata": {"CreationDate": None}},
    "svg": {"metadata": {"Date": None}},
    "png": {"metadata": {"Software": None}, "dpi": 220},
}
SUFFIXES = (*_KINDS, "csv")

# M. Okabe and K. Ito, "Color universal design", 2008.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, YELLOW, PURPLE, GREY, BLACK = "#56B4E9", "#F0E442", "#CC79A7", "#BBBBBB", "#000000"
SERIES = [BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK]  # of lines and points, in this order
FILLS = [BLUE, RED, ORANGE, GREEN, SKY, PURPLE, YELLOW, GREY, BLACK]  # of stacked bars
MARKERS = "osD^vPX"

plt.rcParams.update(
    {
        "font.size": 7.5,
        "axes.labelsize": 7.5,
        "axes.titlesize": 7.5,
        "legend.fontsize": SMALL,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.2,
        "lines.markersize": 3.5,
        "legend.frameon": False,
        "pdf.fonttype": 42,
        "svg.hashsalt": "lockstep",
    }
)


def figure(height_inches, **options):
    return plt.subplots(figsize=(COLUMN_INCHES, height_inches), constrained_layout=True, **options)


def look(number):
    """Colour and marker of a series; they repeat together after seven, with dashes and empty markers."""
    again = {"linestyle": "--", "markerfacecolor": "white"} if number >= len(SERIES) else {}
    return {"color": SERIES[number % len(SERIES)], "marker": MARKERS[number % len(MARKERS)]} | again


def legend_below(drawing, handles, labels, title=None):
    """A legend under the whole drawing, as wide as the column allows; the drawing grows by its height."""
    for columns in range(len(labels), 0, -1):
        place = {"loc": "lower center", "ncol": columns, "borderaxespad": 0.1, "title": title}
        legend = drawing.legend(handles, labels, columnspacing=1, handlelength=1.4, **place)
        box = legend.get_window_extent(drawing.canvas.get_renderer())
        if columns == 1 or box.width <= drawing.bbox.width:
            break
        legend.remove()
    above = drawing.get_figheight()
    share = box.height / (box.height + drawing.bbox.height)
    drawing.set_figheight(above / (1 - share))
    drawing.get_layout_engine().set(rect=(0, share, 1, 1 - share))


def names_below(axes, names):
    """Names of the places 0, 1, … of the x axis: in lines that fit, or slanted when a word does not."""
    room = max(1, LETTERS_ACROSS // len(names) - 1)
    fit = all(len(word) <= room for name in names for word in name.split())
    turned = {} if fit else {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    texts = [textwrap.fill(name, room) for name in names] if fit else names
    axes.set_xticks(range(len(names)), texts, **turned)


def scale(axis, values, logarithmic):
    """Ticks of a numeric axis (axes.xaxis or axes.yaxis): plain numbers, at the values where these are few."""
    getattr(axis.axes, f"set_{axis.axis_name}scale")("log" if logarithmic else "linear")
    distinct = sorted(set(values))
    if logarithmic and 2 <= len(distinct) <= 9:
        axis.set_major_locator(FixedLocator(distinct))
    elif logarithmic:
        axis.set_major_locator(FixedLocator(ticks_between(distinct[0], distinct[-1])))
    if logarithmic:
        axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def ticks_between(low, high):
    """1, 2, 5, 10, … from below `low` to above `high`; more within a decade, only powers of ten over three."""
    ratio = high / low
    steps = (1, 1.5, 2, 3, 4, 5, 7) if ratio < 10 else (1, 2, 5) if ratio < 1000 else (1,)
    found = [step * 10.0**power for power in range(-15, 16) for step in steps]
    below = max((tick for tick in found if tick <= low * 1.0001), default=found[0])
    above = min((tick for tick in found if tick >= high * 0.9999), default=found[-1])
    return [tick for tick in found if below <= tick <= above]


def number(value):
    """As short as four digits allow: 0.25, 12.5, 2048, 3.2 M."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if abs(value) >= factor:
            shown = value / (1e3 if unit == "k" else factor)
            return f"{shown:.4g} {unit}"
    return f"{value:.4g}"


def brief(value):
    """Three digits, for numbers written into a drawing."""
    return number(float(f"{value:.3g}"))


def break_cut_labels(drawing):
    """Breaks names of vertical axes that would run out of the drawing into lines as long as their axis."""
    drawing.draw_without_rendering()
    for axes in drawing.axes:
        label = axes.yaxis.label
        box = label.get_window_extent()
        if box.y0 < drawing.bbox.y0 or box.y1 > drawing.bbox.y1:
            letters = int(len(label.get_text()) * axes.bbox.height / box.height)
            label.set_text(textwrap.fill(label.get_text(), max(1, letters)))


def settle(drawing):
    """Fixes the places that the layout found, rounded: the last digits of its solver differ from run to run."""
    drawing.draw_without_rendering()
    drawing.set_layout_engine("none")
    for axes in drawing.axes:
        axes.set_position([round(edge, 6) for edge in axes.get_position(original=True).bounds])


def save(drawing, data, folder, name):
    """Writes the drawing as PDF, SVG and PNG, its numbers beside it; without a date, so equal data give equal files."""
    break_cut_labels(drawing)
    settle(drawing)
    for kind, options in _KINDS.items():
        content = io.BytesIO()
        drawing.savefig(content, format=kind, **options)
        output_file.write(folder / f"{name}.{kind}", content.getvalue())
    numbers = io.StringIO()
    csv_cells.write_frame(data, numbers, float_format="%.6g")
    output_file.write(folder / f"{name}.csv", numbers.getvalue())
    plt.close(drawing)


def refuse_foreign(folder, name):
    """OSError when a file of somebody else has one of the names: what stands beside a PDF of ours was drawn with it."""
    pdf = folder / f"{name}.pdf"
    output_file.refuse_foreign(pdf, b"Matplotlib", "a figure", begin=1 << 26)
    for kind in SUFFIXES:
        beside = folder / f"{name}.{kind}"
        if not pdf.exists() and os.path.lexists(beside):
            raise output_file.ForeignFile(0, "exists and belongs to no figure; choose another --name", str(beside))
