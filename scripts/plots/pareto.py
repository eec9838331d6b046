"""Designs that no other beats in two numbers, named, among all designs; whiskers: the bands of those designs."""

import pandas as pd

from scripts.plotting import labels, style, tables, whiskers

INPUTS = "sweeps or any table, a row a design"
MOST_NAMED = 10
LETTERS = "abcdefghij"
BELOW = {"xytext": (-2, -1), "ha": "right", "va": "top"}
ABOVE = {"xytext": (2, 1), "ha": "left", "va": "bottom"}


def options(add):
    add("--x", required=True, metavar="COLUMN")
    add("--y", required=True, metavar="COLUMN")
    add("--x-best", choices=["min", "max"], default="min", help="which is better [%(default)s]")
    add("--y-best", choices=["min", "max"], default="min", help="which is better [%(default)s]")
    add("--label", nargs="+", metavar="COLUMN", help="names of the designs [the keys that vary]")
    add("--series", metavar="COLUMN", help="colours")
    add("--log", default="", choices=["", "x", "y", "xy"], help="logarithmic axes")
    add("--x-label", metavar="TEXT", help="[from the column's name]")
    add("--y-label", metavar="TEXT", help="[from the column's name]")


def numbers(frame, options):
    table = frame[[]].assign(design=_names(frame, options.label))
    table["series"] = tables.names(frame, options.series) if options.series else ""
    for name in (options.x, options.y):
        table[name] = tables.numeric(frame, name)
        table = table.assign(**tables.band(frame, name))
    table["on_front"] = front(table[options.x], table[options.y], options)
    return table.sort_values(["on_front", options.x], ascending=[False, True], kind="stable")


def _names(frame, columns):
    if not columns:
        return tables.names(frame)
    parts = [tables.names(frame, name) for name in columns]
    return parts[0].str.cat(parts[1:], sep=" / ") if parts[1:] else parts[0]


def front(x, y, options):
    """True where no other point is at least as good in both and better in one; equal points stay or go together."""
    signed = pd.DataFrame({"x": x if options.x_best == "min" else -x, "y": y if options.y_best == "min" else -y})
    distinct = signed.drop_duplicates().sort_values(["x", "y"])
    kept = distinct[distinct["y"] < distinct["y"].cummin().shift(fill_value=float("inf"))]
    return signed.apply(tuple, axis=1).isin(set(kept.itertuples(index=False, name=None)))


def draw(table, options):
    drawing, axes = style.figure(options.height or 2.3)
    for number, name in enumerate(sorted(table["series"].unique(), key=tables.natural)):
        rows = table[table["series"] == name]
        look = style.look(number) | {"linestyle": "none", "markersize": 2.6, "alpha": 0.75, "markeredgewidth": 0}
        axes.plot(rows[options.x], rows[options.y], label=options.renames.get(name, name), **look)
    best = table[table["on_front"]]
    whiskers.draw(axes, best, options.x, options.y)
    steps = "steps-post" if options.x_best == options.y_best == "min" else "default"
    look = {"color": style.BLACK, "linewidth": 0.8, "drawstyle": steps, "zorder": 0}
    axes.plot(best[options.x], best[options.y], label="front", **look)
    _name_points(axes, best, options)
    for axis, name in ((axes.xaxis, options.x), (axes.yaxis, options.y)):
        style.scale(axis, _ends(whiskers.reached(table, best, name)), axis.axis_name in options.log)
    axes.set_xlabel(labels.axis(options.x, options.x_label))
    axes.set_ylabel(labels.axis(options.y, options.y_label))
    handles, texts = axes.get_legend_handles_labels()
    shown = [(h, t) for h, t in zip(handles, texts) if t]
    style.legend_below(drawing, *zip(*shown))
    return drawing


def _ends(values):
    return style.ticks_between(values.min(), values.max()) if values.min() > 0 else values


def _name_points(axes, best, options):
    """Letters at the points, at most ten evenly along the front; their names become legend entries."""
    step = max(1, -(-len(best) // MOST_NAMED))
    for number, (letter, (_, row)) in enumerate(zip(LETTERS, best.iloc[::step].iterrows())):
        side = BELOW if number % 2 == 0 else ABOVE  # neighbours do not write over each other
        axes.annotate(letter, (row[options.x], row[options.y]), textcoords="offset points", fontsize=style.SMALL, **side)
        axes.plot([], [], label=f"{letter}: {row['design']}", linestyle="none")
