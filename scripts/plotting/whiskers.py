"""Whiskers: the bands of numbers in a drawing, from columns NAME_low and NAME_high of its table."""

import pandas as pd

from scripts.base import bands
from scripts.plotting import style

LOOK = {"ecolor": style.BLACK, "elinewidth": 0.6, "capsize": 1.5, "capthick": 0.6, "alpha": 0.7}


def of(table, name):
    """How far the ends of the band are from the number, below and above, none where they are no distance; None without a band."""
    low, high = bands.columns(name)[1:]
    if low not in table or (table[low] == table[high]).all():
        return None
    without = table[low] == table[high]
    return [length.mask(without) for length in (table[name] - table[low], table[high] - table[name])]


def draw(axes, table, x, y):
    """Through the points of `table`."""
    lengths = {"xerr": of(table, x), "yerr": of(table, y)}
    if any(length is not None for length in lengths.values()):
        axes.errorbar(table[x], table[y], fmt="none", **lengths, **LOOK)


def reached(table, with_whiskers, name):
    """All values of a column of `table` and the ends of the bands of the rows `with_whiskers`."""
    ends = [with_whiskers[column] for column in bands.columns(name) if column in with_whiskers]
    return pd.concat([table[name], *ends])
