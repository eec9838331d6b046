"""Length-bucketed batches in an order that depends on the seed only."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from scripts.models.translation.model import pad
from scripts.models.translation.vocabulary import BOS, TokenPair

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # source, decoder input, expected output


def to_batch(pairs: list[TokenPair]) -> Batch:
    sources, targets = [p[0] for p in pairs], [p[1] for p in pairs]
    return pad(sources), pad([[BOS] + t[:-1] for t in targets]), pad(targets)


def buckets(pairs: list[TokenPair], max_tokens: int, order: list[int]) -> list[list[int]]:
    """Indices of pairs of similar length together, equal lengths in the given order.

    Rows * longest row of a bucket stays within max_tokens, except that one row always fits.
    """
    result: list[list[int]] = []
    longest = 0
    for i in sorted(order, key=lambda i: (len(pairs[i][1]), len(pairs[i][0]))):
        longest = max(longest, *map(len, pairs[i]))
        if not result or (len(result[-1]) + 1) * longest > max_tokens:
            result.append([])
            longest = max(map(len, pairs[i]))
        result[-1].append(i)
    return result


def training_batches(pairs: list[TokenPair], max_tokens: int, seed: int) -> Iterator[Batch]:
    """One epoch: equal lengths are shuffled before bucketing, the batches after it."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(pairs), generator=generator).tolist()
    groups = buckets(pairs, max_tokens, order)
    for group in torch.randperm(len(groups), generator=generator).tolist():
        yield to_batch([pairs[i] for i in groups[group]])


def evaluation_batches(pairs: list[TokenPair], max_tokens: int) -> Iterator[Batch]:
    for group in buckets(pairs, max_tokens, list(range(len(pairs)))):
        yield to_batch([pairs[i] for i in group])
