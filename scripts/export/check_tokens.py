"""The tokens, masks and points that come with a model, checked before anything reads them: one line
names the first mistake and what would be right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from scripts.export.errors import ExportError
from scripts.export.graph_fields import nearest
from scripts.export.network_rules import MODEL_FIELDS

Padding = Mapping[str, Collection[int]]  # side -> tokens that the model treats unlike others
SIDES = ("source", "target")


def check_request(bos: Any, eos: Any, max_tokens: Any, pairs: Any) -> None:
    """What can be said without the model."""
    check_whole("bos", bos)
    check_whole("eos", eos)
    check_number("max_tokens", max_tokens, *MODEL_FIELDS["max_tokens"])
    if not _is_list(pairs) or len(pairs) == 0:
        raise ExportError("calibration: needs at least one pair [[source tokens], [target tokens]]")
    for i, pair in enumerate(pairs):
        where = f"calibration: pair {i}"
        if not _is_list(pair) or len(pair) != 2:
            raise ExportError(f"{where} is {pair!r}; use [[source tokens], [target tokens]]")
        for side, tokens in zip(SIDES, pair):
            check_sentence(tokens, max_tokens, f"{where}: {side}")


def check_sentence(tokens: Any, max_tokens: int, where: str) -> None:
    """A list of 1 to max_tokens whole numbers."""
    if not _is_list(tokens):
        raise ExportError(f"{where} is {tokens!r}; use a list of tokens")
    if not 0 < len(tokens) <= max_tokens:
        raise ExportError(f"{where} has {len(tokens)} tokens; use 1 to max_tokens {max_tokens}")
    for i, token in enumerate(tokens):
        if not _is_whole(token):
            raise ExportError(f"{where}: token {i} is {token!r}; use a whole number")


def read_masks(masks: Any) -> dict[str, np.ndarray]:
    """By matrix name: bool, True where a weight is kept."""
    if not isinstance(masks, (Mapping, type(None))):
        raise ExportError(f"masks is {masks!r}; use a dictionary of matrix names and arrays")
    return {name: _read_mask(name, mask) for name, mask in (masks or {}).items()}


def _read_mask(name: Any, mask: Any) -> np.ndarray:
    try:
        values = np.asarray(mask)
    except Exception:  # whatever a list of unequal rows or another framework's array raises
        values = np.asarray(None)
    if values.dtype.kind not in "biuf":
        raise ExportError(
            f"mask {name!r} is {type(mask).__name__} that numpy does not read as numbers; use an "
            "array [H, W] of 1 where a weight is kept and 0 elsewhere"
        )
    if np.isnan(values).any():
        raise ExportError(f"mask {name!r} holds NaN; use 1 where a weight is kept and 0 elsewhere")
    return values.astype(bool)


def read_points(points: Any, samples: int, operators: Collection[str]) -> list[tuple[int, str]]:
    """Samples and operators whose outputs are stored; (sample, None) stands for all operators."""
    if not _is_list(points):
        raise ExportError(f"points is {points!r}; use a list of (sample, operator name)")
    found = []
    for i in range(len(points)):
        sample, name = _read_point(f"points: point {i}", points[i], samples, operators)
        found += [(sample, each) for each in (operators if name is None else [name])]
    return found


def _read_point(
    where: str, point: Any, samples: int, operators: Collection[str]
) -> tuple[int, str | None]:
    if not _is_list(point) or len(point) != 2:
        raise ExportError(f"{where} is {point!r}; use (sample, operator name)")
    sample, name = point
    check_number(f"{where}: sample", sample, 0, samples - 1)
    if name is not None and (not isinstance(name, str) or name not in operators):
        raise ExportError(f"{where}: the model has no operator {name!r}{nearest(name, operators)}")
    return int(sample), name


def check_padding(padding: Padding, side: str, tokens: Iterable[int], where: str) -> None:
    """A trace has no padding mask."""
    for token in tokens:
        if token in padding.get(side, ()):
            raise ExportError(
                f"{where} has token {token}, which the model treats unlike others, as padding is; leave "
                "it out: sentences of a trace have their own lengths"
            )


def check_number(key: str, value: Any, least: int, most: int) -> None:
    if not _is_whole(value) or not least <= value <= most:
        raise ExportError(f"{key} is {value!r}; use a whole number from {least} to {most}")


def check_whole(key: str, value: Any) -> None:
    """A token; which ones there are, the model says."""
    if not _is_whole(value):
        raise ExportError(f"{key} is {value!r}; use a whole number, that of a token")


def check_range(tokens: Sequence[int], size: int, side: str, where: str) -> None:
    for i, token in enumerate(tokens):
        if not 0 <= token < size:
            raise ExportError(
                f"{where}: token {i} is {token}; the model's {side} tokens are 0 to {size - 1}"
            )


def _is_whole(value: Any) -> bool:
    """An int or numpy's; true and false are no numbers."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(
        value, (str, bytes, dict)
    )
