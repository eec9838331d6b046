"""Splits look-up tables of more than twelve inputs into cascades of smaller ones (docs/lut-program.md).

    /usr/bin/python3 -m scripts.export.split_luts WIDE.safetensors -o PROGRAM.safetensors

WIDE is a LUT program but for levels of up to 20 inputs a table. By Shannon's expansion over the highest pins, a table of
P inputs becomes 2^(P - 12) tables of 12, and multiplexers that choose among eight by three pins. Equal tables are made
once, constant ones become constants. Every table is proved equal to its cascade on all its addresses, the program on
all its vectors.
Exit codes: 0 written, 1 a program or file is wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from scripts.base import terminal
from scripts.export import lut_rules
from scripts.export.errors import TraceError
from scripts.export.lut_evaluation import verify_vectors
from scripts.export.lut_file import read_program, write_program
from scripts.export.lut_program import ONE, ZERO, LutLevel, LutProgram, LutVectors, pack_rows

MOST_INPUTS = 20  # of a table that is split
SELECTS = 3  # pins by which a multiplexer chooses: 8 + 3 = 11 inputs


def multiplexer(selects: int) -> np.ndarray:
    """uint8[2^(2^selects + selects)]: pins 0 … 2^selects - 1 are chosen from by the pins above them."""
    addresses = np.arange(1 << ((1 << selects) + selects))
    return (addresses >> (addresses >> (1 << selects)) & 1).astype(np.uint8)


class _Level:
    """Tables of one fan-in; each is there once."""

    def __init__(self, name: str, fan_in: int, first: int, merge: bool = True):
        self.name, self.fan_in, self.first, self.merge = name, fan_in, first, merge
        self.found: dict[tuple, int] = {}
        self.pins: list[list[int]] = []
        self.tables: list[np.ndarray] = []

    def add(self, pins: list[int], table: np.ndarray) -> int:
        """The signal of the table."""
        key = (tuple(pins), table.tobytes())
        if not self.merge or key not in self.found:
            self.found[key] = self.first + len(self.pins)
            self.pins.append(pins)
            self.tables.append(table)
        return self.found[key]

    def level(self) -> LutLevel | None:
        if not self.pins:
            return None
        return LutLevel(self.name, np.array(self.pins, np.int32), pack_rows(np.array(self.tables)))


def _part(level: _Level, pins: list[int], table: np.ndarray) -> int:
    if table.min() == table.max():
        return ONE if table[0] else ZERO
    return level.add(pins, table)


def split_level(level: LutLevel, first: int, fan_in: int = lut_rules.MAX_FAN_IN) -> list[LutLevel]:
    """Levels that compute the same, the last one LUT for LUT; `first` is the signal of the first new LUT."""
    high = level.fan_in - fan_in
    parts = _Level(f"{level.name[:50]}_parts", fan_in, first)
    chosen = [
        [_part(parts, pins[:fan_in], part) for part in bits.reshape(1 << high, 1 << fan_in)]
        for pins, bits in zip(level.sources.tolist(), level.table_bits())
    ]
    found = [made] if (made := parts.level()) else []
    first += len(parts.pins)
    for step, pin in enumerate(range(fan_in, level.fan_in, SELECTS)):
        selects = min(SELECTS, level.fan_in - pin)
        last = pin + selects == level.fan_in
        name = level.name if last else f"{level.name[:50]}_choice{step}"
        table, width = multiplexer(selects), 1 << selects
        here = _Level(name, width + selects, first, merge=not last)
        chosen = [
            [
                _choose(here, of_lut[i : i + width], pins[pin : pin + selects], table, last)
                for i in range(0, len(of_lut), width)
            ]
            for of_lut, pins in zip(chosen, level.sources.tolist())
        ]
        found += [made] if (made := here.level()) else []
        first += len(here.pins)
    found[-1].label_names, found[-1].labels = level.label_names, level.labels
    return found


def _choose(level: _Level, parts: list[int], pins: list[int], table: np.ndarray, last: bool) -> int:
    if len(set(parts)) == 1 and not last:  # whatever the pins say
        return parts[0]
    return level.add(parts + pins, table)


def split(program: LutProgram, fan_in: int = lut_rules.MAX_FAN_IN) -> LutProgram:
    """The same program without tables of more than `fan_in` inputs; TraceError when a proof fails."""
    moved = np.arange(-2, program.first_signal(len(program.levels)), dtype=np.int64)
    levels: list[LutLevel] = []
    expected = program.vectors.levels if program.vectors else []
    kept: list[np.ndarray | None] = []
    first = program.inputs
    for k, level in enumerate(program.levels):
        sources = moved[level.sources + 2].astype(np.int32)
        level = LutLevel(level.name, sources, level.tables, level.label_names, level.labels)
        new = split_level(level, first, fan_in) if level.fan_in > fan_in else [level]
        if level.fan_in > fan_in:
            _prove(level, new, first)
        first += sum(part.luts for part in new)
        begin = program.first_signal(k) + 2
        moved[begin : begin + level.luts] = np.arange(first - level.luts, first)
        levels += new
        kept += [None] * (len(new) - 1) + [expected[k] if expected else None]
    _refuse_equal_names(levels)
    vectors = program.vectors
    if vectors:
        known = kept if expected else []
        vectors = LutVectors(vectors.inputs, vectors.scores, known, vectors.labels)
    outputs = moved[program.outputs + 2].astype(np.int32)
    result = LutProgram(program.name, program.inputs, levels, outputs, program.origin, program.stimulus)
    result.signed_scores, result.vectors = program.signed_scores, vectors
    verify_vectors(result, program.name)
    return result


def _refuse_equal_names(levels: list[LutLevel]) -> None:
    for name, times in Counter(level.name for level in levels).items():
        if times > 1:
            raise TraceError(f"level {name!r} would stand twice; rename the level of this name")


def _prove(level: LutLevel, new: list[LutLevel], first: int) -> None:
    """Each LUT over all addresses: its pins, made inputs of their own, in place of what they read."""
    addresses = np.arange(1 << level.fan_in)
    bits = (addresses[:, None] >> np.arange(level.fan_in) & 1).astype(np.uint8)
    for lut, table in enumerate(level.table_bits()):
        values = {ZERO: np.zeros(len(bits), np.uint8), ONE: np.ones(len(bits), np.uint8)}
        own = dict(zip(level.sources[lut].tolist(), range(level.fan_in)))
        possible = np.ones(len(bits), bool)  # one signal at several pins has one value
        for pin, signal in enumerate(level.sources[lut].tolist()):
            value = values[signal] if signal < 0 else bits[:, own[signal]]
            possible &= bits[:, pin] == value
        values |= {signal: bits[:, pin] for signal, pin in own.items() if signal >= 0}
        found = _output(new, first, len(new) - 1, lut, values)
        wrong = np.flatnonzero((found != table) & possible)
        if len(wrong):
            raise TraceError(f"level {level.name!r}, LUT {lut}: address {wrong[0]} gives another output when split")


def _output(levels: list[LutLevel], first: int, k: int, lut: int, values: dict[int, np.ndarray]) -> np.ndarray:
    begins = first + np.cumsum([0, *(level.luts for level in levels)])
    address = np.zeros(len(values[ZERO]), np.int64)
    for pin, signal in enumerate(levels[k].sources[lut].tolist()):
        if signal not in values:
            of = int(np.searchsorted(begins, signal, "right")) - 1
            values[signal] = _output(levels, first, of, signal - int(begins[of]), values)
        address |= values[signal].astype(np.int64) << pin
    return levels[k].table_bits()[lut][address]


def cost(before: LutProgram, after: LutProgram) -> str:
    """In LUTs and LUT6 as lockstep counts them, all pins taken."""

    def counts(program: LutProgram) -> str:
        luts = sum(level.luts for level in program.levels)
        lut6 = sum(level.luts << max(0, level.fan_in - 6) for level in program.levels)
        return f"{len(program.levels)} levels, {luts} LUTs, {lut6} LUT6"

    return f"{counts(before)}; split: {counts(after)}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(
        prog="python3 -m scripts.export.split_luts", description=__doc__, formatter_class=form
    )
    parser.add_argument("wide", type=Path, help="program with wide tables")
    parser.add_argument("-o", "--output", type=Path, required=True, help="program to write")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        wide = read_program(options.wide, MOST_INPUTS)
        narrow = split(wide)
        write_program(options.output, narrow)
    except (OSError, TraceError) as error:
        terminal.say(f"error: {error}")
        return 1
    terminal.show(f"wrote {options.output}: {cost(wide, narrow)}")
    return 0


if __name__ == "__main__":
    terminal.run("split_luts", main)
