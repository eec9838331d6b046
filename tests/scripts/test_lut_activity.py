"""Activity of LUT programs, against counting signal by signal."""

from pathlib import Path

import numpy as np
import pytest

from scripts.export.lut_activity import activity
from scripts.export.lut_file import read_program
from scripts.export.lut_program import ONE, ZERO, LutLevel, LutProgram, pack_rows, unpack_rows
from scripts.export.metadata import Origin
from test_export_luts import plain_signals, random_program

TRACES = Path(__file__).parents[2] / "workloads/traces"


def plain_lut6(sources, bits, values):
    """Outputs of the LUT6 of one table: the first six live pins go to all of them, the others select one."""
    live = [pin for pin, s in enumerate(sources) if s >= 0]
    outputs = []
    for number in range(2 ** max(0, len(live) - 6) if live else 0):
        chosen = {pin: values[s] if s >= 0 else int(s == ONE) for pin, s in enumerate(sources)}
        chosen |= {pin: number >> i & 1 for i, pin in enumerate(live[6:])}
        outputs.append(bits[sum(bit << pin for pin, bit in chosen.items())])
    return outputs


def plain_counts(program, rows):
    """Of each level: tables with a changed pin, and by live pins the toggles of outputs, of live pins, of LUT6."""
    values = [plain_signals(program, row) for row in rows.tolist()]
    counts, first = [], program.inputs
    for level in program.levels:
        changed, by_pins = 0, np.zeros((level.fan_in + 1, 3), int)
        bits = level.table_bits().tolist()
        for before, after in zip(values, values[1:]):
            for lut, sources in enumerate(level.sources.tolist()):
                moved = sum(before[s] != after[s] for s in sources if s >= 0)
                changed += moved > 0
                inner = zip(*(plain_lut6(sources, bits[lut], v) for v in (before, after)))
                by_pins[sum(s >= 0 for s in sources)] += (
                    before[first + lut] != after[first + lut],
                    moved,
                    sum(one != other for one, other in inner),
                )
        counts.append((changed, by_pins.tolist()))
        first += level.luts
    return counts


def test_counts_are_those_of_a_plain_reader_across_chunks(monkeypatch):
    monkeypatch.setattr("scripts.export.lut_activity.CHUNK", 4)
    for seed in range(60):
        program = random_program(seed)
        rows = np.random.default_rng(seed).integers(0, 2, (11, program.inputs), np.uint8)
        found = activity(program, rows)
        expected = plain_counts(program, rows)
        assert [(v.changed_luts, v.by_pins.tolist()) for v in found.levels] == expected, seed
        for level, (_, by_pins) in zip(found.levels, expected):
            assert (level.output_toggles, level.pin_toggles, level.inner_toggles) == tuple(np.sum(by_pins, axis=0))
        assert found.transitions == 10
        assert found.input_toggles == int((rows[1:] != rows[:-1]).sum())
        assert found.output_toggles == sum(level.output_toggles for level in found.levels)


def wide(sources, table, inputs=8):
    level = LutLevel("wide", np.array([sources], np.int32), pack_rows(np.array([table])))
    return LutProgram("wide", inputs, [level], np.array([[inputs]], np.int32), Origin(*"abcde"))


def test_lut6_inside_a_wide_table_change_when_the_table_does_not():
    """Four LUT6 that copy pin 0, inverted in the second: all four change, one is seen."""
    table = [bit ^ (block == 1) for block in range(4) for bit in [0, 1] * 32]
    rows = np.array([[0] * 8, [1] + [0] * 7, [1] + [0] * 5 + [1, 0]], np.uint8)
    found = activity(wide(range(8), table), rows).levels[0]
    assert (found.inner_toggles, found.output_toggles, found.pin_toggles) == (4, 2, 2)


@pytest.mark.parametrize("constant, blocks", [(ZERO, (0, 1)), (ONE, (2, 3))])
def test_lut6_that_a_constant_pin_never_selects_do_not_exist(constant, blocks):
    table = [bit & (block in blocks) for block in range(4) for bit in [0, 1] * 32]
    rows = np.array([[0] * 8, [1] + [0] * 7], np.uint8)
    found = activity(wide([*range(7), constant], table), rows).levels[0]
    assert found.inner_toggles == 2
    assert found.by_pins[7].tolist() == [1, 1, 2] and found.by_pins.sum() == 4
    none = activity(wide([*range(7), -3 - constant], table), rows).levels[0]
    assert none.inner_toggles == 0


def test_constant_pins_anywhere_leave_fewer_lut6():
    """Three live pins, of which two stand where LUT6 are selected: one LUT6, whose output is the table's."""
    table = [bin(address).count("1") % 2 for address in range(256)]
    rows = np.array([[0] * 8, [1] + [0] * 7, [1, 1] + [0] * 6], np.uint8)
    found = activity(wide([ZERO, 0, ONE, ZERO, ONE, ZERO, 1, 2], table), rows).levels[0]
    assert found.by_pins[3].tolist() == [2, 2, 2] and found.by_pins.sum() == 6


def test_small_tables_are_one_lut6_each():
    program = read_program(TRACES / "tiny-luts.safetensors")
    found = activity(program, unpack_rows(program.vectors.inputs, program.inputs))
    for level in found.levels:
        assert level.inner_toggles == level.output_toggles > 0
    assert found.score_toggles == found.levels[-1].output_toggles
