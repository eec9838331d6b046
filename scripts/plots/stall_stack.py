"""Where the MAC-cycles of the array went, one bar a machine.

/usr/bin/python3 -m scripts.plots.stall_stack summary.csv [-o FOLDER]
"""

import pandas as pd

from scripts.plots import command, style

# Label, columns of stalls.csv that it adds up (without _mac_cycles), colour.
CAUSES = [
    ("useful", ["sparse_macs", "dense_macs"], style.BLUE),
    ("fillers", ["fillers"], style.SKY),
    ("imbalance", ["imbalance"], style.RED),
    ("load", ["load_stalls", "weight_stalls"], style.ORANGE),
    ("conflicts", ["conflict_stalls"], style.BLACK),
    ("edge", ["edge_idle"], style.PURPLE),
    ("issue, drain, reduce", ["issue", "drain", "reduce"], style.YELLOW),
    ("write port", ["output_stalls"], style.GREEN),
    ("barrier", ["barrier"], style.GREY),
]


def shares(summary):
    """A row a step of the ladder, over many lengths: percent of its MAC-cycles by cause, and its cycles."""
    many = summary["source_tokens"].isna() & (summary["vocabulary"] > 0)
    rows = summary[many & (summary["group"] == "ladder")].set_index("config")
    whole = rows["mac_cycles"]
    table = {
        label: 100 * rows[[f"{column}_mac_cycles" for column in columns]].sum(axis=1) / whole
        for label, columns, _ in CAUSES
    }
    return pd.DataFrame(table | {"cycles": rows["cycles"]}).reset_index()


def draw_bars(axes, table):
    left = pd.Series(0.0, table.index)
    for label, _, color in CAUSES:
        if table[label].max() > 0:
            look = {"color": color, "edgecolor": "white", "linewidth": 0.3}
            axes.barh(table["config"], table[label], 0.7, left=left, label=label, **look)
            left = left + table[label]


def write_cycles(axes, table):
    """At the end of each bar: how long it is in truth."""
    place = {"textcoords": "offset points", "va": "center", "fontsize": 6.5, "annotation_clip": False}
    texts = ["cycles", *(f"{cycles / 1e6:,.4g} M" for cycles in table["cycles"])]
    for y, text in zip([-0.75, *range(len(table))], texts):
        axes.annotate(text, (100, y), (3, 0), **place)


def draw(summary, folder):
    table = shares(summary)
    drawing, axes = style.figure(2.4)
    draw_bars(axes, table)
    write_cycles(axes, table)
    axes.set_xlim(0, 100)
    axes.invert_yaxis()
    axes.set_xlabel("share of MAC-cycles (%)")
    style.legend_below(axes, axes, 4, 0.22)
    style.save(drawing, table, folder, "stall-stack")


if __name__ == "__main__":
    command.run(draw, __doc__.split("\n")[0])
