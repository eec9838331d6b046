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
    """Changes of one level in all transitions together.

    by_pins: int64[P + 1, 3], by the number n of a table's live pins: changes of outputs, of live pins,
    and of the LUT6 of which each table is made, 2^(n - 6), or one up to six live pins.
    """

    name: str
    luts: int
    changed_luts: int  # tables with at least one pin that changed
    by_pins: np.ndarray

    @property
    def output_toggles(self) -> int:
        return int(self.by_pins[:, 0].sum())

    @property
    def pin_toggles(self) -> int:
        return int(self.by_pins[:, 1].sum())

    @property
    def inner_toggles(self) -> int:
        return int(self.by_pins[:, 2].sum())


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
    changed = sum(level.changed_luts for level in levels)
    by_pins = np.sum([level.by_pins for level in levels], axis=0)
    return LevelActivity(levels[0].name, levels[0].luts, changed, by_pins)


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
    pins = changes[level.sources]  # [M, P, transitions]; constants never change
    inner = _inner_outputs(level, values)
    of_lut = np.stack(
        [
            changes[first : first + level.luts].sum(axis=1, dtype=np.int64),
            pins.sum(axis=(1, 2), dtype=np.int64),
            (inner[..., 1:] != inner[..., :-1]).sum(axis=(0, 2)),
        ],
        axis=1,
    )
    by_pins = np.zeros((level.fan_in + 1, of_lut.shape[1]), np.int64)
    np.add.at(by_pins, live_pins(level), of_lut)
    return LevelActivity(level.name, level.luts, int(pins.any(axis=1).sum()), by_pins)


def live_pins(level: LutLevel) -> np.ndarray:
    """int[M]: how many pins of each table are no constants."""
    return (level.sources >= 0).sum(axis=1)


def _inner_outputs(level: LutLevel, values: np.ndarray) -> np.ndarray:
    """uint8[2^(P-6), M, S]: the first six live pins address each LUT6, the others select among them.

    0 for a LUT6 that a table with fewer live pins does not have.
    """
    sources, tables = _live_pins_first(level)
    low = min(level.fan_in, LUT6_INPUTS)
    address = np.zeros((level.luts, values.shape[1]), np.int64)
    for pin in range(low):
        address |= values[sources[:, pin]].astype(np.int64) << pin
    parts = tables.reshape(level.luts, -1, 1 << low)
    return np.stack(
        [np.take_along_axis(parts[:, i], address, axis=1) for i in range(parts.shape[1])]
    )


def _live_pins_first(level: LutLevel) -> tuple[np.ndarray, np.ndarray]:
    """int32[M, P] and uint8[M, 2^P]: the same tables, constants 0 behind the live pins.

    An entry whose address needs one of these constants to be 1 is 0.
    """
    order = np.argsort(level.sources < 0, axis=1, kind="stable")
    sources = np.take_along_axis(level.sources, order, axis=1)
    places = np.arange(1 << level.fan_in)
    old = np.zeros((level.luts, len(places)), np.int64)
    for pin in range(level.fan_in):
        live, one = sources[:, [pin]] >= 0, sources[:, [pin]] == ONE
        old |= np.where(live, places >> pin & 1, one) << order[:, [pin]]
    exists = places < (1 << live_pins(level))[:, np.newaxis]
    tables = np.take_along_axis(level.table_bits(), old, axis=1) * exists
    return np.where(sources < 0, ZERO, sources), tables
