"""The C++ implementation of grow_tree, called through ctypes. It releases the interpreter lock."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

import numpy as np

from scripts.models.poetbin.trees import Samples, Tree, TreeRule

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / "build/release/scripts/models/poetbin/tree_search/libpoetbin_trees.so"
MAX_INPUTS = 12


def library_path() -> Path:
    """LOCKSTEP_POETBIN_LIBRARY, or where the release preset builds it."""
    return Path(os.environ.get("LOCKSTEP_POETBIN_LIBRARY", BUILT))


@cache
def _load() -> ctypes.CDLL:
    path = library_path()
    if not path.is_file():
        raise SystemExit(
            f"{path} is missing: cmake --preset release && "
            "cmake --build build/release --target poetbin_trees"
        )
    library = ctypes.CDLL(str(path))
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.poetbin_grow_tree.argtypes = (
        [pointer, pointer, pointer, size, size, size, ctypes.c_bool, pointer, pointer]
    )
    library.poetbin_grow_tree.restype = None
    return library


def grow_tree(samples: Samples, labels: np.ndarray, weights: np.ndarray, rule: TreeRule) -> Tree:
    """As trees.grow_tree: labels uint8[S], integer weights uint64[S]."""
    labels = np.ascontiguousarray(labels, np.uint8)
    weights = np.ascontiguousarray(weights, np.uint64)
    if labels.shape != (samples.count,) or weights.shape != labels.shape:
        raise ValueError("one label and one weight a sample are needed")
    if not 1 <= rule.inputs <= min(MAX_INPUTS, samples.feature_count):
        raise ValueError(f"a tree has 1 to {MAX_INPUTS} levels, not more than there are features")
    features, table = np.empty(rule.inputs, np.int32), np.empty(1 << rule.inputs, np.uint8)
    inputs = (samples.packed.ctypes.data, labels.ctypes.data, weights.ctypes.data)
    sizes = (samples.count, samples.feature_count, rule.inputs, rule.mass_weighted)
    _load().poetbin_grow_tree(*inputs, *sizes, features.ctypes.data, table.ctypes.data)
    return Tree(features, table)
