"""What a LUT program computes, straight from its definition, and whether its vectors agree."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.lut_program import ONE, LutProgram, unpack_rows

CHUNK_ADDRESSES = 1 << 22  # evaluated at a time


def signals(program: LutProgram, inputs: np.ndarray) -> np.ndarray:
    """uint8[signals + 2, S] of bits uint8[S, F]: ZERO and ONE are indices too."""
    count = program.first_signal(len(program.levels))
    values = np.zeros((count + 2, len(inputs)), np.uint8)
    values[ONE] = 1
    values[: program.inputs] = inputs.T
    for k, level in enumerate(program.levels):
        address = np.zeros((level.luts, len(inputs)), np.int64)
        for pin in range(level.fan_in):
            address |= values[level.sources[:, pin]].astype(np.int64) << pin
        first = program.first_signal(k)
        outputs = np.take_along_axis(level.table_bits(), address, axis=1)
        values[first : first + level.luts] = outputs
    return values


def scores(program: LutProgram, values: np.ndarray) -> np.ndarray:
    """int32[S, classes] of signals."""
    weights = 1 << np.arange(program.score_bits, dtype=np.int64)
    if program.signed_scores:
        weights[-1] = -weights[-1]
    sums = np.einsum("cqs,q->sc", values[program.outputs].astype(np.int64), weights)
    return sums.astype(np.int32)


def verify_vectors(program: LutProgram, file: str) -> None:
    """TraceError names the first stored value that differs from the program's own."""
    vectors = program.vectors
    if vectors is None:
        return
    for begin, values in chunks(program, vectors.inputs):
        _compare(vectors.scores, scores(program, values), begin, f"{file}: scores", "class")
        for k, stored in enumerate(vectors.levels):
            if stored is None:
                continue
            level, first = program.levels[k], program.first_signal(k)
            rows = unpack_rows(stored, level.luts)
            found = values[first : first + level.luts].T
            _compare(rows, found, begin, f"{file}: level {k} ({level.name})", "LUT")


def all_scores(program: LutProgram, inputs: np.ndarray) -> np.ndarray:
    """int32[S, classes] of packed inputs."""
    return np.concatenate([scores(program, values) for _, values in chunks(program, inputs)])


def all_bits(program: LutProgram, inputs: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """uint8[S, chosen]: these signals, of packed inputs."""
    return np.concatenate([values[chosen].T for _, values in chunks(program, inputs)])


def chunks(program: LutProgram, inputs: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    widest = max(level.luts for level in program.levels)
    signals_of_all = program.first_signal(len(program.levels))
    size = max(1, CHUNK_ADDRESSES // max(widest, signals_of_all // 8))
    for begin in range(0, len(inputs), size):
        rows = unpack_rows(inputs[begin : begin + size], program.inputs)
        yield begin, signals(program, rows)


def _compare(stored: np.ndarray, found: np.ndarray, begin: int, where: str, column: str) -> None:
    stored = stored[begin : begin + len(found)]
    wrong = np.argwhere(stored != found[: len(stored)])
    if len(wrong):
        row, index = wrong[0]
        raise TraceError(
            f"{where}: vector {begin + row}, {column} {index}: {stored[row, index]} is stored, "
            f"the tables give {found[row, index]}"
        )
