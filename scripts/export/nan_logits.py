"""Why a model's logits hold NaN: a mask that hides every key, as one of padding does, or numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

import numpy as np

from scripts.export.calibrate import Pair
from scripts.export.calls import Call
from scripts.export.check_tokens import check_pairs_padding
from scripts.export.errors import ExportError
from scripts.export.proof import Answer, Original, Probe


def check_numbers(
    original: Original, before: Iterable[Answer], ordinary: Sequence[int], pairs: Sequence[Pair]
) -> None:
    """`ordinary`: source tokens that `before` is made of, hardly padding."""
    for probe, logits in before:
        if np.isnan(logits).any():
            _refuse(original, probe, ordinary, pairs)


def _refuse(
    original: Original, probe: Probe, ordinary: Sequence[int], pairs: Sequence[Pair]
) -> NoReturn:
    calls, _ = original.calls(probe)
    call = next((call for call in calls if not np.isfinite(call.output).all()), None)
    reason = "the outputs of all its layers are finite: let forward return them as they are"
    if call is not None:
        reason = f"the first numbers that are not finite are those of {call.path}: look there and at what it reads"
    if call is not None and _hides_keys(call):
        check_pairs_padding({"source": _padding(original, probe, ordinary)}, pairs)
        reason = f"{call.path} has a mask that hides every key, as one of BOS does: let it leave one"
    raise ExportError(f"the model's logits hold NaN on {probe}; {reason}")


def _hides_keys(call: Call) -> bool:
    """Nothing else makes NaN of queries, keys and values that overflow nowhere."""
    if call.kind != "attention":
        return False
    parts = (x @ call[part].weight.T + call[part].bias for part, x in zip("qkv", call.inputs))
    with np.errstate(all="ignore"):
        q, k, v = (np.linalg.norm(part, axis=1).max() for part in parts)
        return bool(max(q * k, q, k, v) < np.finfo(np.float32).max)


def _padding(original: Original, probe: Probe, ordinary: Sequence[int]) -> set[int]:
    """Source tokens of the probe that alone give NaN, where another one does not."""

    def is_hidden(token: int) -> bool:
        return bool(np.isnan(original.logits(Probe([token], probe.target[:1]))).any())

    hidden = {token for token in probe.source if is_hidden(token)}
    seen = next((token for token in ordinary if token not in hidden), None)
    return hidden if seen is not None and not is_hidden(seen) else set()
