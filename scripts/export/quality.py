"""How well an int8 translation model predicts: its negative log likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.export.integer_reference import IntegerModel
from scripts.export.trace import Trace


Pair = tuple[Sequence[int], Sequence[int]]  # source tokens; target tokens without BOS


def int8_loss(trace: Trace, pairs: Sequence[Pair]) -> float:
    """Nats a target token, teacher-forced, of a trace that comes straight from an exporter (with
    its scales).
    """
    model = IntegerModel(trace)
    scale = trace.scales[model.logits]
    return _mean_loss([(model.decode(*pair)[model.logits] * scale, pair[1]) for pair in pairs])


def _mean_loss(predictions: Sequence[tuple[np.ndarray, Sequence[int]]]) -> float:
    losses = []
    for logits, target in predictions:
        shifted = logits - logits.max(1, keepdims=True)
        log_sums = np.log(np.exp(shifted).sum(1))
        losses.append(log_sums - shifted[np.arange(len(target)), list(target)])
    return float(np.concatenate(losses).mean())
