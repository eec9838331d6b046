"""One or more numbers against another, a line a series: sensitivities, scaling, curves."""

from scripts.plotting import labels, style, tables

INPUTS = "sweeps, runs or any table"


def options(add):
    add("--x", required=True, metavar="COLUMN")
    add("--y", required=True, nargs="+", metavar="COLUMN", help="several: one panel each")
    add("--series", metavar="COLUMN", help="a line for each of its values")
    add("--panels", metavar="COLUMN", help="a panel for each of its values")
    add("--log", default="", choices=["", "x", "y", "xy"], help="logarithmic axes")
    add("--band", nargs=3, metavar=("LOW", "HIGH", "TEXT"), help="a grey band of y, as published values")
    add("--x-label", metavar="TEXT", help="[from the column's name]")
    add("--y-label", nargs="+", metavar="TEXT", help="one a panel [from the column's name]")
    add("--y-from-zero", action="store_true")


def numbers(frame, options):
    keys = [c for c in (options.panels, options.series) if c]
    table = frame[[]].assign(**{c: tables.column(frame, c) for c in keys})
    for name in (options.x, *options.y):
        table[name] = tables.numeric(frame, name)
    table = table[table[options.x].notna()]
    tables.unique(frame.loc[table.index].assign(**table), [*keys, options.x], "place of a line")
    return table


def draw(table, options):
    panels = _panels(table, options)
    height = (options.height or 1.9) * len(panels)
    shared = {"sharex": True, "sharey": len(options.y) == 1, "squeeze": False}
    drawing, grid = style.figure(height, nrows=len(panels), **shared)
    for axes, (rows, y, title) in zip(grid[:, 0], panels):
        _draw_panel(axes, rows, y, options)
        axes.set_title(title, loc="left")
    for axes, label in zip(grid[:, 0], _y_labels(options, len(panels))):
        axes.set_ylabel(label)
    grid[-1, 0].set_xlabel(labels.axis(options.x, options.x_label))
    if options.series:
        style.legend_below(drawing, *grid[0, 0].get_legend_handles_labels())
    return drawing


def _panels(table, options):
    """Rows, y column and title of each."""
    values = table[options.panels].unique() if options.panels else [None]
    found = []
    for value in values:
        rows = table if value is None else table[table[options.panels] == value]
        text = "" if value is None else tables.shown(value)
        found += [(rows, y, options.renames.get(text, text)) for y in options.y]
    return found


def _y_labels(options, count):
    given = options.y_label or [None] * len(options.y)
    return [labels.axis(y, text) for y, text in zip(options.y, given)] * (count // len(options.y))


def _draw_panel(axes, rows, y, options):
    series = rows[options.series].unique() if options.series else [None]
    for number, name in enumerate(series):
        line = rows if name is None else rows[rows[options.series] == name]
        line = line.sort_values(options.x, kind="stable")
        text = "" if name is None else tables.shown(name)
        axes.plot(line[options.x], line[y], label=options.renames.get(text, text), **style.look(number))
    _draw_band(axes, options)
    style.scale(axes.xaxis, rows[options.x], "x" in options.log)
    style.scale(axes.yaxis, rows[y], "y" in options.log)
    axes.grid(axis="y", linewidth=0.3, color=style.GREY)
    if options.y_from_zero:
        axes.set_ylim(bottom=0)


def _draw_band(axes, options):
    if not options.band:
        return
    low, high, text = float(options.band[0]), float(options.band[1]), options.band[2]
    axes.axhspan(low, high, color=style.GREY, alpha=0.6, linewidth=0, zorder=0)
    place = {"xycoords": ("axes fraction", "data"), "ha": "left", "va": "center", "fontsize": style.SMALL}
    axes.annotate(" " + text, (0, (low + high) / 2), **place)
