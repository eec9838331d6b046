"""Real numbers as integers: multipliers with a shift, and int8."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
BIAS_BITS = (
    24  # |bias| stays below 2**24, so that accumulators stay below 2**31 for up to 2**17 columns
)
NORM_SHIFT = 23  # norm: 15 bits of the normalised value, 8 of gamma


def fixed_point(ratios: Array | float, bits: int) -> tuple[Array, int]:
    """Integers below 2**bits and a shift, so that integers / 2**shift are close to the ratios."""
    ratios = np.asarray(ratios, float)
    _, exponent = np.frexp(ratios.max())
    shift = int(np.clip(bits - exponent, 1, 62))
    return np.minimum(np.rint(ratios * 2.0**shift), 2**bits - 1).astype(np.int64), shift


def to_int8(values: Array, scale: Array | float) -> Array:
    return np.clip(np.rint(values / scale), -128, 127).astype(np.int8)
