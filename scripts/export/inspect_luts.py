"""Shows what a LUT program holds and proves its vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scripts.base import terminal
from scripts.export.lut_evaluation import verify_vectors
from scripts.export.lut_file import read_program
from scripts.export.lut_program import LutLevel, LutProgram

COLUMNS = "{:>5s} {:16s} {:>8s} {:>7s} {:>11s} {:>7s}  {}"
TITLE = COLUMNS.format("level", "name", "LUTs", "inputs", "table bits", "ones %", "constant pins")


def summary(program: LutProgram, file_bytes: int) -> Iterator[str]:
    yield f"{program.name}: {program.origin.model}"
    yield "  from {framework} by {exporter}, licence {licence}".format(**vars(program.origin))
    signed = "signed" if program.signed_scores else "unsigned"
    yield (
        f"  {program.inputs} inputs, {program.classes} classes, "
        f"{program.score_bits}-bit {signed} scores"
    )
    yield f"  {file_bytes} bytes"
    yield TITLE
    for k, level in enumerate(program.levels):
        yield row(k, level)
    yield f"{sum(level.luts for level in program.levels)} LUTs"
    if program.vectors is not None:
        yield from vector_lines(program)


def row(number: int, level: LutLevel) -> str:
    bits = level.table_bits()
    constant = f"{np.count_nonzero(level.sources < 0)} of {level.sources.size}"
    ones = f"{100 * bits.mean():.2f}"
    sizes = (str(level.luts), str(level.fan_in), str(bits.size))
    return COLUMNS.format(str(number), level.name, *sizes, ones, constant)


def stored_levels(program: LutProgram) -> tuple[int, str]:
    """Vectors with outputs of levels, and of which levels."""
    known = [rows for rows in program.vectors.levels if rows is not None]
    if len(known) in (0, len(program.levels)):
        return (len(known[0]) if known else 0), "every level"
    return len(known[0]), f"{len(known)} of {len(program.levels)} levels"


def vector_lines(program: LutProgram) -> Iterator[str]:
    vectors = program.vectors
    stored, known = stored_levels(program)
    yield f"{len(vectors.inputs)} vectors, {stored} of them with the outputs of {known}"
    yield f"  stimulus: {program.stimulus}"
    if vectors.labels is not None:
        right = np.mean(vectors.scores.argmax(axis=1) == vectors.labels)
        yield f"  {100 * right:.2f} % classified right (highest score, lowest class of equal ones)"


def inspect_program(path: Path) -> str:
    """Prints the summary; then what was verified."""
    program = read_program(path)
    for line in summary(program, path.stat().st_size):
        terminal.show(line)
    verify_vectors(program, str(path))
    vectors = program.vectors
    if vectors is None:
        return "nothing: the program has no vectors"
    stored, known = stored_levels(program)
    return f"{vectors.scores.size} scores, {known} of {stored} vectors"
