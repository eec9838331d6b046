"""The rules of a LUT program above the file layout: a broken one is named with level and table."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.graph_fields import check_integer
from scripts.export.metadata import check_keys
from scripts.export.safetensors import DTYPE_NAMES, Tensors, check_name

KEYS = ("name", "inputs", "classes", "score_bits", "signed_scores", "levels", "stimulus")
LEVEL_KEYS = ("name", "fan_in", "luts", "labels")
MAX_INPUTS = 1 << 16
MAX_LEVELS = 256
MAX_LUTS = 1 << 20  # of a level
MAX_FAN_IN = 12
MAX_CLASSES = 1 << 12
MAX_SCORE_BITS = 32
MAX_SIGNALS = 1 << 24
MAX_LABELS = 4
MAX_SAMPLES = 1 << 24
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")  # becomes part of the names of hardware instances

Description = dict[str, Any]
Shapes = dict[str, tuple[str, list[int]]]


def check(
    description: Description, tensors: Tensors, file: str, most_fan_in: int = MAX_FAN_IN
) -> None:
    """Everything; a program that passes can be evaluated without further checks."""
    _check_description(description, f"{file}: program", most_fan_in)
    _check_shapes(description, tensors, file)
    first = description["inputs"]
    for k, level in enumerate(description["levels"]):
        where = f"{file}: level {k} ({level['name']})"
        _check_sources(tensors[f"level.{k}.sources"], first, where)
        _check_tails(tensors[f"level.{k}.tables"], 1 << level["fan_in"], f"{where}: table", "LUT")
        first += level["luts"]
    _check_outputs(tensors["outputs"], first, file)
    if "vectors.inputs" in tensors:
        _check_vectors(description, tensors, file)


def _check_description(description: Description, where: str, most_fan_in: int) -> None:
    check_keys(description, KEYS, where)
    check_name(description["name"], where)
    if not isinstance(description["stimulus"], str):
        raise TraceError(f"{where}: stimulus must be a text")
    if not isinstance(description["signed_scores"], bool):
        raise TraceError(f"{where}: signed_scores must be true or false")
    check_integer(description["inputs"], 1, MAX_INPUTS, f"{where}: inputs")
    check_integer(description["classes"], 1, MAX_CLASSES, f"{where}: classes")
    check_integer(description["score_bits"], 1, MAX_SCORE_BITS, f"{where}: score_bits")
    levels = description["levels"]
    if not isinstance(levels, list) or not 1 <= len(levels) <= MAX_LEVELS:
        raise TraceError(f"{where}: levels must be a list of 1 to {MAX_LEVELS}")
    for k, level in enumerate(levels):
        _check_level(level, f"{where}: level {k}", most_fan_in)
    _check_unique([level["name"] for level in levels], f"{where}: levels")
    if description["inputs"] + sum(level["luts"] for level in levels) >= MAX_SIGNALS:
        raise TraceError(f"{where}: inputs and LUTs must be fewer than {MAX_SIGNALS}")


def _check_level(level: Any, where: str, most_fan_in: int) -> None:
    check_keys(level, LEVEL_KEYS, where)
    check_integer(level["fan_in"], 1, most_fan_in, f"{where}: fan_in")
    check_integer(level["luts"], 1, MAX_LUTS, f"{where}: luts")
    labels = level["labels"]
    if not isinstance(labels, list) or len(labels) > MAX_LABELS:
        raise TraceError(f"{where}: labels must be a list of at most {MAX_LABELS} names")
    for name in [level["name"], *labels]:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise TraceError(f"{where}: name {name!r}; use a-z, then up to 63 of a-z, 0-9 and _")
    _check_unique(labels, f"{where}: labels")


def _check_unique(names: list[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise TraceError(f"{where}: name {name!r} stands twice")


def _check_shapes(description: Description, tensors: Tensors, file: str) -> None:
    expected = _program_shapes(description)
    if any(name.startswith("vectors.") for name in tensors):
        expected |= _vector_shapes(description, tensors)
    for name, (dtype, shape) in expected.items():
        if name not in tensors:
            raise TraceError(f"{file}: tensor {name} is missing; expected {dtype} {shape}")
        found = tensors[name]
        found_dtype = DTYPE_NAMES.get(found.dtype, str(found.dtype))
        if (found_dtype, list(found.shape)) != (dtype, shape):
            raise TraceError(
                f"{file}: tensor {name} is {found_dtype} {list(found.shape)}; "
                f"expected {dtype} {shape}"
            )
    for name in sorted(tensors.keys() - expected.keys()):
        raise TraceError(f"{file}: tensor {name} belongs to no level and is no vector")


def _program_shapes(description: Description) -> Shapes:
    shapes = {"outputs": ("I32", [description["classes"], description["score_bits"]])}
    for k, level in enumerate(description["levels"]):
        luts, table_bytes = level["luts"], max(1, (1 << level["fan_in"]) // 8)
        shapes[f"level.{k}.sources"] = ("I32", [luts, level["fan_in"]])
        shapes[f"level.{k}.tables"] = ("U8", [luts, table_bytes])
        if level["labels"]:
            shapes[f"level.{k}.labels"] = ("U16", [luts, len(level["labels"])])
    return shapes


def _vector_shapes(description: Description, tensors: Tensors) -> Shapes:
    """Samples are counted in the inputs, samples with levels in the first level that is there."""
    samples = _rows("vectors.inputs", tensors)
    shapes = {
        "vectors.inputs": ("U8", [samples, -(-description["inputs"] // 8)]),
        "vectors.scores": ("I32", [samples, description["classes"]]),
    }
    if "vectors.labels" in tensors:
        shapes["vectors.labels"] = ("U16", [samples])
    levels = [(f"vectors.level.{k}", level) for k, level in enumerate(description["levels"])]
    known = [(name, level["luts"]) for name, level in levels if name in tensors]
    for name, luts in known:
        stored = min(samples, _rows(known[0][0], tensors))
        shapes[name] = ("U8", [stored, -(-luts // 8)])
    return shapes


def _rows(name: str, tensors: Tensors) -> int:
    return len(tensors[name]) if name in tensors else 1


def _check_sources(sources: np.ndarray, first: int, where: str) -> None:
    """Signals below `first`, the level's own first output, or constants."""
    wrong = np.argwhere((sources < -2) | (sources >= first))
    if len(wrong):
        lut, pin = wrong[0]
        raise TraceError(
            f"{where}: LUT {lut}, pin {pin} reads signal {sources[lut, pin]}; use -2 to "
            f"{first - 1}: a level reads inputs and earlier levels, which keeps loops out"
        )


def _check_outputs(outputs: np.ndarray, signals: int, file: str) -> None:
    wrong = np.argwhere((outputs < -2) | (outputs >= signals))
    if len(wrong):
        row, bit = wrong[0]
        raise TraceError(
            f"{file}: outputs: class {row}, bit {bit} is signal {outputs[row, bit]}; "
            f"use -2 to {signals - 1}"
        )


def _check_tails(rows: np.ndarray, bits: int, where: str, row_name: str) -> None:
    if bits % 8:
        wrong = np.flatnonzero(rows[:, -1] >> (bits % 8))
        if len(wrong):
            raise TraceError(f"{where}: {row_name} {wrong[0]} has bits set behind its {bits} bits")


def _check_vectors(description: Description, tensors: Tensors, file: str) -> None:
    if not description["stimulus"]:
        raise TraceError(f"{file}: program: stimulus is empty; say where the vectors come from")
    if len(tensors["vectors.inputs"]) > MAX_SAMPLES:
        raise TraceError(f"{file}: vectors.inputs: at most {MAX_SAMPLES} samples")
    _check_tails(tensors["vectors.inputs"], description["inputs"], f"{file}: inputs", "vector")
    for k, level in enumerate(description["levels"]):
        if f"vectors.level.{k}" in tensors:
            where = f"{file}: vectors.level.{k}"
            _check_tails(tensors[f"vectors.level.{k}"], level["luts"], where, "vector")
    least, most = score_range(description["score_bits"], description["signed_scores"])
    scores = tensors["vectors.scores"].astype(np.int64)
    if description["score_bits"] < 32 and (scores.min() < least or scores.max() > most):
        raise TraceError(f"{file}: vectors.scores: use {least} to {most}, which the score bits hold")
    if "vectors.labels" in tensors and tensors["vectors.labels"].max() >= description["classes"]:
        raise TraceError(f"{file}: vectors.labels: use 0 to {description['classes'] - 1}")


def score_range(bits: int, signed: bool) -> tuple[int, int]:
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
