"""Static activation scales: one real number per operator output, chosen on calibration sentences.

The error that counts is the one behind the operator where that differs from its own: a softmax
forgives what happens to far-off keys, a normalisation divides large tokens by their own size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.export.errors import ExportError
from scripts.export.float_model import FUNCTIONS, FloatModel
from scripts.export.graph_fields import Operator
from scripts.export.integer_attention import softmax

Array = np.ndarray
Pair = tuple[Sequence[int], Sequence[int]]  # source tokens; target tokens without BOS
Error = Callable[[float], float]  # of a scale
ROWS_PER_SENTENCE = 16  # tokens that are looked at, at most; attention scores: all
CLIPS = np.geomspace(0.25, 1, 24)  # candidate clipping points, as parts of the largest magnitude


def activation_scales(model: FloatModel, pairs: Sequence[Pair]) -> dict[str, float]:
    """Operator name -> value of one int8 step of its output. Softmax and logits have none."""
    samples: dict[str, list[Array]] = {operator["name"]: [] for operator in model.operators}
    for source, target in pairs:
        outputs = model.run(source, [model.shape["bos"], *target[:-1]])
        for operator in model.operators:
            output = outputs[operator["name"]]
            whole = operator["kind"] == "attention_scores"
            samples[operator["name"]].append(output if whole else _some_rows(output))
    if not pairs:
        raise ExportError("calibration needs at least one sentence pair")
    return {
        operator["name"]: _scale(model, operator, samples)
        for operator in model.operators
        if operator["kind"] not in ("softmax", "logits")
    }


def _some_rows(output: Array) -> Array:
    return output[:: -(-len(output) // ROWS_PER_SENTENCE)]


def _scale(model: FloatModel, operator: Operator, samples: dict[str, list[Array]]) -> float:
    name = operator["name"]
    if operator["kind"] == "attention_scores":
        return best_score_scale(samples[name])
    values = np.concatenate(samples[name])
    for norm in model.operators:
        if norm["kind"] == "add_norm" and norm["inputs"][1] == name != norm["inputs"][0]:
            x = np.concatenate(samples[norm["inputs"][0]])
            return best_scale(values, _error_behind(model, norm, x, values))
    return best_scale(values)


def best_scale(values: Array, error: Error | None = None) -> float:
    """The candidate with the least error; by default, of rounding and clipping themselves."""
    error = error or (lambda scale: rounding_error(values, scale))
    finite = values[np.isfinite(values)]
    candidates = CLIPS * (np.abs(finite).max() or 1.0) / 127
    # float32, so that a last bit of another machine's products changes no constant of the trace
    return float(np.float32(min(candidates, key=error)))


def rounding_error(values: Array, scale: float) -> float:
    return float(((_rounded(values, scale) - values) ** 2).mean())


def _rounded(values: Array, scale: float) -> Array:
    return np.clip(np.rint(values / scale), -128, 127) * scale


def _error_behind(model: FloatModel, norm: Operator, x: Array, y: Array) -> Error:
    """Squared error of the normalised sum of exact x and quantised y."""
    add_norm = FUNCTIONS["add_norm"]
    exact = add_norm(model, norm, x, y)
    return lambda scale: float(((add_norm(model, norm, x, _rounded(y, scale)) - exact) ** 2).mean())


def best_score_scale(scores: Sequence[Array]) -> float:
    """Least squared error of the integer softmax."""
    values = np.concatenate([s.ravel() for s in scores])
    return best_scale(values, lambda scale: sum(_softmax_error(s, scale) for s in scores))


def _softmax_error(scores: Array, scale: float) -> float:
    hidden = ~np.isfinite(scores)
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    exact = exponentials / exponentials.sum(-1, keepdims=True)
    steps = np.clip(np.rint(np.where(hidden, 0, scores) / scale), -128, 127).astype(np.int64)
    table = exponential_table(scale)
    rounded = softmax(steps, table, "causal" if hidden.any() else "none")
    return float(((rounded / 127 - exact) ** 2).sum())


def exponential_table(score_scale: float) -> Array:
    return np.rint(65535 * np.exp(-np.arange(256) * score_scale)).astype(np.uint16)
