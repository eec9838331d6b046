"""The student as arrays: trees on level 0, MATs on the levels above, the neurons on the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.models.arrays import read_arrays, write_arrays
from scripts.models.poetbin.boosting import Mat, Module
from scripts.models.poetbin.trees import Samples, Tree, addresses

CHUNK = 10_000  # samples evaluated at a time


@dataclass(frozen=True)
class Cascade:
    """features: int32[M0, P], root first. tables[l]: uint8[M_l, 2^P].

    counts[l-1]: int32[M_l], how many members the MATs of level l have; these are consecutive on
    level l-1 and drive address bits 0, 1, ... alphas[l-1]: float64[M_(l-1)], votes of the members.
    """

    features: np.ndarray
    tables: list[np.ndarray]
    counts: list[np.ndarray]
    alphas: list[np.ndarray]

    @property
    def lut_counts(self) -> list[int]:
        """Look-up tables of each level."""
        return [len(tables) for tables in self.tables]

    def outputs(self, samples: Samples) -> np.ndarray:
        """uint8[S, M_L]: the bits of the neurons."""
        return np.concatenate([levels[-1].T for levels in self._chunks(samples)])

    def level_outputs(self, samples: Samples) -> list[np.ndarray]:
        """uint8[S, M_l] of each level."""
        return [np.concatenate(level, axis=1).T for level in zip(*self._chunks(samples))]

    def _chunks(self, samples: Samples) -> Iterator[list[np.ndarray]]:
        """uint8[M_l, samples] of each level, for some samples at a time."""
        for begin in range(0, samples.count, CHUNK):
            yield list(self._levels(samples.columns[:, begin : begin + CHUNK]))

    def _levels(self, columns: np.ndarray) -> Iterator[np.ndarray]:
        """uint8[M_l, samples] of each level, from features uint8[F, samples]."""
        pairs = zip(self.features, self.tables[0])
        bits = np.array([table[addresses(columns, features)] for features, table in pairs])
        yield bits
        for counts, tables in zip(self.counts, self.tables[1:]):
            ends = np.cumsum(counts)
            bits = np.array(
                [
                    table[addresses(bits[end - count : end], range(count - 1, -1, -1))]
                    for table, count, end in zip(tables, counts, ends)
                ]
            )
            yield bits


def flatten(modules: list[Module]) -> Cascade:
    """Modules that all have equally many levels."""
    tables, counts, alphas = [], [], []
    level = modules
    while isinstance(level[0], Mat):
        tables.append(np.array([m.table for m in level]))
        counts.append(np.array([len(m.members) for m in level], np.int32))
        alphas.append(np.concatenate([m.alphas for m in level]))
        level = [member for m in level for member in m.members]
    trees: list[Tree] = level
    tables.append(np.array([t.table for t in trees]))
    features = np.array([t.features for t in trees])
    return Cascade(features, tables[::-1], counts[::-1], alphas[::-1])


def join(cascades: list[Cascade]) -> Cascade:
    """One cascade with the neurons of all, which have equally many levels."""

    def joined(lists: list[list[np.ndarray]]) -> list[np.ndarray]:
        return [np.concatenate(level) for level in zip(*lists)]

    features = np.concatenate([c.features for c in cascades])
    return Cascade(
        features,
        joined([c.tables for c in cascades]),
        joined([c.counts for c in cascades]),
        joined([c.alphas for c in cascades]),
    )


def save(cascade: Cascade, path: Path, **more: np.ndarray) -> None:
    """As npz."""
    arrays = {"features": cascade.features, **more}
    for name in ("tables", "counts", "alphas"):
        arrays |= {f"{name}{i}": array for i, array in enumerate(getattr(cascade, name))}
    write_arrays(path, arrays, compressed=True)


def load(path: Path) -> Cascade:
    arrays = read_arrays(path)
    levels = sum(name.startswith("tables") for name in arrays)
    return Cascade(
        arrays["features"],
        [arrays[f"tables{i}"] for i in range(levels)],
        [arrays[f"counts{i}"] for i in range(levels - 1)],
        [arrays[f"alphas{i}"] for i in range(levels - 1)],
    )
