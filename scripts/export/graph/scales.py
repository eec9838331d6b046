"""What one int8 step of each operator's output stands for, chosen on calibration samples.

The error that counts is the one behind the operator where that differs from its own: a softmax
forgives what happens to far-off keys, a normalisation divides large rows by their own size, an
activation flattens what is far below 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scripts.export.calibrate import best_scale, exponential_table
from scripts.export.errors import ExportError
from scripts.export.graph.float_operators import evaluate, run
from scripts.export.graph.network import FloatNetwork, FloatOperator, Values

Array = np.ndarray
Scales = dict[FloatOperator, float]
SAME = ("max_pool2d", "split", "upsample", "flatten", "unflatten")  # outputs are elements of inputs
NO_SCALE = ("logits", "tokens")
SOFTMAX = 1 / 127
ROWS = 16  # rows of tokens, and
ELEMENTS = 8192  # elements of a map, that are looked at in a sample, at most; scores: all
SCORES = 1 << 22  # attention scores that are looked at in all


def activation_scales(network: FloatNetwork, samples: Iterable[Values]) -> Scales:
    """Of all operators and float inputs but logits."""
    seen: dict[FloatOperator, list[Array]] = {}
    for sample in samples:
        for operator, output in run(network, sample).items():
            if operator.kind not in NO_SCALE:
                seen.setdefault(operator, []).append(_some(operator, output))
    if not seen:
        raise ExportError("calibration needs at least one sample")
    scales: Scales = {}
    readers = network.readers()
    for operator in (*network.inputs.values(), *network.operators):
        if operator.kind in SAME:
            scales[operator] = scales[operator.inputs[0]] * operator.factors[0]
        elif operator.kind not in NO_SCALE:
            scales[operator] = _scale(operator, readers.get(operator, []), seen)
    return scales


def _some(operator: FloatOperator, output: Array) -> Array:
    if operator.kind in ("attention_scores", "softmax"):
        return output
    if output.ndim == 2:
        return output[:: -(-len(output) // ROWS)]
    return output.ravel()[:: -(-output.size // ELEMENTS)]


def _scale(
    operator: FloatOperator, readers: list[FloatOperator], seen: dict[FloatOperator, list[Array]]
) -> float:
    if operator.kind == "softmax":
        return SOFTMAX
    samples = seen[operator]
    if operator.kind == "attention_scores":
        return _score_scale(samples)
    values = np.concatenate([sample.ravel() for sample in samples])
    if "clip" in operator.fields:  # cutting off at 127 steps is the clip
        return min(operator["clip"] / 127, best_scale(values))
    if len(readers) == 1 and readers[0].kind == "activation":
        return _scale_before(readers[0], values)
    for norm in readers:
        if norm.kind == "norm" and len(norm.inputs) == 2 and norm.inputs[1] is operator:
            return _summand_scale(norm, np.concatenate(seen[norm.inputs[0]]), np.concatenate(samples))
    return best_scale(values)


def _rounded(values: Array, scale: float) -> Array:
    return np.clip(np.rint(values / scale), -128, 127) * scale


def _scale_before(activation: FloatOperator, values: Array) -> float:
    exact = evaluate(activation, [values])

    def error(scale: float) -> float:
        return float(((evaluate(activation, [_rounded(values, scale)]) - exact) ** 2).mean())

    return best_scale(values, error)


def _summand_scale(norm: FloatOperator, x: Array, y: Array) -> float:
    """Least squared error of the normalised sum of exact x and quantised y."""
    exact = evaluate(norm, [x, y])

    def error(scale: float) -> float:
        return float(((evaluate(norm, [x, _rounded(y, scale)]) - exact) ** 2).mean())

    return best_scale(y.ravel(), error)


def _score_scale(samples: list[Array]) -> float:
    """Least squared error of the integer softmax."""
    kept = samples[: max(1, SCORES // max(s.size for s in samples))]
    values = np.concatenate([s.ravel() for s in kept])
    exact = [_softmax(s) for s in kept]

    def error(scale: float) -> float:
        table = exponential_table(scale).astype(np.int64)
        return sum(
            float(((_integer_softmax(s, scale, table) / 127 - p) ** 2).sum())
            for s, p in zip(kept, exact)
        )

    return best_scale(values, error)


def _softmax(scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def _integer_softmax(scores: Array, scale: float, table: Array) -> Array:
    """In 127ths; scores of -infinity are hidden."""
    hidden = ~np.isfinite(scores)
    steps = np.clip(np.rint(np.where(hidden, 0, scores) / scale), -128, 127).astype(np.int64)
    most = np.where(hidden, -128, steps).max(-1, keepdims=True)
    exponentials = np.where(hidden, 0, table[np.clip(most - steps, 0, 255)])
    total = exponentials.sum(-1, keepdims=True)
    return (127 * exponentials + total // 2) // total
