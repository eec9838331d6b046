"""Lengths of sentences, and tokens, that a proof tries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

LENGTHS = 16  # different ones, where the model takes so many
EVERY_LENGTH = 128  # sentences are tried at every length up to this one
PROBES = 16  # inputs at least


def spread_lengths(longest: int) -> list[int]:
    """1, 2, 3 and so on to the longest, LENGTHS of them at growing distances."""
    if longest <= LENGTHS:
        return list(range(1, longest + 1))
    lengths = {*np.rint(np.geomspace(1, longest, LENGTHS)).astype(int).tolist(), longest - 1}
    missing = (n for n in range(1, longest) if n not in lengths)
    lengths.update(islice(missing, max(2, LENGTHS - len(lengths))))
    return sorted(lengths)


def every_length(longest: int) -> list[int]:
    """All to EVERY_LENGTH, and LENGTHS longer ones at equal distances."""
    every = min(longest, EVERY_LENGTH)
    longer = np.linspace(every, longest, LENGTHS + 1).astype(int).tolist()
    return sorted({*range(1, every + 1), *longer})


def sizes(names: Sequence[str], longest: int) -> Iterator[dict[str, int]]:
    """At least 16 that cover all lengths; of two inputs equal and unequal ones: what a model may do
    where both have one length shows in no other pair.
    """
    lengths = spread_lengths(longest)
    if len(names) > 1:
        pairs = [(longest, longest), (1, longest), (longest, 1), (1, 1)]
        step = next(s for s in (5, 7, 3, 1) if len(lengths) % s or s == 1)
        pairs += [(n, lengths[(i * step + 1) % len(lengths)]) for i, n in enumerate(lengths)]
        yield from (dict(zip(names, pair)) for pair in pairs)
    every = every_length(longest)
    for n in [*every, *(every[i % len(every)] for i in range(PROBES - len(every)))]:
        yield dict.fromkeys(names, n)


def tried_tokens(vocabulary: int, special: Sequence[int], most: int) -> list[int]:
    """All, or both ends, the special ones and an even spread."""
    if vocabulary <= most:
        return list(range(vocabulary))
    ends = [*range(min(64, most)), *range(vocabulary - min(64, most), vocabulary)]
    spread = np.linspace(0, vocabulary - 1, most).astype(int).tolist()
    return sorted({*ends, *spread, *(t for t in special if t < vocabulary)})
