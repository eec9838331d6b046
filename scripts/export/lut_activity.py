"""What changes in a LUT program from one input to the next, counted plainly: outputs, pins, LUT6 inside wide tables.

Zero delay: of a signal only its final value for each input counts. Pins that are constant do not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.export.lut_evaluation import signals
from scripts.export.lut_program import ONE, ZERO, LutLevel, LutProgram

LUT6_INPUTS = 6
CHUNK = 500  # inputs at a time


@dataclass(frozen=True)
class LevelActivity:
    """Changes of one level in all transitions together."""

    name: str
    luts: int
    output_toggles: int
    pin_toggles: int
    inner_toggles: int  # outputs of the LUT6 of which each table is made; P <= 6: as output_toggles
    changed_luts: int  # tables with at least one pin that changed


@dataclass(frozen=True)
class Activity:
    transitions: int
    input_toggles: int
    score_toggles: int  # of the outputs' bits
    levels: list[LevelActivity]

    @property
    def output_toggles(self) -> int:
        return sum(level.output_toggles for level in self.levels)


def activity(program: LutProgram, inputs: np.ndarray) -> Activity:
    """Of consecutive rows of bits uint8[S, F]."""
    parts = [
        _activity(program, inputs[begin : begin + CHUNK + 1])
        for begin in range(0, len(inputs) - 1, CHUNK)
    ]
    return Activity(
        sum(part.transitions for part in parts),
        sum(part.input_toggles for part in parts),
        sum(part.score_toggles for part in parts),
        [_sum(levels) for levels in zip(*(part.levels for part in parts))],
    )


def _sum(levels: tuple[LevelActivity, ...]) -> LevelActivity:
    counts = np.sum([list(vars(level).values())[2:] for level in levels], axis=0)
    return LevelActivity(levels[0].name, levels[0].luts, *map(int, counts))


def _activity(program: LutProgram, inputs: np.ndarray) -> Activity:
    values = signals(program, inputs)
    changes = values[:, 1:] ^ values[:, :-1]
    levels = [
        _level_activity(level, values, changes, program.first_signal(k))
        for k, level in enumerate(program.levels)
    ]
    return Activity(
        len(inputs) - 1,
        int(changes[: program.inputs].sum()),
        int(changes[program.outputs].sum()),
        levels,
    )


def _level_activity(
    level: LutLevel, values: np.ndarray, changes: np.ndarray, first: int
) -> LevelActivity:
    outputs = changes[first : first + level.luts]
    pins = changes[level.sources]  # [M, P, transitions]; constants never change
    inner = _inner_outputs(level, values)
    return LevelActivity(
        level.name,
        level.luts,
        int(outputs.sum()),
        int(pins.sum()),
        int((inner[..., 1:] != inner[..., :-1]).sum()),
        int(pins.any(axis=1).sum()),
    )


def _inner_outputs(level: LutLevel, values: np.ndarray) -> np.ndarray:
    """uint8[2^(P-6), M, S]: pins 0 to 5 address each LUT6, the others select among them.

    0 for a LUT6 that a constant pin never selects.
    """
    low = min(level.fan_in, LUT6_INPUTS)
    address = np.zeros((level.luts, values.shape[1]), np.int64)
    for pin in range(low):
        address |= values[level.sources[:, pin]].astype(np.int64) << pin
    parts = level.table_bits().reshape(level.luts, -1, 1 << low)
    exists = _selectable(level.sources[:, low:])
    return np.stack(
        [
            np.take_along_axis(parts[:, i], address, axis=1) * exists[:, i, np.newaxis]
            for i in range(parts.shape[1])
        ]
    )


def _selectable(selects: np.ndarray) -> np.ndarray:
    """bool[M, 2^pins]: whether these pins can select each place, with some of them constant."""
    place = np.arange(1 << selects.shape[1])
    result = np.ones((len(selects), len(place)), bool)
    for pin in range(selects.shape[1]):
        wanted = place >> pin & 1
        result &= ~((selects[:, [pin]] == ZERO) & (wanted == 1))
        result &= ~((selects[:, [pin]] == ONE) & (wanted == 0))
    return result
