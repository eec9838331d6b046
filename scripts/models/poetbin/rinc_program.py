"""A trained student and its output layer as one LUT program, with the vectors that prove it."""

from __future__ import annotations

import numpy as np

from scripts.export.lut_program import ZERO, LutLevel, LutProgram, LutVectors, pack_rows
from scripts.export.metadata import Origin
from scripts.models.poetbin.cascade import Cascade
from scripts.models.poetbin.output_layer import table_scores
from scripts.models.poetbin.trees import Samples


def rinc_program(
    student: Cascade, output_tables: np.ndarray, inputs: int, name: str, origin: Origin
) -> LutProgram:
    """Levels trees, mat1, mat2, ..., scores. output_tables: uint8[classes, q, 2^P]."""
    names, labels = _instances(student)
    # The first feature is a tree's root, the most significant address bit.
    levels = [_level("trees", student.features[:, ::-1], student.tables[0], names, labels[0])]
    first = inputs
    for k, counts in enumerate(student.counts):
        sources = _mat_sources(counts, first, levels[-1].fan_in)
        first += levels[-1].luts
        depth = len(student.counts) - k
        levels.append(
            _level(f"mat{k + 1}", sources, student.tables[k + 1], names[:depth], labels[k + 1])
        )
    levels.append(_score_level(output_tables, first))
    classes, score_bits, _ = output_tables.shape
    first += levels[-2].luts
    outputs = first + np.arange(classes * score_bits).reshape(classes, score_bits)
    return LutProgram(name, inputs, levels, outputs.astype(np.int32), origin)


def golden_vectors(
    student: Cascade, output_tables: np.ndarray, rows: np.ndarray, labels: np.ndarray, stored: int
) -> LutVectors:
    """For features uint8[S, F]: what the student answers, computed by the trainer's own code.

    The outputs of every level are kept for the first `stored` samples.
    """
    bits = student.level_outputs(Samples(rows))
    scores = table_scores(output_tables, bits[-1]).astype(np.int32)
    score_bits = scores[:, :, np.newaxis] >> np.arange(output_tables.shape[1]) & 1
    bits.append(score_bits.reshape(len(rows), -1))
    levels = [pack_rows(level[:stored]) for level in bits] if stored else []
    return LutVectors(pack_rows(rows), scores, levels, labels.astype(np.uint16))


def _level(
    name: str, sources: np.ndarray, bits: np.ndarray, label_names: list[str], labels: np.ndarray
) -> LutLevel:
    sources = np.ascontiguousarray(sources, np.int32)
    return LutLevel(name, sources, pack_rows(bits), label_names, labels.astype(np.uint16))


def _mat_sources(counts: np.ndarray, first: int, inputs: int) -> np.ndarray:
    """Member k on pin k; the members of all MATs are consecutive signals. Pins left over: ZERO."""
    pins = np.arange(inputs)
    begin = first + np.cumsum(counts) - counts
    return np.where(pins < counts[:, np.newaxis], begin[:, np.newaxis] + pins, ZERO)


def _score_level(tables: np.ndarray, first: int) -> LutLevel:
    classes, score_bits, size = tables.shape
    own, bit = np.divmod(np.arange(classes * score_bits), score_bits)
    inputs = size.bit_length() - 1
    sources = first + own[:, np.newaxis] * inputs + np.arange(inputs)
    labels = np.column_stack([own, bit])
    return _level("scores", sources, tables.reshape(-1, size), ["class", "bit"], labels)


def _instances(student: Cascade) -> tuple[list[str], list[np.ndarray]]:
    """Names of the indices that tell a tree from others, and the indices of each level's tables.

    A MAT has the indices of its members but the last.
    """
    depth = len(student.counts)
    groups = ["group"] if depth == 2 else [f"group{k}" for k in range(depth - 1, 0, -1)]
    names = ["neuron", *(groups if depth > 1 else []), *(["tree"] if depth else [])]
    labels = [np.arange(student.lut_counts[-1])[:, np.newaxis]]
    for counts in student.counts[::-1]:
        member = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        labels.append(np.column_stack([np.repeat(labels[-1], counts, axis=0), member]))
    return names, labels[::-1]
