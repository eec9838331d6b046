"""Horizontal stacked bars, one a row of a table."""

import pandas as pd

from scripts.plotting import style

BAR_INCHES, EDGES_INCHES = 0.27, 0.65


def draw(names, parts, options, label, colors=None):
    """`parts`: a column a part, a row a bar, both in order. Returns drawing and axes."""
    drawing, axes = style.figure(options.height or EDGES_INCHES + BAR_INCHES * len(names))
    left = pd.Series(0.0, parts.index)
    for number, part in enumerate(parts):
        color = (colors or {}).get(part, style.FILLS[number % len(style.FILLS)])
        look = {"color": color, "edgecolor": "white", "linewidth": 0.3, "hatch": "////" * (number // len(style.FILLS))}
        axes.barh(range(len(names)), parts[part], 0.7, left=left, label=options.renames.get(part, part), **look)
        left = left + parts[part]
    axes.set_yticks(range(len(names)), [options.renames.get(name, name) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(label)
    return drawing, axes


def write_at_ends(axes, ends, head, texts):
    """A text right of each bar, under a heading."""
    place = {"textcoords": "offset points", "va": "center", "fontsize": style.SMALL, "annotation_clip": False}
    for y, (end, text) in enumerate(zip([max(ends), *ends], [head, *texts]), -1):
        axes.annotate(text, (end, y if y >= 0 else -0.75), (3, 0), **place)
