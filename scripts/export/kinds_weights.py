"""Operators that hold what a network has learnt: tables and weights."""

from __future__ import annotations

import math

import numpy as np

from scripts.export.graph_fields import (
    MAX_FEATURES,
    MAX_KERNEL,
    MAX_VOCABULARY,
    MULTIPLIER24,
    SHIFT,
    Flag,
    Kind,
    TensorName,
    Whole,
    Wholes,
)
from scripts.export.graph_shapes import (
    INT32_MAX,
    SOURCE,
    TARGET,
    Checked,
    Map,
    Shape,
    Tokens,
    fixed_shape,
    worst_case,
)
from scripts.export.masks import check_mask
from scripts.export.windows import sides

MAX_COLUMNS = 2**20  # of a row of weights


def _embedding(op: Checked) -> Shape:
    pieces, features = op.tensor_sides("table", 2)
    of_source = op.operator["inputs"][0] == "source"
    if not of_source:  # reads what the logits choose
        pieces = op.model["vocabulary"]
    op.tensor("table", pieces, features)
    if pieces > MAX_VOCABULARY:
        op.fail(f"a table of {pieces} tokens; at most {MAX_VOCABULARY}")
    op.both_or_neither("position_multiplier", "positions" in op, "it comes with positions")
    if "positions" in op:
        op.tensor("positions", op.model["max_tokens"], features)
    return Tokens(SOURCE if of_source else TARGET, features)


def _constant(op: Checked) -> Shape:
    return fixed_shape(op.tensor_sides("value", 2, 3), op.where)


def _weights(op: Checked, *columns: int) -> np.ndarray:
    """[rows, *columns], any number of rows."""
    rows = op.tensor_sides("weight", 1 + len(columns))[0]
    if rows > MAX_VOCABULARY:
        op.fail(f"{rows} rows of weights; at most {MAX_VOCABULARY}")
    weight = op.tensor("weight", rows, *columns)
    bias = op.tensor("bias", rows)
    if op.tensor("multiplier", rows).min() < 0:
        op.fail("a multiplier is negative; use 0 to 2^31-1")
    if worst_case(weight, bias).max() > INT32_MAX:
        op.fail("a sum could pass 32 bits; keep sum |weight| * 128 + |bias| below 2^31")
    if "mask" in op:
        flat = weight.reshape(rows, -1)
        check_mask(op.tensor("mask", rows, (flat.shape[1] + 7) // 8), flat, op.where)
    return weight


def _linear(op: Checked) -> Shape:
    x = op.tokens(0)
    return Tokens(x.rows, len(_weights(op, x.features)))


def _logits(op: Checked) -> Shape:
    x = op.tokens(0)
    weight = _weights(op, x.features)
    vocabulary = op.model.get("vocabulary", len(weight))
    if len(weight) != vocabulary:
        op.fail(f"{len(weight)} logits for a vocabulary of {vocabulary}")
    if "vocabulary" in op.model and x.rows != TARGET:
        op.fail(f"{op.input_name(0)} does not depend on the target, whose tokens logits choose")
    bound = worst_case(weight, op.tensor("bias", len(weight)))
    scaled = bound * op.tensor("multiplier", len(weight)).astype(object)  # past 2**63 on the way
    if any(value >> op["shift"] >= INT32_MAX for value in scaled):
        op.fail("a logit could pass 32 bits; use smaller multipliers or a larger shift")
    return Tokens(x.rows, len(weight))


def _conv2d(op: Checked) -> Shape:
    x, groups = op.map(0), op["groups"]
    outputs, _, *kernel = op.tensor_sides("weight", 4)
    if max(kernel) > MAX_KERNEL:
        op.fail(f"a kernel of {kernel[0]} x {kernel[1]}; at most {MAX_KERNEL} x {MAX_KERNEL}")
    if x.channels % groups or outputs % groups:
        op.fail(f"{groups} groups; they must divide {x.channels} and {outputs} channels")
    columns = (x.channels // groups, *kernel)
    if math.prod(columns) > MAX_COLUMNS:
        op.fail(f"an output reads {math.prod(columns)} inputs; at most {MAX_COLUMNS}")
    _weights(op, *columns)
    around = sides((x.height, x.width), kernel, op["stride"], op["padding"], op["dilation"])
    rows, columns = (side.positions for side in around)
    if min(rows, columns) < 1:
        op.fail("no window fits the map and its padding; at least one must")
    return Map(outputs, rows, columns)


_MATRIX = {
    "weight": TensorName("I8"),
    "bias": TensorName("I32"),
    "multiplier": TensorName("I32"),
    "shift": SHIFT,
}
_MASK = {"mask": TensorName("U8")}
PAIR = Wholes(2, 1, MAX_KERNEL)
PADDING = Wholes(4, 0, MAX_KERNEL)
KINDS = {
    "embedding": Kind(
        (1, 1),
        _embedding,
        {"table": TensorName("I8"), "token_multiplier": MULTIPLIER24, "shift": SHIFT},
        {"positions": TensorName("I8"), "position_multiplier": MULTIPLIER24},
    ),
    "constant": Kind((0, 0), _constant, {"value": TensorName("I8")}),
    "linear": Kind((1, 1), _linear, _MATRIX | {"relu": Flag()}, _MASK),
    "logits": Kind((1, 1), _logits, _MATRIX, _MASK),
    "conv2d": Kind(
        (1, 1),
        _conv2d,
        _MATRIX
        | {
            "stride": PAIR,
            "dilation": PAIR,
            "padding": PADDING,
            "groups": Whole(1, MAX_FEATURES),
            "relu": Flag(),
        },
        _MASK,
    ),
}
