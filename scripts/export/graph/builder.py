"""Makes the operators of a float network: shapes, and no second one that would do the same."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph.network import FloatOperator

Array = np.ndarray
MOVES = ("flatten", "unflatten", "split", "upsample")


class Builder:
    """`path`: of the module that operators belong to."""

    def __init__(self) -> None:
        self.path = ""
        self.known: dict[tuple, FloatOperator] = {}
        self.shared: set[FloatOperator] = set()  # whose outputs have other readers as they are

    def make(
        self,
        kind: str,
        inputs: Sequence[FloatOperator],
        shape: Sequence[int],
        factors: Sequence[float] = (),
        path: str | None = None,
        **fields: Any,
    ) -> FloatOperator:
        path = self.path if path is None else path
        return FloatOperator(
            kind, list(inputs), tuple(map(int, shape)), fields, [float(f) for f in factors], path
        )

    def once(
        self, kind: str, x: FloatOperator, makes: Sequence[int], fields: dict[str, Any]
    ) -> FloatOperator:
        """The same operator whenever it is asked for again: of kinds without constants."""
        key = (kind, x, *sorted((name, str(value)) for name, value in fields.items()))
        if key not in self.known:
            self.known[key] = FloatOperator(kind, [x], tuple(map(int, makes)), fields, path=self.path)
        return self.known[key]

    def constant(self, value: Array) -> FloatOperator:
        return self.make("constant", [], value.shape, value=np.ascontiguousarray(value, float))

    def refuse(self, kind: str, remedy: str) -> None:
        raise UnsupportedOperator(self.path or "model", kind, remedy)

    def flat(self, x: FloatOperator) -> FloatOperator:
        """One row [1, F] with the elements in the order of their memory."""
        if len(x.shape) == 2 and x.shape[0] == 1:
            return x
        if x.kind == "unflatten":
            return x.inputs[0]
        return self.once("flatten", x, (1, int(np.prod(x.shape))), {"to": "features"})

    def pixels(self, x: FloatOperator) -> FloatOperator:
        """[H * W, C] of a map"""
        return self.once("flatten", x, (x.shape[1] * x.shape[2], x.shape[0]), {"to": "tokens"})

    def unflat(self, x: FloatOperator, shape: Sequence[int]) -> FloatOperator:
        if x.kind == "flatten" and x["to"] == "features" and x.inputs[0].shape == tuple(shape):
            return x.inputs[0]
        return self.once("unflatten", x, shape, {"shape": [int(size) for size in shape]})

    def split(self, x: FloatOperator, axis: str, begin: int, size: int) -> FloatOperator:
        dimension = 1 if len(x.shape) == 2 and axis == "features" else 0
        shape = list(x.shape)
        if (begin, size) == (0, shape[dimension]):
            return x
        shape[dimension] = size
        return self.once("split", x, shape, {"axis": axis, "begin": int(begin), "size": int(size)})

    def rows(self, x: FloatOperator, rows: Array) -> FloatOperator:
        """A linear or conv2d with some of its features, in the order of `rows`."""
        if np.array_equal(rows, np.arange(len(x["weight"]))):
            return x
        key = ("rows", x, rows.tobytes())
        if key not in self.known:
            fields = x.fields | {"weight": x["weight"][rows], "bias": x["bias"][rows]}
            shape = (*x.shape[:-1], len(rows)) if len(x.shape) == 2 else (len(rows), *x.shape[1:])
            self.known[key] = self.make(x.kind, x.inputs, shape, x.factors, x.path, **fields)
        return self.known[key]

    def pointwise(self, x: FloatOperator, weight: Array, bias: Array) -> FloatOperator:
        """weight[c] * x[c] + bias[c] for each channel c of a map: a depthwise convolution."""
        return self.convolution(x, weight[:, None, None, None], bias, groups=len(weight))

    def convolution(
        self,
        x: FloatOperator,
        weight: Array,
        bias: Array,
        factor: float = 1.0,
        stride: Sequence[int] = (1, 1),
        padding: Sequence[int] = (0, 0, 0, 0),
        dilation: Sequence[int] = (1, 1),
        groups: int = 1,
    ) -> FloatOperator:
        size = window_counts(x.shape[1:], weight.shape[2:], stride, padding, dilation)
        return self.make(
            "conv2d",
            [x],
            (len(weight), *size),
            [factor],
            weight=weight,
            bias=bias,
            stride=list(stride),
            padding=[int(p) for p in padding],
            dilation=list(dilation),
            groups=groups,
        )


def window_counts(size, kernel, stride, padding, dilation=(1, 1), ceil_mode=False) -> list[int]:
    """Rows and columns of what windows over a map make."""
    found = []
    for i in range(2):
        before, after = padding[i], padding[i + 2]
        free = size[i] + before + after - dilation[i] * (kernel[i] - 1) - 1
        count = (ceil(free / stride[i]) if ceil_mode else free // stride[i]) + 1
        if ceil_mode and (count - 1) * stride[i] >= size[i] + before:
            count -= 1
        found.append(count)
    return found
