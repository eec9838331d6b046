"""Horizontal stacked bars, one a row of a table."""

import pandas as pd

from scripts.plotting import style
from scripts.plotting.errors import PlotError

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


def by_unit(frame, block, ending, small_share=0.01):
    """The columns BLOCK.units.UNIT.ENDING, named by unit; units of less than the share in every row are drawn together."""
    found = [c for c in frame if c.startswith(f"{block}.units.") and c.endswith(f".{ending}")]
    if not found:
        raise PlotError(f"no columns {block}.units.UNIT.{ending}: give the folder of a run or sweep, or use --by part")
    values = frame[found].astype(float).set_axis([c.split(".")[2] for c in found], axis=1)
    small = values.div(values.sum(axis=1), axis=0).max() < small_share
    if small.sum() < 2:
        return values
    return values.loc[:, ~small].assign(others=values.loc[:, small].sum(axis=1))


def write_at_ends(axes, ends, head, texts):
    """A text right of each bar, under a heading."""
    place = {"textcoords": "offset points", "va": "center", "fontsize": style.SMALL, "annotation_clip": False}
    for y, (end, text) in enumerate(zip([max(ends), *ends], [head, *texts]), -1):
        axes.annotate(text, (end, y if y >= 0 else -0.75), (3, 0), **place)
