"""How well a model foretells tokens."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

from scripts.models.text.vocabulary import PAD


@torch.no_grad()
def mean_loss(batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Negative log likelihood of an expected token, in nats; padding does not count.

    Of logits [rows, longest row, vocabulary] and expected tokens [rows, longest row].
    """
    total, tokens = 0.0, 0
    for logits, expected in batches:
        losses = functional.cross_entropy(
            logits.flatten(0, 1), expected.flatten(), ignore_index=PAD, reduction="sum"
        )
        total += float(losses)
        tokens += int((expected != PAD).sum())
    return total / tokens
