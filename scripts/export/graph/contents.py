"""What is exported besides the model, and what can be said of it without the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scripts.export.check_tokens import check_number, check_sentence, check_whole
from scripts.export.errors import ExportError
from scripts.export.graph.network import Values
from scripts.export.graph.texts import check_texts
from scripts.export.metadata import Origin
from scripts.export.network_rules import MODEL_FIELDS

TOKEN_INPUTS = {"encoder": ("source",), "decoder": ("prompt",), "encoder_decoder": ("source", "target")}


@dataclass(frozen=True)
class Contents:
    """What a trace holds besides the model.

    calibration: inputs that are like those to come; 100 are plenty. samples: whose int8 results the
    trace holds. labels: what is right for each sample, an index into the first output. points:
    (sample, operator) whose outputs are stored, (sample, None) for all operators; by default all of
    sample 0 but logits.
    Of networks of tokens: `kind`, `max_tokens`, `eos`, `bos` (encoder_decoder), `allowed_tokens`
    (decoder), for each sample how many tokens it may produce, and `texts` for people: "source" and
    "human", one a sample, and "vocabulary", one a token, '▁' standing for a space.
    masks: by operator or module path an array of its weight's shape, not 0 where the weight is kept;
    matrices without one have those of their zeros, unless keep_zeros is set.
    """

    name: str
    origin: Origin
    calibration: Sequence[Values]
    samples: Sequence[Values]
    labels: Sequence[int] | None = None
    kind: str = "feed_forward"
    max_tokens: int = 0
    bos: int | None = None
    eos: int | None = None
    allowed_tokens: Sequence[int] = ()
    points: Sequence[tuple[int, str | None]] | None = None
    keep_zeros: bool = False
    masks: Mapping[str, Any] | None = None
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)


def check_contents(c: Contents) -> None:
    if c.kind != "feed_forward" and c.kind not in TOKEN_INPUTS:
        kinds = ", ".join(["feed_forward", *TOKEN_INPUTS])
        raise ExportError(f"kind {c.kind!r}; use one of {kinds}")
    if not c.samples or not c.calibration:
        raise ExportError("samples and calibration: give at least one each")
    if c.labels is not None and c.kind in ("decoder", "encoder_decoder"):
        raise ExportError(f"labels: {c.kind} makes tokens; give labels to the other kinds only")
    if c.labels is not None and len(c.labels) != len(c.samples):
        raise ExportError(f"labels: {len(c.labels)} for {len(c.samples)} samples; give one each")
    check_texts(c.texts, c.kind, len(c.samples))
    if c.kind in TOKEN_INPUTS:
        _check_tokens(c)
    else:
        _check_shapes(c)


def _check_shapes(c: Contents) -> None:
    for where, name, values in given(c):
        wanted, found = (list(np.shape(v)) for v in (c.samples[0][name], values))
        if found != wanted:
            raise ExportError(f"{where}: {name} is {found}; that of samples: number 0 is {wanted}: give one shape")


def _check_tokens(c: Contents) -> None:
    check_number("max_tokens", c.max_tokens, *MODEL_FIELDS["max_tokens"])
    needed = {"decoder": ["eos"], "encoder_decoder": ["bos", "eos"]}.get(c.kind, [])
    for key in needed:
        if getattr(c, key) is None:
            raise ExportError(f"{key}: {c.kind} needs the token; give its number")
        check_whole(key, getattr(c, key))
    if c.kind == "decoder" and len(c.allowed_tokens) != len(c.samples):
        raise ExportError(
            f"allowed_tokens: {len(c.allowed_tokens)} numbers for {len(c.samples)} samples; give one each"
        )
    for where, name, tokens in given(c):
        check_sentence(tokens, c.max_tokens, f"{where}: {name}")


def given(c: Contents) -> Iterator[tuple[str, str, Any]]:
    """Every input of calibration and samples, with its place and its name."""
    for what, rows in (("calibration", c.calibration), ("samples", c.samples)):
        for i, inputs in enumerate(rows):
            yield from ((f"{what}: number {i}", name, tokens) for name, tokens in inputs.items())
