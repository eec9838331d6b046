"""Batches of sentence pairs."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from scripts.models.text.batches import Lengths, buckets, pad, shuffled_buckets
from scripts.models.text.vocabulary import BOS
from scripts.models.translation.vocabulary import TokenPair

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # source, decoder input, expected output


def to_batch(pairs: list[TokenPair]) -> Batch:
    sources, targets = [p[0] for p in pairs], [p[1] for p in pairs]
    return pad(sources), pad([[BOS] + t[:-1] for t in targets]), pad(targets)


def lengths(pairs: list[TokenPair]) -> Lengths:
    return [(len(source), len(target)) for source, target in pairs]


def training_batches(pairs: list[TokenPair], max_tokens: int, seed: int) -> Iterator[Batch]:
    """One epoch."""
    for group in shuffled_buckets(lengths(pairs), max_tokens, seed):
        yield to_batch([pairs[i] for i in group])


def evaluation_batches(pairs: list[TokenPair], max_tokens: int) -> Iterator[Batch]:
    for group in buckets(lengths(pairs), max_tokens, list(range(len(pairs)))):
        yield to_batch([pairs[i] for i in group])
