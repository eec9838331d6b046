"""Attention, recognised by its structure: a product of two values over the features of heads, a
softmax over keys, and a product with values.
"""

from __future__ import annotations

from math import prod

import numpy as np

from scripts.export.graph.affine import Affine, is_scalar, of
from scripts.export.graph.builder import Builder
from scripts.export.graph.folding import as_tokens
from scripts.export.graph.network import FloatOperator
from scripts.export.graph.primitives import Node

Array = np.ndarray
HIDDEN = -1e4  # a score is no more than this where a query must not look


def product(b: Builder, x: Affine, y: Affine, node: Node) -> Affine:
    if len(x.terms) == 1 and x.base.kind == "softmax":
        return _values(b, x, y, node)
    return _scores(b, x, y, node)


def _scores(b: Builder, x: Affine, y: Affine, node: Node) -> Affine:
    """x [..., queries, d], y [..., d, keys]"""
    q, q_factor, heads, _ = _heads(b, x, grouped=False)
    k, k_factor, _, kv_heads = _heads(b, y.moved(_turn, (*y.shape[:-2], *y.shape[:-3:-1])))
    shape = (heads, q.shape[0], k.shape[0])
    operator = b.make(
        "attention_scores", [q, k], shape, [q_factor, k_factor], heads=heads, kv_heads=kv_heads
    )
    return of(operator, node.shape)


def _turn(a: Array) -> Array:
    return a.swapaxes(-1, -2)


def _heads(b: Builder, x: Affine, grouped: bool = True) -> tuple[FloatOperator, float, int, int]:
    """x [..., T, d] as tokens [T, kv_heads * d], with the number of heads and of different ones."""
    heads, rows, size = prod(x.shape[:-2]), x.shape[-2], x.shape[-1]
    x = x.reshaped((heads, rows, size))
    different = _different(x, heads) if grouped else heads
    step = heads // different
    x = x.moved(lambda a: a[::step], (different, rows, size), step == 1)
    tokens = x.moved(
        lambda a: a.swapaxes(0, 1).reshape(rows, -1), (rows, different * size), different == 1
    )
    return *as_tokens(b, tokens), heads, different


def _different(x: Affine, heads: int) -> int:
    """How many heads there are when heads that repeat the one before count once."""
    if not x.is_single or x.terms[0].index is None:
        return heads
    index = x.terms[0].index
    for number in range(1, heads):
        if heads % number == 0:
            groups = index.reshape(number, heads // number, *x.shape[1:])
            if (groups == groups[:, :1]).all():
                return number
    return heads


def softmax(b: Builder, x: Affine, node: Node) -> Affine:
    """x are scores with a factor, a mask and a bias."""
    scores, term = x.base, x.terms[0]
    heads, queries, keys = scores.shape
    if term.index is not None or not is_scalar(term.factor) or node["axis"] != len(x.shape) - 1:
        b.refuse("a softmax over something else than all keys of a query", "use the plain softmax")
    if term.factor <= 0:
        b.refuse("attention scores with a negative factor", "use a positive one")
    constant = x.constant
    fields = dict(scores.fields) | {"scale": float(term.factor), "mask": "none"}
    if not is_scalar(constant):
        bias = np.broadcast_to(constant, x.shape).reshape(heads, queries, keys)
        fields |= _mask(b, bias <= HIDDEN)
        fields |= _bias(b, np.where(bias <= HIDDEN, np.nan, bias))
    operator = b.make(
        "attention_scores", scores.inputs, scores.shape, scores.factors, scores.path, **fields
    )
    fields = {key: fields[key] for key in ("heads", "kv_heads", "mask")}
    return of(b.make("softmax", [operator], scores.shape, **fields), node.shape)


def _mask(b: Builder, hidden: Array) -> dict[str, str | int]:
    """Fields that hide the same keys from the same queries, in all heads."""
    if not hidden.any():
        return {"mask": "none"}
    queries, keys = hidden.shape[1:]
    distance = np.arange(keys) - np.arange(queries)[:, None]  # j - i
    seen = distance[~hidden[0]]
    if queries == keys and len(seen) and (hidden == hidden[:1]).all():
        back, ahead = -seen.min() + 1, seen.max() + 1
        causal = (distance > 0) | (distance <= -back)
        if np.array_equal(hidden[0], causal):
            window = {} if back >= keys else {"window": int(back)}
            return {"mask": "causal"} | window
        if back == ahead and np.array_equal(hidden[0], np.abs(distance) >= back):
            return {"mask": "none", "window": int(back)}
    b.refuse(
        "an attention mask that is neither causal nor a window",
        "let queries see all keys, earlier ones, or those within a fixed distance",
    )
    raise AssertionError


def _bias(b: Builder, bias: Array) -> dict[str, Array]:
    """bias [heads, queries, keys], NaN where hidden, as one number a head and distance."""
    if not np.nan_to_num(bias).any():
        return {}
    heads, queries, keys = bias.shape
    if queries != keys:
        b.refuse("a bias of scores between two sentences", "bias self-attention only")
    distance = np.arange(keys) - np.arange(queries)[:, None] + queries - 1
    found = np.zeros((heads, 2 * queries - 1))
    for head in range(heads):
        for d in range(2 * queries - 1):
            values = np.diagonal(bias[head], d - queries + 1)
            values = values[~np.isnan(values)]
            if len(values) and np.ptp(values) > 1e-6 * max(1.0, np.abs(values).max()):
                b.refuse(
                    "a bias of scores that depends on more than the distance of query and key",
                    "use a relative bias",
                )
            found[head, d] = values[0] if len(values) else 0.0
    expected = found[:, distance]
    assert np.allclose(np.where(np.isnan(bias), expected, bias), expected, atol=1e-5)
    return {"bias": found}


def _values(b: Builder, x: Affine, y: Affine, node: Node) -> Affine:
    """x [..., queries, keys] probabilities, y [..., keys, d]"""
    p, term = x.base, x.terms[0]
    if term.index is not None or not x.is_single:
        b.refuse("arithmetic on probabilities of attention", "multiply them with the values as they are")
    v, factor, heads, kv_heads = _heads(b, y)
    size, queries = y.shape[-1], p.shape[1]
    if heads != p.shape[0]:
        b.refuse("attention with values of another number of heads", "use one v head per k head")
    operator = b.make(
        "attention_values",
        [p, v],
        (queries, heads * size),
        [float(term.factor), factor],
        heads=heads,
        kv_heads=kv_heads,
    )
    tokens = of(operator, (queries, heads, size))
    return tokens.moved(lambda a: a.swapaxes(0, 1).reshape(node.shape), node.shape)
