"""LUT programs: what is written is read again, every broken rule is named, vectors are proved."""

import copy
from pathlib import Path

import numpy as np
import pytest

from scripts.export import inspect, lut_evaluation, safetensors
from scripts.export.errors import TraceError
from scripts.export.lut_file import check, metadata_of, read_program, tensors_of, write_program
from scripts.export.lut_program import (
    ONE,
    ZERO,
    LutLevel,
    LutProgram,
    LutVectors,
    pack_rows,
    unpack_rows,
)
from scripts.export.metadata import Origin
from scripts.models.poetbin.make_tiny_program import make_program

TRACES = Path(__file__).parents[2] / "workloads/traces"
TINY = TRACES / "tiny-luts.safetensors"
ORIGIN = Origin("test", "numpy", "test", "random", "none")


def plain_signals(program, row):
    """Signal by signal and pin by pin."""
    values = list(row)
    for level in program.levels:
        earlier = list(values)
        for sources, table in zip(level.sources.tolist(), level.tables.tolist()):
            bits = [{ZERO: 0, ONE: 1}.get(s, earlier[s] if s >= 0 else None) for s in sources]
            address = sum(bit << pin for pin, bit in enumerate(bits))
            values.append(table[address // 8] >> (address % 8) & 1)
    return values


def plain_score(program, values, signals):
    bits = [{ZERO: 0, ONE: 1}.get(s, values[s]) for s in signals]
    number = sum(bit << place for place, bit in enumerate(bits))
    return number - (bits[-1] << len(bits)) if program.signed_scores else number


def random_program(seed):
    """Any number of levels, any fan-in, pins and outputs that read anything earlier."""
    random = np.random.default_rng(seed)
    inputs, levels = int(random.integers(1, 20)), []
    for k in range(random.integers(1, 6)):
        first = inputs + sum(level.luts for level in levels)
        luts, fan_in = random.integers(1, 12), random.integers(1, 13)
        sources = random.integers(-2, first, (luts, fan_in), np.int32)
        tables = pack_rows(random.integers(0, 2, (luts, 1 << fan_in)))
        levels.append(LutLevel(f"level{k}", sources, tables))
    signals = inputs + sum(level.luts for level in levels)
    outputs = random.integers(-2, signals, random.integers(1, 6, 2), np.int32)
    signed = bool(random.integers(2))
    return LutProgram("random", inputs, levels, outputs, ORIGIN, signed_scores=signed)


def test_program_is_what_its_definition_says_pin_by_pin():
    for seed in range(150):
        program = random_program(seed)
        rows = np.random.default_rng(seed).integers(0, 2, (9, program.inputs), np.uint8)
        values = lut_evaluation.signals(program, rows)
        scores = lut_evaluation.all_scores(program, pack_rows(rows))
        for i, row in enumerate(rows.tolist()):
            plain = plain_signals(program, row)
            assert values[:-2, i].tolist() == plain, seed
            expected = [plain_score(program, plain, signals) for signals in program.outputs.tolist()]
            assert scores[i].tolist() == expected, seed


def test_random_programs_are_read_as_they_were_written(tmp_path):
    for seed in range(20):
        program, path = random_program(seed), tmp_path / f"{seed}.safetensors"
        write_program(path, program)
        read = read_program(path)
        assert metadata_of(read) == metadata_of(program)
        found, written = tensors_of(read), tensors_of(program)
        assert found.keys() == written.keys()
        assert all(np.array_equal(found[name], written[name]) for name in written)


def test_committed_tiny_program_is_what_its_script_makes():
    program = make_program()
    data = safetensors.to_bytes(metadata_of(program), tensors_of(program))
    assert data == TINY.read_bytes()


def test_tiny_program_has_what_tests_elsewhere_rely_on():
    program = read_program(TINY)
    assert [level.name for level in program.levels] == ["trees", "mat1", "mat2", "scores"]
    assert {level.fan_in for level in program.levels} == {3}
    assert all((program.levels[k].sources == ZERO).any() for k in (1, 2))
    assert not (program.levels[0].sources == program.inputs - 1).any()
    assert program.vectors.scores.min() < 0 < program.vectors.scores.max()
    assert len(program.vectors.levels[0]) < len(program.vectors.inputs)


def test_digits_program_classifies_as_its_report_says():
    program = read_program(TRACES / "digits-luts.safetensors")
    lut_evaluation.verify_vectors(program, "digits")
    found = lut_evaluation.all_scores(program, program.vectors.inputs).argmax(axis=1)
    assert np.sum(found == program.vectors.labels) == 351  # of 360: 97.50 %
    assert [level.luts for level in program.levels] == [2552, 319, 80, 80]


@pytest.fixture
def program():
    """The tiny program, free to be changed."""
    return copy.deepcopy(make_program())


def refused(program, message):
    with pytest.raises(TraceError, match=message) as error:
        check(program, "file.safetensors")
    assert str(error.value).startswith("file.safetensors: ")


@pytest.mark.parametrize(
    "level, lut, pin, signal, message",
    [
        (0, 3, 1, 21, r"level 0 \(trees\): LUT 3, pin 1 reads signal 21; use -2 to 20"),
        (1, 2, 0, 71, r"level 1 \(mat1\): LUT 2, pin 0 reads signal 71; .* keeps loops out"),
        (1, 2, 0, 92, "a level reads inputs and earlier levels"),
        (3, 14, 2, 1 << 30, r"level 3 \(scores\): LUT 14, pin 2 reads signal 1073741824"),
        (0, 0, 0, -3, "reads signal -3; use -2 to 20"),
    ],
)
def test_loops_and_pins_to_nowhere_are_named(program, level, lut, pin, signal, message):
    program.levels[level].sources[lut, pin] = signal
    refused(program, message)


def test_output_of_no_signal_is_named(program):
    program.outputs[2, 4] = 116
    refused(program, "outputs: class 2, bit 4 is signal 116; use -2 to 115")


def test_tables_of_a_wrong_size_are_named(program):
    program.levels[1].tables = np.zeros((23, 2), np.uint8)
    refused(program, r"tensor level.1.tables is U8 \[23, 2\]; expected U8 \[23, 1\]")


def test_bits_behind_a_table_and_behind_a_vector_are_named(program):
    program.vectors.inputs[5, 2] |= 0x20
    refused(program, "inputs: vector 5 has bits set behind its 21 bits")
    small = LutLevel("small", np.array([[0, 1]], np.int32), np.array([[0x10]], np.uint8))
    two = LutProgram("two", 2, [small], np.array([[2]], np.int32), ORIGIN)
    refused(two, r"level 0 \(small\): table: LUT 0 has bits set behind its 4 bits")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda p: setattr(p, "inputs", 0), "inputs is 0; use a whole number from 1 to 65536"),
        (lambda p: setattr(p, "inputs", 65537), "inputs is 65537"),
        (lambda p: setattr(p, "levels", []), "levels must be a list of 1 to 256"),
        (lambda p: setattr(p.levels[0], "name", "Trees"), "name 'Trees'; use a-z, then"),
        (lambda p: setattr(p.levels[0], "name", 65 * "a"), "up to 63 of a-z"),
        (lambda p: setattr(p, "stimulus", ""), "say where the vectors come from"),
        (lambda p: setattr(p.levels[0], "name", "mat1"), "name 'mat1' stands twice"),
        (lambda p: setattr(p.levels[0], "label_names", ["a", "b", "a"]), "name 'a' stands twice"),
        (lambda p: setattr(p.levels[0], "label_names", list("abcde")), "at most 4 names"),
        (lambda p: setattr(p, "signed_scores", 1), "signed_scores must be true or false"),
        (lambda p: setattr(p, "stimulus", None), "stimulus must be a text"),
        (lambda p: setattr(p.levels[0], "labels", None), "level.0.labels is missing"),
        (lambda p: setattr(p.vectors, "scores", None), "vectors.scores is missing"),
        (lambda p: p.vectors.levels.__setitem__(0, p.vectors.levels[0][:3]), "tensor vectors.level.1 is "),
        (lambda p: p.vectors.levels.append(p.vectors.inputs), "vectors.level.4 belongs to no level"),
        (lambda p: p.vectors.scores.__setitem__((0, 0), 16), "vectors.scores: use -16 to 15"),
        (lambda p: p.vectors.labels.__setitem__(0, 3), "vectors.labels: use 0 to 2"),
        (
            lambda p: setattr(p.levels[0], "sources", np.zeros((48, 13), np.int32)),
            "level 0: fan_in is 13; use a whole number from 1 to 12",
        ),
    ],
)
def test_other_broken_rules_are_named(program, change, message):
    change(program)
    refused(program, message)


def test_more_vectors_with_levels_than_vectors_are_refused(program):
    program.vectors.levels = [np.zeros((71, -(-v.luts // 8)), np.uint8) for v in program.levels]
    refused(program, r"vectors.level.0 is U8 \[71, 6\]; expected U8 \[70, 6\]")


def test_broken_program_is_not_written(tmp_path, program):
    program.levels[0].sources[0, 0] = 99
    with pytest.raises(TraceError):
        write_program(tmp_path / "p.safetensors", program)
    assert not list(tmp_path.iterdir())


def test_inspect_shows_and_proves_a_program(capsys):
    assert inspect.main([str(TINY)]) == 0
    out = capsys.readouterr().out
    assert "    1 mat1                   23       3         184   50.00  21 of 69" in out
    assert "verified: 210 scores, every level of 50 vectors" in out


def test_inspect_names_the_first_stored_value_that_differs(tmp_path, program, capsys):
    path = tmp_path / "p.safetensors"
    stored = program.vectors.scores[60, 1]
    program.vectors.scores[60, 1] = stored ^ 1
    write_program(path, program)
    assert inspect.main([str(path)]) == 1
    message = f"scores: vector 60, class 1: {stored ^ 1} is stored, the tables give {stored}"
    assert message in capsys.readouterr().err
    program.vectors.scores[60, 1] = stored
    program.vectors.levels[2][49, 1] ^= 1
    write_program(path, program)
    assert inspect.main([str(path)]) == 1
    assert "level 2 (mat2): vector 49, LUT 8: " in capsys.readouterr().err


def test_packed_rows_have_their_first_bit_lowest():
    bits = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 0, 1]])
    assert pack_rows(bits).tolist() == [[1, 2]]
    assert unpack_rows(pack_rows(bits), 10).tolist() == bits.tolist()


def test_a_program_without_vectors_is_one_too(tmp_path, capsys, program):
    program.vectors = None
    write_program(tmp_path / "p.safetensors", program)
    assert inspect.main([str(tmp_path / "p.safetensors")]) == 0
    assert "verified: nothing: the program has no vectors" in capsys.readouterr().out


def test_vectors_may_come_without_levels_and_labels(tmp_path, program):
    program.vectors = LutVectors(program.vectors.inputs, program.vectors.scores)
    write_program(tmp_path / "p.safetensors", program)
    read = read_program(tmp_path / "p.safetensors")
    assert read.vectors.levels == [] and read.vectors.labels is None
