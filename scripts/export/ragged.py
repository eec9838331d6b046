"""Rows of unequal length in one tensor, with their offsets in another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.safetensors import DTYPES, Tensors

RAGGED = {  # tensor -> (dtype, its offsets)
    "reference.source_tokens": ("I32", "reference.source_offsets"),
    "reference.prompt_tokens": ("I32", "reference.prompt_offsets"),
    "reference.target_tokens": ("I32", "reference.target_offsets"),
    "text.vocabulary": ("U8", "text.vocabulary_offsets"),
    "text.source": ("U8", "text.source_offsets"),
    "text.human": ("U8", "text.human_offsets"),
}


def flatten(name: str, rows: Sequence[Sequence[int]]) -> Tensors:
    """The two tensors that hold `rows` under `name`."""
    dtype, offsets = RAGGED[name]
    joined = np.concatenate([np.asarray(row, dtype=DTYPES[dtype]) for row in rows])
    return {name: joined, offsets: np.cumsum([0, *map(len, rows)]).astype(DTYPES["I32"])}


def flatten_text(name: str, texts: Sequence[str]) -> Tensors:
    return flatten(name, [list(text.encode("utf-8")) for text in texts])


def rows_of(name: str, tensors: Tensors) -> list[np.ndarray]:
    offsets = tensors[RAGGED[name][1]]
    return [tensors[name][begin:end] for begin, end in zip(offsets, offsets[1:])]


def texts_of(name: str, tensors: Tensors) -> list[str]:
    return [row.tobytes().decode("utf-8") for row in rows_of(name, tensors)]


def check_ragged(name: str, rows: int, shortest: int, tensors: Tensors, file: str) -> None:
    """`rows` rows of at least `shortest` elements, together exactly the tensor."""
    dtype, offsets_name = RAGGED[name]
    for tensor, kind in ((name, dtype), (offsets_name, "I32")):
        if (
            tensor not in tensors
            or tensors[tensor].dtype != DTYPES[kind]
            or tensors[tensor].ndim != 1
        ):
            raise TraceError(f"{file}: tensor {tensor} must exist as {kind} with one dimension")
    offsets, size = tensors[offsets_name].astype(np.int64), len(tensors[name])
    if len(offsets) != rows + 1 or offsets[0] != 0 or offsets[-1] != size:
        raise TraceError(f"{file}: {offsets_name} must hold {rows + 1} offsets, from 0 to {size}")
    if (np.diff(offsets) < shortest).any():
        raise TraceError(f"{file}: {offsets_name} must rise by at least {shortest} a row")


def check_texts(name: str, rows: int, tensors: Tensors, file: str) -> None:
    check_ragged(name, rows, 0, tensors, file)
    for i, text in enumerate(rows_of(name, tensors)):
        try:
            text.tobytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise TraceError(f"{file}: {name}: row {i} is not UTF-8") from error
