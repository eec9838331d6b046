"""Length-bucketed batches in an order that depends on the seed only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from scripts.models.text.vocabulary import PAD

Lengths = Sequence[tuple[int, ...]]  # of each sample: of each of its sides


def pad(rows: list[list[int]]) -> Tensor:
    """[rows, longest row], filled up with PAD."""
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def buckets(lengths: Lengths, max_tokens: int, order: list[int]) -> list[list[int]]:
    """Indices of samples of similar length together, equal lengths in the given order.

    Rows * longest row of a bucket stays within max_tokens, except that one row always fits. The
    last side of a sample counts first.
    """
    result: list[list[int]] = []
    longest = 0
    for i in sorted(order, key=lambda i: lengths[i][::-1]):
        longest = max(longest, *lengths[i])
        if not result or (len(result[-1]) + 1) * longest > max_tokens:
            result.append([])
            longest = max(lengths[i])
        result[-1].append(i)
    return result


def shuffled_buckets(lengths: Lengths, max_tokens: int, seed: int) -> list[list[int]]:
    """Those of one epoch: equal lengths are shuffled before bucketing, the buckets after it."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(lengths), generator=generator).tolist()
    groups = buckets(lengths, max_tokens, order)
    return [groups[i] for i in torch.randperm(len(groups), generator=generator).tolist()]
