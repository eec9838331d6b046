"""Attention: scores, their soft-max, and the sums of values that it weighs."""

from __future__ import annotations

import numpy as np

from scripts.export.graph_fields import (
    MAX_FEATURES,
    MAX_TOKENS,
    MULTIPLIER,
    SHIFT,
    Choice,
    Kind,
    TensorName,
    Whole,
)
from scripts.export.graph_shapes import TARGET, Checked, Scores, Shape, Tokens

EXPONENTIAL_STEPS = 256


def _attention_scores(op: Checked) -> Shape:
    q, k = op.tokens(0), op.tokens(1)
    heads, kv_heads = op["heads"], op["kv_heads"]
    if heads % kv_heads:
        op.fail(f"kv_heads is {kv_heads}; it must divide the {heads} heads")
    if q.features % heads or k.features % kv_heads or q.features // heads != k.features // kv_heads:
        op.fail(
            f"{q.features} and {k.features} features in {heads} heads and {kv_heads} of keys; "
            "the two must divide into heads of equal size"
        )
    _check_mask(op, q, k)
    if "bias" in op:
        _check_bias(op, q, k)
    return Scores(heads, kv_heads, q.rows, k.rows)


def _check_mask(op: Checked, q: Tokens, k: Tokens) -> None:
    """A target token sees itself and earlier ones only."""
    if k.rows == TARGET and q.rows != TARGET:
        op.fail(f"{op.input_name(0)} is not of target rows; only those may attend to target rows")
    wanted = "causal" if k.rows == TARGET else "none"
    if q.rows == TARGET and op["mask"] != wanted:
        op.fail(f"mask is {op['mask']}; use {wanted} for these keys of target rows")
    if "window" in op and q.rows != k.rows:
        op.fail("a window, but queries and keys differ in number; leave it out")


def _check_bias(op: Checked, q: Tokens, k: Tokens) -> None:
    fixed = isinstance(q.rows, int), isinstance(k.rows, int)
    if any(fixed) and q.rows != k.rows:
        op.fail("a bias, but queries and keys differ in number; leave it out")
    op.tensor("bias", op["heads"], 2 * op.positions(q) - 1)


def _softmax(op: Checked) -> Shape:
    table = op.tensor("table", EXPONENTIAL_STEPS)
    if table[0] != 65535 or (np.diff(table.astype(int)) > 0).any():
        op.fail("the exp table must start with 65535 and never rise")
    return op.inputs[0]


def _attention_values(op: Checked) -> Shape:
    p, v = op.inputs[0], op.tokens(1)
    if (op["heads"], op["kv_heads"]) != (p.heads, p.kv_heads):
        op.fail(
            f"{op['heads']} heads and {op['kv_heads']} of values; "
            f"expected {p.heads} and {p.kv_heads} as in its scores"
        )
    if v.features % p.kv_heads:
        op.fail(f"{v.features} features in {p.kv_heads} heads; they must divide")
    if v.rows != p.keys:
        op.fail(
            f"keys and values {op.input_name(1)} are of different sentences; "
            "both must have the same rows"
        )
    return Tokens(p.rows, v.features // p.kv_heads * p.heads)


_HEADS = {
    "heads": Whole(1, MAX_FEATURES),
    "kv_heads": Whole(1, MAX_FEATURES),
    "multiplier": MULTIPLIER,
    "shift": SHIFT,
}
KINDS = {
    "attention_scores": Kind(
        (2, 2),
        _attention_scores,
        _HEADS | {"mask": Choice(("none", "causal"))},
        {"bias": TensorName("I32"), "window": Whole(1, MAX_TOKENS)},
    ),
    "softmax": Kind((1, 1), _softmax, {"table": TensorName("U16")}, first="attention_scores"),
    "attention_values": Kind((2, 2), _attention_values, _HEADS, first="softmax"),
}
