"""When two results count as equal."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
TOLERANCE = 1e-4  # of the largest magnitude, between a model's float32 and the network's float64
REPEATED = 1e-5  # the same, between two runs of one model


def close(a: Array, b: Array, tolerance: float = TOLERANCE) -> bool:
    """NaN is close to nothing."""
    return a.shape == b.shape and bool(
        np.abs(a - b).max(initial=0) <= tolerance * np.abs(b).max(initial=0) + 1e-6
    )
