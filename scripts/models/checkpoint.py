"""Checkpoints of training as npz files: tensors as arrays, everything else as JSON beside them.

Reading one runs no code, whatever is in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scripts.models.arrays import read_arrays, write_arrays

STATE = "state.json"  # the array that holds the JSON text


def save(state: dict[str, Any], path: Path) -> None:
    """Nested dictionaries (keys: text or int), lists, tuples, tensors, numbers, texts and None."""
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_taken_apart(state, arrays))
    arrays[STATE] = np.frombuffer(text.encode(), np.uint8)
    write_arrays(path, arrays)


def load(path: Path) -> dict[str, Any]:
    """What `save` was given; SystemExit in one line for another file."""
    _refuse_old(path)
    arrays = read_arrays(path)
    try:
        state = _put_together(json.loads(arrays[STATE].tobytes()), arrays)
        if not isinstance(state, dict):
            raise ValueError("its state is no dictionary")
        return state
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise broken(path, error) from error


def exists(path: Path) -> bool:
    """Whether there is one. SystemExit for one of an earlier version, which was a pickle."""
    if not path.exists():
        _refuse_old(path.with_suffix(".pt"))
    return path.exists()


def broken(path: Path, error: Exception) -> SystemExit:
    text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return SystemExit(f"{path}: is no checkpoint of this program: {text}")


def _refuse_old(path: Path) -> None:
    if path.suffix == ".pt" and path.exists():
        raise SystemExit(
            f"{path}: a checkpoint of an earlier version is a pickle, which could run code when it "
            "is read; train again in a new --work folder"
        )


def _taken_apart(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, Tensor):
        name = f"tensor{len(arrays)}"
        arrays[name] = value.detach().numpy()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[key, _taken_apart(item, arrays)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_taken_apart(item, arrays) for item in value]}
    return value


def _put_together(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return torch.from_numpy(arrays[content].copy())
    if kind == "dict":
        return {key: _put_together(item, arrays) for key, item in content}
    items = [_put_together(item, arrays) for item in content]
    return {"list": items, "tuple": tuple(items)}[kind]
