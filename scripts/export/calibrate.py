"""The scale of a tensor's int8 steps: the one with the least error among 24 clipping points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Error = Callable[[float], float]  # of a scale
CLIPS = np.geomspace(0.25, 1, 24)  # candidate clipping points, as parts of the largest magnitude


def best_scale(values: Array, error: Error | None = None) -> float:
    """The candidate with the least error; by default, of rounding and clipping themselves."""
    error = error or (lambda scale: rounding_error(values, scale))
    finite = values[np.isfinite(values)]
    candidates = CLIPS * (np.abs(finite).max() or 1.0) / 127
    # float32, so that a last bit of another machine's products changes no constant of the trace
    return float(np.float32(min(candidates, key=error)))


def rounding_error(values: Array, scale: float) -> float:
    return float(((_rounded(values, scale) - values) ** 2).mean())


def _rounded(values: Array, scale: float) -> Array:
    return np.clip(np.rint(values / scale), -128, 127) * scale


def exponential_table(score_scale: float) -> Array:
    return np.rint(65535 * np.exp(-np.arange(256) * score_scale)).astype(np.uint16)
