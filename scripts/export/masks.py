"""Pruning masks as bits: bit c % 8 (least significant first) of byte c // 8 tells whether weight c
of a row is kept.
"""

from __future__ import annotations

import numpy as np

from scripts.export.errors import TraceError


def pack(kept: np.ndarray) -> np.ndarray:
    """bool [H, W] -> U8 [H, ceil(W / 8)], padded with 0"""
    return np.packbits(kept, axis=1, bitorder="little")


def unpack(mask: np.ndarray, columns: int) -> np.ndarray:
    """U8 [H, ceil(W / 8)] -> bool [H, W]"""
    return np.unpackbits(mask, axis=1, count=columns, bitorder="little").astype(bool)


def check_mask(mask: np.ndarray, weight: np.ndarray, where: str) -> None:
    columns = weight.shape[1]
    if np.unpackbits(mask, axis=1, bitorder="little")[:, columns:].any():
        raise TraceError(f"{where}: mask bits past column {columns - 1} must be 0")
    if weight[~unpack(mask, columns)].any():
        raise TraceError(f"{where}: a weight outside the mask is not 0")
