"""How many times better each step of a ladder is than its first, and the factor of the step."""

from scripts.plotting import labels, style, tables

INPUTS = "a table with a row a step, in order, and a number that each step improves"
BAR_ROOM = 0.78


def options(add):
    add("--label", required=True, metavar="COLUMN", help="names of the steps")
    add("--value", required=True, metavar="COLUMN", help="ratio over the first step; more is better")
    add("--series", metavar="COLUMN", help="a ladder for each of its values")
    add("--published", type=float, metavar="VALUE", help="a dashed line")
    add("--x-label", metavar="TEXT", help="[from the column's name]")


def numbers(frame, options):
    keys = [options.series] if options.series else []
    table = frame[[]].assign(**{c: tables.column(frame, c) for c in keys})
    table[options.label] = tables.names(frame, options.label)
    tables.unique(frame.assign(**table), [*keys, options.label], "step")
    table[options.value] = tables.numeric(frame, options.value)
    before = table.groupby(keys)[options.value].shift() if keys else table[options.value].shift()
    table["factor"] = (table[options.value] / before).fillna(1.0)
    return table.sort_values(keys, ascending=False, kind="stable") if keys else table


def draw(table, options):
    series = list(table[options.series].unique()) if options.series else [None]
    steps = list(table[options.label].unique())
    drawing, axes = style.figure(options.height or 0.7 + 0.17 * len(series) * len(steps))
    for number, name in enumerate(series):
        rows = table if name is None else table[table[options.series] == name]
        _draw_series(axes, rows, steps, number, len(series), options)
    _draw_published(axes, options.published)
    _scale(axes, [*table[options.value], options.published or 1])
    axes.set_yticks(range(len(steps)), [options.renames.get(step, step) for step in steps])
    axes.invert_yaxis()
    axes.set_xlabel(labels.axis(options.value, options.x_label))
    if options.series:
        style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing


def _draw_series(axes, rows, steps, number, count, options):
    text = tables.shown(rows[options.series].iloc[0]) if options.series else ""
    bar = BAR_ROOM / count
    places = [steps.index(step) + bar * (number - (count - 1) / 2) for step in rows[options.label]]
    look = {"label": options.renames.get(text, text), "color": style.SERIES[number % len(style.SERIES)]}
    axes.barh(places, rows[options.value] - 1, bar, left=1, **look)
    for y, value, factor in zip(places, rows[options.value], rows["factor"]):
        text = f"{value:.1f}" + (f"  (×{factor:.2f})" if factor != 1 else "")
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # hides the line behind the text
        place = {"textcoords": "offset points", "va": "center", "fontsize": style.SMALL}
        axes.annotate(text, (value, y), (3, 0), bbox=paper, **place)


def _draw_published(axes, published):
    if published is None:
        return
    axes.axvline(published, color=style.BLACK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
    place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "fontsize": style.SMALL}
    axes.annotate(f"published: {published:.1f}", (published, 1.0), annotation_clip=False, **place)


def _scale(axes, values):
    style.scale(axes.xaxis, style.ticks_between(1, max(values)), True)
    axes.set_xlim(1, 3.2 * max(values))
