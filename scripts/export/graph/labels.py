"""Labels of samples: each is one of the classes that the first output chooses among, once a sample."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from scripts.export.errors import ExportError
from scripts.export.graph.network import FloatNetwork


def check_labels(labels: Sequence[Any] | None, network: FloatNetwork) -> None:
    if labels is None:
        return
    name, output = next(iter(network.outputs.items()))
    places = prod(output.shape[1:]) if output.is_map else output.shape[0]
    if places > 1:
        what = "pixels" if output.is_map else "rows"
        raise ExportError(
            f"labels: one a sample, but {name} chooses for each of {places} {what}; leave labels out, "
            "or export the model with one row of scores"
        )
    classes = output.shape[0] if output.is_map else output.shape[1]
    for i, label in enumerate(labels):
        if label not in range(classes):
            raise ExportError(
                f"labels: number {i} is {str(label)[:80]}; {name} has the classes 0 to {classes - 1}"
            )
