"""Bands: beside a number NAME of a table stand NAME_low and NAME_high, the least and the most that the shipped tables make of it.

A run states them under `bands` of its summary.json, so far over the kinds of memory cells. Arithmetic between numbers with bands
takes all of them at the same end, low with low and high with high: two machines are compared with the same cells, not the best
cells of one with the worst of the other. That holds for energies with their leakage, which decides what is least and most.
"""

from functools import reduce

ENDS = ("low", "high")


def columns(name):
    return [name, *(f"{name}_{end}" for end in ENDS)]


def is_end(name, names):
    """Whether it is the end of the band of another one of `names`."""
    return any(name == f"{other}_{end}" for end in ENDS if (other := name.removesuffix(f"_{end}")) in names)


def of_summary(summary):
    """The metrics of a summary.json and the ends of their bands, by column."""
    found = {}
    for name, metric in summary["metrics"].items():
        band = summary.get("bands", {}).get(name)
        found |= {name: metric["value"]} | ({f"{name}_{end}": band[end] for end in ENDS} if band else {})
    return found


def at(frame, end):
    """The table with each number that has a band at that end of it."""
    ends = {name: frame[f"{name}_{end}"].fillna(frame[name]) for name in frame if f"{name}_{end}" in frame}
    return frame.assign(**ends)


def of(value, *frames):
    """value(*frames), and the least and the most of it at both ends of the bands of `frames`: three columns of numbers."""
    import numpy as np  # not needed to read a band

    found = [value(*tables) for tables in (frames, *([at(frame, end) for frame in frames] for end in ENDS))]
    return found[0], reduce(np.minimum, found), reduce(np.maximum, found)


def text(values, form=".2f"):
    """`4.92 (4.92–18.6)`: a number, and its band where it has one that is wider than what is shown."""
    value, low, high = (format(number, form) for number in values)
    return value if low == high else f"{value} ({low}–{high})"
