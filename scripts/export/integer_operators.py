"""The arithmetic of every operator, as docs/trace-format.md defines it, on int64 arrays.

A function's arguments are the operator's inputs, its fields, and the tensors that they name.
"""

from __future__ import annotations

from collections.abc import Callable

from scripts.export import integer_attention, integer_elements, integer_maps, integer_weights
from scripts.export.graph_rules import KINDS
from scripts.export.integer_arithmetic import Array

FAMILIES = (integer_weights, integer_maps, integer_elements, integer_attention)
OPERATORS: dict[str, Callable[..., Array]] = {
    kind: next(vars(family)[kind] for family in FAMILIES if kind in vars(family)) for kind in KINDS
}
BY_POSITION = ("embedding", "rotary", "attention_scores", "softmax")  # take first_row
