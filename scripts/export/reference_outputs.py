"""Adds what the integer model computes to a trace: produced tokens and chosen operators' outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.integer_reference import IntegerModel
from scripts.export.ragged import flatten, rows_of
from scripts.export.trace import Trace
from scripts.export.trace_reference import POINT_PREFIX

Point = tuple[int, str]  # sentence, operator name


def add_reference(trace: Trace, sources: Sequence[Sequence[int]], points: Sequence[Point]) -> None:
    """Decodes all sentences and stores the outputs at `points`."""
    model = IntegerModel(trace)
    produced = [model.greedy(source) for source in sources]
    trace.tensors.update(flatten("reference.source_tokens", sources))
    trace.tensors.update(flatten("reference.target_tokens", produced))
    trace.reference = {"sentences": len(sources), "points": []}
    outputs = {i: model.decode(sources[i], produced[i]) for i in {i for i, _ in points}}
    for number, (sentence, name) in enumerate(points):
        tensor = f"{POINT_PREFIX}{number}"
        trace.tensors[tensor] = _stored(outputs[sentence][name], name == model.logits)
        trace.reference["points"].append({"sentence": sentence, "operator": name, "tensor": tensor})


def _stored(output: np.ndarray, is_logits: bool) -> np.ndarray:
    return output.astype(np.int32 if is_logits else np.int8)


def verify_reference(trace: Trace, file: str) -> None:
    """Computes everything again; TraceError names the first sentence or point that differs."""
    model = IntegerModel(trace)
    sources = rows_of("reference.source_tokens", trace.tensors)
    produced = rows_of("reference.target_tokens", trace.tensors)
    for i, (source, expected) in enumerate(zip(sources, produced)):
        if model.greedy(source) != expected.tolist():
            raise TraceError(
                f"{file}: sentence {i}: the stored target tokens are not what the graph produces"
            )
    points = trace.reference["points"]
    outputs = {i: model.decode(sources[i], produced[i]) for i in {p["sentence"] for p in points}}
    for point in points:
        i, name = point["sentence"], point["operator"]
        output = _stored(outputs[i][name], name == model.logits)
        if not np.array_equal(output, trace.tensors[point["tensor"]]):
            raise TraceError(
                f"{file}: sentence {i}: {name}: {point['tensor']} is not what the graph computes"
            )
