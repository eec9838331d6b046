"""Samples as users give them, as inputs by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.export.errors import ExportError
from scripts.export.graph.network import Values
from scripts.export.graph.contents import TOKEN_INPUTS, Contents


def contents_of(
    kind: str, names: Sequence[str], samples: Sequence[Any], calibration: Sequence[Any], **others: Any
) -> Contents:
    """`names` of the model's inputs. A sample has no target, which the network makes itself."""
    given = names[:1] if kind == "encoder_decoder" else names
    return Contents(
        kind=kind,
        samples=[_values("samples", i, sample, given, kind) for i, sample in enumerate(samples)],
        calibration=[
            _values("calibration", i, sample, names, kind) for i, sample in enumerate(calibration)
        ],
        **others,
    )


def names_of(kind: str, samples: Sequence[Any]) -> Sequence[str]:
    """Those of token inputs are fixed; tensors are called input, or input.0, input.1 and so on."""
    if kind in TOKEN_INPUTS:
        return TOKEN_INPUTS[kind]
    first = samples[0] if len(samples) else None
    parts = len(first) if isinstance(first, tuple) else 1
    return [f"input.{i}" for i in range(parts)] if parts > 1 else ["input"]


def _values(what: str, number: int, sample: Any, names: Sequence[str], kind: str) -> Values:
    several = isinstance(sample, tuple) or (isinstance(sample, list) and len(names) > 1)
    parts = sample if several else (sample,)
    if len(parts) != len(names):
        raise ExportError(
            f"{what}: number {number} has {len(parts)} parts; give {len(names)}: {', '.join(names)}"
        )
    dtype = np.float32 if kind == "feed_forward" else np.int64
    return {name: _array(f"{what}: number {number}", part, dtype) for name, part in zip(names, parts)}


def _array(where: str, part: Any, dtype: type) -> np.ndarray:
    if hasattr(part, "detach"):  # a tensor of torch
        part = part.detach().cpu().numpy()
    try:
        values = np.asarray(part)
        converted = values.astype(dtype)
    except (TypeError, ValueError) as error:
        raise ExportError(f"{where} is no array of numbers: {error}") from error
    if dtype is np.int64 and (values.ndim != 1 or not values.size or (converted != values).any()):
        raise ExportError(f"{where} is {str(part)[:80]}; give a list of one token or more")
    if dtype is np.float32 and not np.isfinite(converted).all():
        raise ExportError(f"{where} holds numbers that are not finite")
    return converted
