"""Writes workloads/traces/tiny-luts.safetensors: a random RINC-2 small enough to check by hand.

    /usr/bin/python3 -m scripts.models.poetbin.make_tiny_program workloads/traces/tiny-luts.safetensors

The tables mean nothing. What matters: three inputs a table, some groups and neurons with fewer
members than inputs (as after an early stop), an input that no tree reads, scores of both signs,
and the outputs of every level for the first vectors, not for all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.base.packages import need

need("numpy")

import numpy as np  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.export.lut_file import write_program  # noqa: E402
from scripts.export.lut_program import LutProgram  # noqa: E402
from scripts.export.metadata import Origin  # noqa: E402
from scripts.models.poetbin.boosting import mat_table  # noqa: E402
from scripts.models.poetbin.cascade import Cascade  # noqa: E402
from scripts.models.poetbin.output_layer import OutputLayer  # noqa: E402
from scripts.models.poetbin.rinc_program import golden_vectors, rinc_program  # noqa: E402

SEED = 7
INPUTS = 21  # of the program; the last one is read by no tree
FAN_IN = 3  # P
CLASSES = 3
SCORE_BITS = 5
NEURONS = CLASSES * FAN_IN
GROUPS = [3, 2, 3, 1, 3, 3, 2, 3, 3]  # members of each neuron
VECTORS, STORED = 70, 50  # neither a multiple of a word


def make_program(seed: int = SEED) -> LutProgram:
    random = np.random.default_rng(seed)
    student = _student(random)
    layer = OutputLayer(random.uniform(-1, 1, (CLASSES, FAN_IN)), random.uniform(-1, 1, CLASSES))
    tables = layer.tables(SCORE_BITS)
    origin = Origin(
        model="random tables, RINC-2",
        framework="numpy",
        exporter="scripts/models/poetbin/make_tiny_program.py",
        source=f"numpy.random.default_rng({seed})",
        licence="public domain (CC0-1.0)",
        notes="for tests",
    )
    program = rinc_program(student, tables, INPUTS, "tiny", origin)
    rows = random.integers(0, 2, (VECTORS, INPUTS), np.uint8)
    labels = random.integers(0, CLASSES, VECTORS)
    program.vectors = golden_vectors(student, tables, rows, labels, STORED)
    program.stimulus = "random bits, each 0 or 1 with equal chances"
    return program


def _student(random: np.random.Generator) -> Cascade:
    groups = np.array(GROUPS, np.int32)
    members = random.integers(1, FAN_IN + 1, groups.sum(), np.int32)
    trees = int(members.sum())
    features = [random.choice(INPUTS - 1, FAN_IN, replace=False) for _ in range(trees)]
    tables = random.integers(0, 2, (trees, 1 << FAN_IN), np.uint8)
    votes = [random.uniform(0.1, 2, trees), random.uniform(0.1, 2, groups.sum())]
    return Cascade(
        np.array(features, np.int32),
        [tables, _mats(votes[0], members), _mats(votes[1], groups)],
        [members, groups],
        votes,
    )


def _mats(votes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """uint8[counts, 2^P]: tables of MATs whose members have these votes."""
    ends = np.cumsum(counts)
    return np.array([mat_table(votes[e - n : e], FAN_IN) for n, e in zip(counts, ends)])


def main() -> None:
    parser = terminal.Parser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("output", type=Path)
    write_program(parser.parse_args().output, make_program())


if __name__ == "__main__":
    terminal.run("make_tiny_program", main)
