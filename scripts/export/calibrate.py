"""Static activation scales: one real number per operator output, chosen on calibration sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from scripts.export import integer_operators
from scripts.export.float_model import FloatModel

Array = np.ndarray
Pair = tuple[Sequence[int], Sequence[int]]  # source tokens; target tokens without BOS
SAMPLES_PER_SENTENCE = 2000  # of each operator, at most
CLIPS = np.geomspace(0.25, 1, 24)  # candidate clipping points, as parts of the largest magnitude


def activation_scales(model: FloatModel, pairs: Iterable[Pair]) -> dict[str, float]:
    """Operator name -> value of one int8 step of its output. Softmax and logits have none."""
    samples: dict[str, list[Array]] = {operator["name"]: [] for operator in model.operators}
    scores: dict[str, list[Array]] = {}
    for source, target in pairs:
        outputs = model.run(source, [model.shape["bos"], *target[:-1]])
        for operator in model.operators:
            output = outputs[operator["name"]]
            if operator["kind"] == "attention_scores":
                scores.setdefault(operator["name"], []).append(output)
            elif operator["kind"] not in ("softmax", "logits"):
                samples[operator["name"]].append(_sample(output))
    if not any(samples.values()):
        raise ValueError("calibration needs at least one sentence pair")
    scales = {name: best_scale(np.concatenate(parts)) for name, parts in samples.items() if parts}
    return scales | {name: best_score_scale(parts) for name, parts in scores.items()}


def _sample(output: Array) -> Array:
    flat = output.ravel()
    return flat[:: -(-len(flat) // SAMPLES_PER_SENTENCE)]


def best_scale(values: Array) -> float:
    """Least squared error between rounding of what is kept and clipping of what is not."""
    largest = np.abs(values).max()
    candidates = CLIPS * (largest or 1.0) / 127
    return _rounded(min(candidates, key=lambda scale: rounding_error(values, scale)))


def rounding_error(values: Array, scale: float) -> float:
    quantised = np.clip(np.rint(values / scale), -128, 127) * scale
    return float(((quantised - values) ** 2).mean())


def best_score_scale(scores: list[Array]) -> float:
    """Least squared error of the integer softmax, which is what scores are for: far-off keys may
    well be clipped.
    """
    largest = max(np.abs(s[np.isfinite(s)]).max() for s in scores)
    candidates = CLIPS * (largest or 1.0) / 127
    return _rounded(
        min(candidates, key=lambda scale: sum(_softmax_error(s, scale) for s in scores))
    )


def _softmax_error(scores: Array, scale: float) -> float:
    hidden = ~np.isfinite(scores)
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    exact = exponentials / exponentials.sum(-1, keepdims=True)
    steps = np.clip(np.rint(np.where(hidden, 0, scores) / scale), -128, 127).astype(np.int64)
    rounded = integer_operators.softmax(steps, exponential_table(scale), causal=bool(hidden.any()))
    return float(((rounded / 127 - exact) ** 2).sum())


def exponential_table(score_scale: float) -> Array:
    return np.rint(65535 * np.exp(-np.arange(256) * score_scale)).astype(np.uint16)


def _rounded(scale: float) -> float:
    """To float32, so that a last bit of another machine's matrix product changes no constant of the
    trace.
    """
    return float(np.float32(scale))
