"""Speed-up over the baseline against sentence length, one line a step of the ladder.

/usr/bin/python3 -m scripts.plots.speedup_over_length ratios.csv [-o FOLDER]
"""

from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from scripts.plots import command, style

LOOKS = list(zip("os^Dv", [style.SKY, style.GREEN, style.ORANGE, style.BLUE, style.RED]))
PUBLISHED = (16.01, 19.00)  # J. Park et al., MLSys 2020, abstract: latency and throughput over the baseline
TICKS = [1, 2, 5, 10, 20, 50, 100]


def draw_panel(axes, rows, title):
    axes.axhspan(*PUBLISHED, color=style.GREY, alpha=0.6, linewidth=0, zorder=0)
    for name, (marker, color) in zip(rows["config"].unique(), LOOKS):
        line = rows[rows["config"] == name].sort_values("source_tokens")
        look = {"marker": marker, "markersize": 3.2, "color": color}
        axes.plot(line["source_tokens"], line["latency_ratio"], label=name, **look)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(TICKS))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axes.grid(axis="y", linewidth=0.3, color=style.GREY)
    axes.set_title(title, loc="left")
    axes.set_ylabel("speed-up (times)")


def draw(ratios, folder):
    above = ratios["config"] != ratios["config"].iloc[0]  # the baseline, 1 everywhere, is not drawn
    table = ratios[(ratios["group"] == "ladder") & ratios["source_tokens"].notna() & above]
    table = table[["vocabulary", "source_tokens", "config", "latency_ratio"]]
    drawing, panels = style.figure(3.6, nrows=2, sharex=True, sharey=True)
    draw_panel(panels[0], table[table["vocabulary"] > 0], "with output projection")
    draw_panel(panels[1], table[table["vocabulary"] == 0], "without output projection")
    panels[1].set_xlabel("sentence length n = T (tokens)")
    place = {"xycoords": ("axes fraction", "data"), "ha": "left", "va": "center", "fontsize": 6}
    for axes in panels:
        axes.annotate(" published", (0, sum(PUBLISHED) / 2), **place)
    style.legend_below(panels[1], panels[1], 4, 0.3)
    style.save(drawing, table, folder, "speedup-over-length")


if __name__ == "__main__":
    command.run(draw, __doc__.split("\n")[0])
