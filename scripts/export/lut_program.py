"""Programs of look-up tables: cascades that turn bits into class scores, with vectors to prove them.

lut_file.py reads and writes them, lut_rules.py checks them, lut_evaluation.py runs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scripts.export.metadata import Origin

ZERO, ONE = -1, -2  # pins and outputs that are constant


@dataclass
class LutLevel:
    """Tables of equal fan-in P that read inputs and earlier levels.

    sources: int32[M, P], signals; pin k drives address bit k. tables: uint8[M, max(1, 2^P/8)],
    the output for address a is bit a mod 8 of byte a/8. labels: uint16[M, names], which instance a
    table is.
    """

    name: str
    sources: np.ndarray
    tables: np.ndarray
    label_names: list[str] = field(default_factory=list)
    labels: np.ndarray | None = None

    @property
    def luts(self) -> int:
        return len(self.sources)

    @property
    def fan_in(self) -> int:
        return self.sources.shape[1]

    def table_bits(self) -> np.ndarray:
        """uint8[M, 2^P]"""
        return unpack_rows(self.tables, 1 << self.fan_in)


@dataclass
class LutVectors:
    """What a program is run on, and what its maker says comes out.

    inputs: uint8[S, F/8]. scores: int32[S, classes]. levels: uint8[S', M/8] of each level, of the
    first S' samples, None of a level that is not known; or no list. labels: uint16[S], the right class.
    """

    inputs: np.ndarray
    scores: np.ndarray
    levels: list[np.ndarray | None] = field(default_factory=list)
    labels: np.ndarray | None = None


@dataclass
class LutProgram:
    """outputs: int32[classes, score bits], signals, least significant bit first.

    Signals: inputs from 0, then the tables of the first level, and so on; ZERO and ONE.
    """

    name: str
    inputs: int
    levels: list[LutLevel]
    outputs: np.ndarray
    origin: Origin
    stimulus: str = ""
    signed_scores: bool = True
    vectors: LutVectors | None = None

    @property
    def classes(self) -> int:
        return self.outputs.shape[0]

    @property
    def score_bits(self) -> int:
        return self.outputs.shape[1]

    def first_signal(self, level: int) -> int:
        """The first output of a level; of the one behind the last: the number of signals."""
        return self.inputs + sum(level.luts for level in self.levels[:level])


def pack_rows(bits: np.ndarray) -> np.ndarray:
    """uint8[rows, bits/8] of bits [rows, bits]: bit i is bit i mod 8 of byte i/8."""
    return np.packbits(bits.astype(bool), axis=1, bitorder="little")


def unpack_rows(rows: np.ndarray, bits: int) -> np.ndarray:
    """uint8[rows, bits]"""
    return np.unpackbits(rows, axis=1, count=bits, bitorder="little")
