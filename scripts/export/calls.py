"""What an exporter sees of a model on one sentence: the layers it calls, in order. The same for
every framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Matrix:
    """`path`: its name by modules, e.g. encoder.layers.0.self_attn.out_proj"""

    path: str
    weight: Array  # [H, W]
    bias: Array  # [H]

    def mask(self) -> Array | None:
        """[H, W] True where a weight is kept: those of exactly 0 are pruned; None if none is."""
        return None if self.weight.all() else self.weight != 0


@dataclass(frozen=True)
class Call:
    """Kinds and their constants:

    embedding  table [V, d]; the input is token ids [L]
    attention  q, k, v, out: Matrix; heads; inputs are what q, k and v read
    linear     matrix: Matrix
    norm       gamma, beta [d]; epsilon
    """

    path: str
    kind: str
    inputs: list[Array]  # [L, features] each
    output: Array  # [L, features]
    constants: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.constants[name]
