"""The arithmetic of attention. Scores and probabilities are [heads, queries, keys].

`first_row` is the position of query 0: decoding may evaluate one position at a time, and query i is
then at first_row + i, key j at j.
"""

from __future__ import annotations

import numpy as np

from scripts.export.integer_arithmetic import Array, clamp8, product, rshift


def split_heads(x: Array, heads: int) -> Array:
    """[T, F] -> [heads, T, F / heads]"""
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def _distance(queries: int, keys: int, first_row: int) -> Array:
    """[queries, keys]: key - query"""
    return np.arange(keys) - np.arange(first_row, first_row + queries)[:, None]


def hidden(
    queries: int, keys: int, mask: str, window: int | None = None, first_row: int = 0
) -> Array:
    """[queries, keys] True where a query must not look."""
    distance = _distance(queries, keys, first_row)
    wide = queries + keys + first_row
    ahead = distance > 0 if mask == "causal" else distance >= (window or wide)
    return ahead | (distance <= -(window or wide))


def attention_scores(
    q: Array,
    k: Array,
    heads: int,
    kv_heads: int,
    multiplier: int,
    shift: int,
    mask: str,
    window: int | None = None,
    bias: Array | None = None,
    first_row: int = 0,
) -> Array:
    """q [Lq, heads d], k [Lk, kv_heads d] -> [heads, Lq, Lk], 0 where a query must not look"""
    keys = split_heads(k, kv_heads).repeat(heads // kv_heads, 0)
    sums = product(split_heads(q, heads), keys.swapaxes(1, 2)) * multiplier
    if bias is not None:  # [heads, 2 M - 1], by key - query + M - 1
        sums = sums + bias[:, _distance(len(q), len(k), first_row) + bias.shape[1] // 2]
    return np.where(hidden(len(q), len(k), mask, window, first_row), 0, clamp8(rshift(sums, shift)))


def softmax(
    scores: Array, table: Array, mask: str, window: int | None = None, first_row: int = 0
) -> Array:
    """table [256] -> probabilities in 127ths, 0 where a query must not look"""
    unseen = hidden(*scores.shape[1:], mask, window, first_row)
    maximum = np.where(unseen, -128, scores).max(-1, keepdims=True)
    exponentials = np.where(
        unseen, 0, table.astype(np.int64)[np.where(unseen, 0, maximum - scores)]
    )
    total = exponentials.sum(-1, keepdims=True)
    return (127 * exponentials + total // 2) // total


def attention_values(
    p: Array, v: Array, heads: int, kv_heads: int, multiplier: int, shift: int
) -> Array:
    """p [heads, Lq, Lk], v [Lk, kv_heads d] -> [Lq, heads d]"""
    values = split_heads(v, kv_heads).repeat(heads // kv_heads, 0)
    sums = product(p, values).swapaxes(0, 1).reshape(p.shape[1], -1)
    return clamp8(rshift(sums * multiplier, shift))
