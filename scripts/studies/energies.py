"""Energies and powers of a study's machines, with their bands, and with and without leakage side by side."""

import numpy as np
import pandas as pd

from scripts.base import bands


def without_leakage(frame):
    """uJ."""
    return frame["energy_dynamic_uj"] + frame["energy_clock_uj"]


# The name of a ratio -> what it is taken of, from the columns that a run has in a table.
RATIOS = {
    "energy_ratio": lambda frame: frame["energy_total_uj"],
    "energy_ratio_without_leakage": without_leakage,
    "power_ratio": lambda frame: frame["average_power_mw"],
    "power_ratio_without_leakage": lambda frame: without_leakage(frame) / frame["time_us"],
}
BANDED = ["energy_total_uj", "energy_dynamic_uj", "energy_clock_uj", "energy_leakage_uj", "average_power_mw"]
METRICS = [column for name in BANDED for column in bands.columns(name)]  # of a table that shows them all


def ratios(theirs, ours, names=tuple(RATIOS)):
    """`theirs` over `ours`, row by row, each with its band: columns `names` of RATIOS.

    Leakage decides which cells take least and most energy, in all machines the same ones: both have the ends of their bands with the
    same cells. Without leakage one machine's best cells may be the other's worst, so that the band holds all pairs of ends.
    """
    columns = {}
    for name in names:
        value = RATIOS[name]
        if name.endswith("_without_leakage"):
            found = _of_all_pairs(bands.of(value, theirs), bands.of(value, ours))
        else:
            found = bands.of(lambda one, other: value(one) / value(other), theirs, ours)
        columns |= dict(zip(bands.columns(name), found))
    return pd.DataFrame(columns)


def _of_all_pairs(theirs, ours):
    """Of a machine over itself, which the equal bands tell, 1."""
    same = np.logical_and.reduce([one == other for one, other in zip(theirs, ours)])
    ends = (theirs[1] / ours[2]).mask(same, 1.0), (theirs[2] / ours[1]).mask(same, 1.0)
    return theirs[0] / ours[0], *ends


def text(row, name, form=".2f"):
    """A number of a row of a table with its band, for a page."""
    return bands.text([row[column] for column in bands.columns(name)], form)
