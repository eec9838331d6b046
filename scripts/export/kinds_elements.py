"""Operators that work element by element or row by row, and those that join and cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scripts.export.graph_fields import (
    AXIS,
    MAX_FEATURES,
    MAX_NORM_FEATURES,
    MAX_TOKENS,
    MULTIPLIER,
    MULTIPLIER16,
    MULTIPLIER24,
    SHIFT,
    Choice,
    Flag,
    Kind,
    TensorName,
    Whole,
    Wholes,
)
from scripts.export.graph_shapes import Checked, Map, Shape, Tokens

BOUND = 2**24  # of |gamma|, |cosine|, |sine|


def _pair(op: Checked) -> Shape:
    x, y = op.inputs
    one = Map(x.features, 1, 1) if isinstance(x, Map) else Tokens(1, x.features)
    if y not in (x, one):
        op.fail(
            f"{op.input_name(0)} and {op.input_name(1)} differ in shape; "
            "the second must be like the first, or one row or pixel of it"
        )
    return x


def _side(op: Checked, shape: Shape) -> tuple[str, int]:
    """The field of a shape that the axis names, and its size."""
    if isinstance(shape, Map):
        if op["axis"] == "tokens":
            op.fail("axis is 'tokens', but the inputs are maps; use features: their channels")
        return "channels", shape.channels
    if op["axis"] == "features":
        return "features", shape.features
    return "rows", op.fixed_rows(shape)


def _concat(op: Checked) -> Shape:
    if len(op["multipliers"]) != len(op.inputs):
        op.fail(f"{len(op['multipliers'])} multipliers for {len(op.inputs)} inputs; use as many")
    first = op.inputs[0]
    key, size = _side(op, first)
    for i, shape in enumerate(op.inputs[1:], 1):
        if type(shape) is not type(first) or replace(shape, **{key: size}) != first:
            op.fail(f"{op.input_name(0)} and {op.input_name(i)} differ in more than the axis")
    return replace(first, **{key: sum(_side(op, shape)[1] for shape in op.inputs)})


def _split(op: Checked) -> Shape:
    x, begin, size = op.inputs[0], op["begin"], op["size"]
    if isinstance(x, Tokens) and op["axis"] == "tokens" and (begin, size) == (0, 1):
        op.refuse_target(x)
        return Tokens(1, x.features)
    key, whole = _side(op, x)
    if begin + size > whole:
        op.fail(f"takes {begin} to {begin + size - 1} of {whole}")
    return replace(x, **{key: size})


def _activation(op: Checked) -> Shape:
    op.tensor("table", 256)
    return op.inputs[0]


def _norm(op: Checked) -> Shape:
    x = op.tokens(0)
    has_y = len(op.inputs) == 2
    if has_y and op.tokens(1) != x:
        op.fail(f"adds {x.features} and {op.tokens(1).features} features; expected equal shapes")
    op.both_or_neither("y_multiplier", has_y, "it comes with a second input")
    if x.features > MAX_NORM_FEATURES:
        op.fail(f"{x.features} features; at most {MAX_NORM_FEATURES}")
    gamma, beta = (op.tensor(key, x.features) for key in ("gamma", "beta"))
    if np.abs(gamma.astype(np.int64)).max() >= BOUND:
        op.fail("|gamma| must stay below 2^24")
    if beta.min() == -(2**31):
        op.fail("|beta| must stay below 2^31")
    return x


def _rotary(op: Checked) -> Shape:
    x = op.tokens(0)
    if x.features % op["heads"]:
        op.fail(f"{x.features} features in {op['heads']} heads; they must divide")
    pairs, head = op.tensor_sides("cosine", 2)[1], x.features // op["heads"]
    if 2 * pairs > head:
        op.fail(f"{pairs} pairs a head; at most {head // 2} fit {head} features")
    for key in ("cosine", "sine"):
        tensor = op.tensor(key, op.positions(x), pairs)
        if np.abs(tensor.astype(np.int64)).max() >= BOUND:
            op.fail(f"|{key}| must stay below 2^24")
    return x


KINDS = {
    "add": Kind(
        (2, 2),
        _pair,
        {
            "x_multiplier": MULTIPLIER24,
            "y_multiplier": MULTIPLIER24,
            "shift": SHIFT,
            "relu": Flag(),
        },
    ),
    "multiply": Kind((2, 2), _pair, {"multiplier": MULTIPLIER, "shift": SHIFT}),
    "concat": Kind(
        (2, 64), _concat, {"axis": AXIS, "multipliers": Wholes(None, 0, 2**24 - 1), "shift": SHIFT}
    ),
    "split": Kind(
        (1, 1), _split, {"axis": AXIS, "begin": Whole(0, MAX_TOKENS), "size": Whole(1, MAX_TOKENS)}
    ),
    "activation": Kind((1, 1), _activation, {"table": TensorName("I8")}),
    "norm": Kind(
        (1, 2),
        _norm,
        {
            "norm": Choice(("layer", "rms")),
            "gamma": TensorName("I32"),
            "beta": TensorName("I32"),
            "x_multiplier": MULTIPLIER16,
            "shift": SHIFT,
        },
        {"y_multiplier": MULTIPLIER16},
    ),
    "rotary": Kind(
        (1, 1),
        _rotary,
        {
            "cosine": TensorName("I32"),
            "sine": TensorName("I32"),
            "heads": Whole(1, MAX_FEATURES),
            "pairs": Choice(("halves", "neighbours")),
            "multiplier": MULTIPLIER24,
            "shift": SHIFT,
        },
    ),
}
