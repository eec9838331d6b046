"""Adds what the integer model computes to a trace: produced tokens and chosen operators' outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.integer_reference import IntegerModel
from scripts.export.ragged import flatten
from scripts.export.trace import Trace
from scripts.export.trace_reference import POINT_PREFIX
from scripts.export.trace_samples import ALLOWED, INPUT_PREFIX, TARGETS, Sample, samples_of

Point = tuple[int, str]  # sample, operator name


def add_reference(trace: Trace, sources: Sequence[Sequence[int]], points: Sequence[Point]) -> None:
    """Decodes all sentences of an `encoder_decoder` and stores the outputs at `points`."""
    add_samples(trace, [Sample({"source": np.asarray(source)}) for source in sources], points)


def add_samples(trace: Trace, samples: Sequence[Sample], points: Sequence[Point]) -> None:
    """Produces the tokens of all samples, where the network chooses tokens, and stores the samples
    and the outputs at `points`.
    """
    model = IntegerModel(trace)
    if "vocabulary" in trace.model:
        for sample in samples:
            sample.produced = model.produce(sample)
    _store_samples(trace, samples)
    trace.reference = {"samples": len(samples), "points": []}
    outputs = {i: model.run(samples[i]) for i in {i for i, _ in points}}
    for number, (i, name) in enumerate(points):
        tensor = f"{POINT_PREFIX}{number}"
        trace.tensors[tensor] = _stored(model, name, outputs[i][name])
        trace.reference["points"].append({"sample": i, "operator": name, "tensor": tensor})


def _store_samples(trace: Trace, samples: Sequence[Sample]) -> None:
    for name in samples[0].inputs:
        rows = [sample.inputs[name] for sample in samples]
        if trace.model["kind"] == "feed_forward":
            trace.tensors[INPUT_PREFIX + name] = np.stack(rows).astype(np.int8)
        else:
            trace.tensors |= flatten(f"reference.{name}_tokens", rows)
    if "vocabulary" in trace.model:
        trace.tensors |= flatten(TARGETS, [sample.produced for sample in samples])
    if trace.model["kind"] == "decoder":
        allowed = [sample.allowed or trace.model["max_tokens"] for sample in samples]
        trace.tensors[ALLOWED] = np.array(allowed, np.int32)


def _stored(model: IntegerModel, name: str, output: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(output.astype(np.int32 if model.is_logits(name) else np.int8))


def verify_reference(trace: Trace, file: str) -> None:
    """Computes everything again; TraceError names the first sample or point that differs."""
    model = IntegerModel(trace)
    samples = samples_of(trace.model, trace.reference["samples"], trace.tensors)
    if "vocabulary" in trace.model:
        for i, sample in enumerate(samples):
            if model.produce(sample) != sample.produced:
                raise TraceError(
                    f"{file}: sample {i}: the stored target tokens are not what the graph produces"
                )
    points = trace.reference["points"]
    for i in sorted({point["sample"] for point in points}):
        outputs = model.run(samples[i])
        for point in points:
            name, tensor = point["operator"], point["tensor"]
            if point["sample"] == i and not np.array_equal(
                _stored(model, name, outputs[name]), trace.tensors[tensor]
            ):
                raise TraceError(
                    f"{file}: sample {i}: {name}: {tensor} is not what the graph computes"
                )
