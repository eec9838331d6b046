"""Throughput of each step of a ladder over its first, and the factor of each step.

/usr/bin/python3 -m scripts.plots.ladder ratios.csv [-o FOLDER]
"""

import pandas as pd

from scripts.plots import command, style

PUBLISHED = 19.00  # J. Park et al., MLSys 2020, abstract: throughput over the baseline custom hardware
SERIES = [("with output projection", style.BLUE), ("without output projection", style.ORANGE)]
BAR = 0.38


def steps(ratios):
    """A row a step and series, over many lengths: speed-up over the baseline, factor over the step before."""
    rows = ratios[(ratios["group"] == "ladder") & ratios["source_tokens"].isna()]
    table = pd.DataFrame({"step": rows["config"], "speedup": rows["throughput_ratio"]})
    table["series"] = (rows["vocabulary"] == 0).map({False: SERIES[0][0], True: SERIES[1][0]})
    before = table.groupby("series")["speedup"].shift()
    table["factor"] = (table["speedup"] / before).fillna(1.0)
    return table[["series", "step", "speedup", "factor"]]


def draw_series(axes, rows, offset, label, color):
    positions = [i + offset for i in range(len(rows))]
    axes.barh(positions, rows["speedup"] - 1, BAR, left=1, label=label, color=color)
    for y, speedup, factor in zip(positions, rows["speedup"], rows["factor"]):
        text = f"{speedup:.1f}" + (f"  (×{factor:.2f})" if factor != 1 else "")
        place = {"textcoords": "offset points", "va": "center", "fontsize": 6.5}
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # hides the line behind the text
        axes.annotate(text, (speedup, y), (3, 0), bbox=paper, **place)


def draw(ratios, folder):
    table = steps(ratios)
    drawing, axes = style.figure(2.5)
    for (label, color), offset in zip(SERIES, (-BAR / 2, BAR / 2)):
        draw_series(axes, table[table["series"] == label], offset, label, color)
    axes.axvline(PUBLISHED, color=style.BLACK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
    place = {"ha": "center", "va": "bottom", "fontsize": 6.5, "annotation_clip": False}
    axes.annotate(f"published: {PUBLISHED:.1f}", (PUBLISHED, -0.72), **place)
    axes.set_xscale("log")
    axes.set_xlim(1, 3.2 * max(PUBLISHED, table["speedup"].max()))
    axes.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    axes.minorticks_off()
    names = table["step"].unique()
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("throughput over the baseline (factor of the step)")
    style.legend_below(axes, axes, 2, 0.2)
    style.save(drawing, table, folder, "ladder")


if __name__ == "__main__":
    command.run(draw, __doc__.split("\n")[0])
