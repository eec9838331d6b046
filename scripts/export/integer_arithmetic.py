"""Rounding, clamping and exact products of int64 arrays, as docs/trace-format.md defines them."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def rshift(value: Array, shift: int) -> Array:
    """Division by 2**shift, halves rounded up. Needs |value| < 2**62."""
    return (value + (1 << (shift - 1))) >> shift


def nearest(a: Array, b: Array | int) -> Array:
    """Division by b > 0, halves rounded up. Needs |a| and b below 2**61."""
    return (2 * a + b) // (2 * b)


def clamp8(value: Array) -> Array:
    return np.clip(value, -128, 127)


def rectified(value: Array, relu: bool) -> Array:
    """int8; with relu, negative results become 0."""
    return np.clip(value, 0 if relu else -128, 127)


def product(a: Array, b: Array) -> Array:
    """Exact integer matrix product: float64 holds every sum below 2**53, and its product is the
    fast one.
    """
    return (a.astype(np.float64, copy=False) @ b.astype(np.float64, copy=False)).astype(np.int64)


def integer_sqrt(value: Array) -> Array:
    """floor(sqrt(value)) for 0 <= value < 2**52; the float result may be one off, the two lines
    after it are not.
    """
    root = np.sqrt(value.astype(np.float64)).astype(np.int64)
    root -= root * root > value
    return root + ((root + 1) * (root + 1) <= value)
