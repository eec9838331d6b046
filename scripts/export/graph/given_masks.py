"""Masks that come with a model: which matrix each belongs to, checked against its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scripts.export.check_tokens import read_masks
from scripts.export.errors import ExportError
from scripts.export.graph.network import FloatNetwork, FloatOperator
from scripts.export.graph_fields import nearest

Array = np.ndarray


def matched(network: FloatNetwork, masks: Mapping[str, Any] | None) -> dict[FloatOperator, Array]:
    """bool, True where a weight is kept. `masks` by names of operators, or by paths of modules: then
    of all operators that use the module's matrix.
    """
    known: dict[str, list[FloatOperator]] = {}
    for operator in (o for o in network.operators if "weight" in o.fields):
        known.setdefault(operator.path, []).append(operator)
        known.setdefault(operator.name, []).extend([operator] * (operator.name != operator.path))
        if operator.name == f"{operator.path}.out":  # as the module of torch is called
            known[f"{operator.path}.out_proj"] = [operator]
    found: dict[FloatOperator, Array] = {}
    for name, mask in read_masks(masks).items():
        if name not in known:
            raise ExportError(f"mask {name!r} belongs to no exported matrix{nearest(name, known)}")
        for operator in [same for one in known[name] for same in _sharing(one, network)]:
            _check(name, mask, operator["weight"])
            found[operator] = mask
    return found


def _sharing(one: FloatOperator, network: FloatNetwork) -> list[FloatOperator]:
    """The operators that a module makes of one matrix, each time that it is called."""
    alike = (o for o in network.operators if o.path == one.path and "weight" in o.fields)
    return [o for o in alike if np.array_equal(o["weight"], one["weight"])]


def _check(name: str, mask: Array, weight: Array) -> None:
    if mask.shape != weight.shape:
        raise ExportError(f"mask {name}: shape {mask.shape}; its weight has {weight.shape}")
    dropped = np.count_nonzero(weight[~mask])
    if dropped:
        raise ExportError(
            f"mask {name}: {dropped} weights outside the mask are not 0; zero them in the model"
        )
