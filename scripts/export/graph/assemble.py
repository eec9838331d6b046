"""From a float network and its scales to a trace without reference outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scripts.export.graph.constants import Quantiser
from scripts.export.graph.network import FloatNetwork, FloatOperator
from scripts.export.graph.scales import Scales
from scripts.export.trace import Trace

Array = np.ndarray
MAX_USES = 64  # of one tensor


def assembled(
    network: FloatNetwork,
    scales: Scales,
    name: str,
    model: dict[str, Any],
    origin: dict[str, str],
    keep_zeros: bool = False,
    masks: Mapping[FloatOperator, Array] | None = None,
) -> Trace:
    """`model`: the trace's graph.model. `scales` get those of the logits. `masks`: instead of zeros."""
    trace = Trace({"name": name, "model": model, "operators": []}, origin)
    quantiser = Quantiser(scales, network.max_tokens, keep_zeros, masks or {})
    store = Store(trace.tensors)
    for operator in network.operators:
        constants = quantiser.constants(operator)
        trace.operators.append(
            _common(operator)
            | {
                key: store.name(operator.name, key, value) if isinstance(value, Array) else value
                for key, value in constants.items()
            }
        )
    trace.scales = {operator.name: scale for operator, scale in scales.items()}
    return trace


def _common(operator: FloatOperator) -> dict[str, Any]:
    phase = {"phase": operator.phase} if operator.phase else {}
    inputs = [x.name for x in operator.inputs]
    return {"name": operator.name, "kind": operator.kind, **phase, "inputs": inputs}


class Store:
    """Tensors by name; equal ones of one field are stored once: layers share embeddings and rotary
    tables.
    """

    def __init__(self, tensors: dict[str, Array]) -> None:
        self.tensors = tensors
        self._names: dict[tuple, tuple[str, int]] = {}

    def name(self, operator: str, field: str, tensor: Array) -> str:
        key = (field, tensor.dtype.str, tensor.shape, tensor.tobytes())
        name, uses = self._names.get(key, (f"{operator}.{field}", 0))
        if uses == MAX_USES:
            name, uses = f"{operator}.{field}", 0
        self._names[key] = (name, uses + 1)
        self.tensors[name] = np.ascontiguousarray(tensor)
        return name
