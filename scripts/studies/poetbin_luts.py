"""How many tables, and 6-input tables, a classifier needs."""

import numpy as np
import pandas as pd

LUT6_INPUTS = 6


def lut6(inputs):
    """6-input tables of which one with this many inputs is made; none for a constant."""
    inputs = np.asarray(inputs)
    return np.where(inputs > 0, 2.0 ** np.maximum(0, inputs - LUT6_INPUTS), 0)


def rows_of(name, program):
    """A row a level: tables as trained; their 6-input tables, and these when constant pins are removed."""
    for level in program.levels:
        live = (level.sources >= 0).sum(axis=1)
        yield {
            "program": name,
            "level": level.name,
            "fan_in": level.fan_in,
            "luts": level.luts,
            "lut6": int(level.luts * lut6(level.fan_in)),
            "lut6_without_constant_pins": int(lut6(live).sum()),
        }


def table(programs):
    return pd.DataFrame([row for name, program in programs.items() for row in rows_of(name, program)])
