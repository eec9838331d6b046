"""Operators on maps, and those that make maps of tokens and tokens of maps."""

from __future__ import annotations

import math

from scripts.export.graph_fields import (
    MAX_SIDE,
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
from scripts.export.kinds_weights import PADDING, PAIR
from scripts.export.windows import sides

MAX_FACTOR = 64
MAX_TABLE = 65536


def _pool(op: Checked) -> Shape:
    x = op.map(0)
    around = sides(
        (x.height, x.width),
        op["kernel"],
        op["stride"],
        op["padding"],
        op.operator.get("dilation"),
        op["ceil_mode"],
    )
    for side in around:
        if max(side.before, side.behind) >= side.extent:
            op.fail(
                f"padding of {side.before} and {side.behind}; "
                f"it must be narrower than the window's {side.extent}"
            )
    if min(side.positions for side in around) < 1:
        op.fail("no window fits the map and its padding; at least one must")
    if any(side.has_empty_window() for side in around):
        op.fail("a window lies on no element of the map; each must have one")
    return Map(x.channels, *(side.positions for side in around))


def _global_average(op: Checked) -> Shape:
    x = op.inputs[0]
    op.refuse_target(x)
    return Map(x.channels, 1, 1) if isinstance(x, Map) else Tokens(1, x.features)


def _upsample(op: Checked) -> Shape:
    x = op.map(0)
    size = zip((x.height, x.width), op["factor"])
    if op["fill"] == "zeros":
        return Map(x.channels, *((n - 1) * factor + 1 for n, factor in size))
    return Map(x.channels, *(n * factor for n, factor in size))


def _flatten(op: Checked) -> Shape:
    if op["to"] == "tokens":
        x = op.map(0)
        return Tokens(x.height * x.width, x.channels)
    x = op.inputs[0]
    if isinstance(x, Map):
        return Tokens(1, math.prod(x.sides({})))
    return Tokens(1, op.fixed_rows(x) * x.features)


def _unflatten(op: Checked) -> Shape:
    x, wanted = op.tokens(0), math.prod(op["shape"])
    if x.rows != 1 or x.features != wanted:
        op.fail(f"makes a map of {wanted} elements; its input must be one row of as many")
    return Map(*op["shape"])


def _local_response_norm(op: Checked) -> Shape:
    (entries,) = op.tensor_sides("table", 1)
    if not 2 <= entries <= MAX_TABLE:
        op.fail(f"a table of {entries} entries; use 2 to {MAX_TABLE}")
    return op.map(0)


_AVERAGE = {"multiplier": MULTIPLIER24, "shift": Whole(0, 31)}
_WINDOWS = {"kernel": PAIR, "stride": PAIR, "padding": PADDING, "ceil_mode": Flag()}
KINDS = {
    "max_pool2d": Kind((1, 1), _pool, _WINDOWS | {"dilation": PAIR}),
    "average_pool2d": Kind((1, 1), _pool, _WINDOWS | _AVERAGE | {"count_padding": Flag()}),
    "global_average": Kind((1, 1), _global_average, _AVERAGE),
    "upsample": Kind(
        (1, 1),
        _upsample,
        {"factor": Wholes(2, 1, MAX_FACTOR), "fill": Choice(("nearest", "zeros"))},
    ),
    "flatten": Kind((1, 1), _flatten, {"to": Choice(("features", "tokens"))}),
    "unflatten": Kind((1, 1), _unflatten, {"shape": Wholes(3, 1, MAX_SIDE)}),
    "local_response_norm": Kind(
        (1, 1),
        _local_response_norm,
        {
            "table": TensorName("U16"),
            "size": Whole(1, 255),
            "table_shift": Whole(0, 31),
            "shift": SHIFT,
        },
    ),
}
