"""The output layer: one unit a class over its own P neurons, quantised to look-up tables.

A score is a q-bit integer and depends on P bits, so each of its bits is one look-up table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.models.arrays import read_arrays


@dataclass(frozen=True)
class OutputLayer:
    weights: np.ndarray  # float32[classes, P]
    biases: np.ndarray  # float32[classes]

    def sums(self, bits: np.ndarray) -> np.ndarray:
        """float64[S, classes] of the neurons' bits uint8[S, classes*P]."""
        own = bits.reshape(len(bits), *self.weights.shape)
        return np.einsum("scp,cp->sc", own, self.weights, dtype=np.float64) + self.biases

    def tables(self, score_bits: int) -> np.ndarray:
        """uint8[classes, q, 2^P]: bit b (0 is the lowest) of a score at address sum of s_k 2^k."""
        inputs = self.weights.shape[1]
        address = np.arange(1 << inputs)
        bits = (address[:, np.newaxis] >> np.arange(inputs) & 1).astype(np.uint8)
        scores = quantise(self.sums(np.tile(bits, len(self.weights))), score_bits).T
        return (scores[:, np.newaxis] >> np.arange(score_bits)[:, np.newaxis] & 1).astype(np.uint8)


def quantise(sums: np.ndarray, score_bits: int) -> np.ndarray:
    """int64 of -2^(q-1) .. 2^(q-1)-1: half a sum in units of 2^-(q-1), saturated."""
    unit = 2.0 ** (score_bits - 1)
    return np.rint(unit * np.clip(sums / 2, -1, 1 - 1 / unit)).astype(np.int64)


def table_scores(tables: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """int64[S, classes]: scores read from the look-up tables, two's complement."""
    classes, score_bits, size = tables.shape
    own = bits.reshape(len(bits), classes, -1).astype(np.int64)
    address = (own << np.arange(own.shape[2])).sum(axis=2)
    read = np.stack([tables[c][:, address[:, c]] for c in range(classes)])  # [classes, q, S]
    values = 1 << np.arange(score_bits)
    values[-1] = -values[-1]
    return np.einsum("cqs,q->sc", read.astype(np.int64), values)


def accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    """Per cent; the lowest class wins among equal scores."""
    return 100 * float(np.mean(scores.argmax(axis=1) == labels))


def load(path: Path) -> OutputLayer:
    arrays = read_arrays(path)
    return OutputLayer(arrays["weights"], arrays["biases"])
