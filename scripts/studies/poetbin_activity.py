"""What changes in a classifier's tables from one input to the next, under different inputs."""

import numpy as np
import pandas as pd

from scripts.export.lut_activity import activity
from scripts.export.lut_program import unpack_rows

RANDOM_SEED = 1
RANDOM_ROWS = 500
SHIFTED_SAMPLES = 10
TEST_ORDER, RANDOM, SHIFTED = "test images in order", "random bits", "test images, shifted in"


def stimuli(program):
    """Rows of bits by name. Shifted: one bit a clock, the first feature first; a window of all features a row."""
    rows = unpack_rows(program.vectors.inputs, program.inputs)
    stream = rows[: SHIFTED_SAMPLES + 1].ravel()
    random = np.random.default_rng(RANDOM_SEED)
    return {
        TEST_ORDER: rows,
        RANDOM: random.integers(0, 2, (RANDOM_ROWS, program.inputs), np.uint8),
        SHIFTED: np.lib.stride_tricks.sliding_window_view(stream, program.inputs),
    }


def rows_of(name, program):
    """A row a level and stimulus; numbers per transition, which of the shifted stimulus is a clock."""
    for stimulus, inputs in stimuli(program).items():
        found = activity(program, inputs)
        for level in found.levels:
            yield {
                "program": name,
                "stimulus": stimulus,
                "level": level.name,
                "luts": level.luts,
                "transitions": found.transitions,
                "input_toggles": found.input_toggles / found.transitions,
                "ones_density": inputs.mean(),
                "output_toggles": level.output_toggles / found.transitions,
                "toggle_rate": level.output_toggles / found.transitions / level.luts,
                "pin_toggles": level.pin_toggles / found.transitions,
                "inner_toggles": level.inner_toggles / found.transitions,
                "changed_luts": level.changed_luts / found.transitions,
            }


def table(programs):
    return pd.DataFrame([row for name, program in programs.items() for row in rows_of(name, program)])
