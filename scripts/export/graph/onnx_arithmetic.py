"""ONNX nodes that compute element by element, products of matrices, and means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scripts.export.graph import pointwise
from scripts.export.graph.onnx_translation import Attributes, Translation
from scripts.export.graph.primitives import Node


def _add(t: Translation, a: Attributes, x: Any, *others: Any) -> Node:
    for y in others:
        x = t.node("add", [x, y], t.shape)
    return x


def _negative(t: Translation, x: Any) -> Any:
    return t.node("multiply", [x, -1.0], x.shape) if isinstance(x, Node) else np.negative(x)


def _sub(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    return t.node("add", [x, _negative(t, y)], t.shape)


def _mul(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    return t.unary(x, "square") if x is y else t.node("multiply", [x, y], t.shape)


def _div(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    inverse = t.unary(y, "reciprocal") if isinstance(y, Node) else 1 / np.asarray(y, float)
    return t.node("multiply", [x, inverse], t.shape)


def _pow(t: Translation, a: Attributes, x: Any, exponent: Any) -> Node:
    if not isinstance(x, Node) or isinstance(exponent, Node) or np.size(exponent) != 1:
        t.refuse("Pow with an exponent that is not one number", "use a fixed exponent")
    return t.unary(x, *pointwise.power(float(np.reshape(exponent, ()))))


def _clip(t: Translation, a: Attributes, x: Node, low: Any = None, high: Any = None) -> Node:
    t.fixed(low, high)
    ends = [None if end is None else float(np.reshape(end, ())) for end in (low, high)]
    return t.unary(x, *pointwise.clamp(*ends))


def _leaky(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "leaky_relu", pointwise.leaky(a.get("alpha", 0.01)))


def _elu(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "elu", pointwise.elu(a.get("alpha", 1.0), 1.0, 1.0))


def _hard_sigmoid(t: Translation, a: Attributes, x: Node) -> Node:
    alpha, beta = a.get("alpha", 0.2), a.get("beta", 0.5)
    return t.unary(x, "hard_sigmoid", lambda v: np.clip(alpha * v + beta, 0, 1))


def _gelu(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "gelu_tanh" if a.get("approximate") == b"tanh" else "gelu")


def _prelu(t: Translation, a: Attributes, x: Node, slope: Any) -> Node:
    """slope * x + (1 - slope) * relu(x)"""
    t.fixed(slope)
    if slope.size == 1:
        return t.unary(x, "leaky_relu", pointwise.leaky(float(slope.reshape(()))))
    positive = t.node("multiply", [t.unary(x, "relu"), 1 - slope], x.shape)
    return t.node("add", [t.node("multiply", [x, slope], x.shape), positive], x.shape)


def _matmul(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    return t.node("matmul", [x, y], t.shape)


def _gemm(t: Translation, a: Attributes, x: Any, y: Any, c: Any = None) -> Node:
    x, y = (_turned(t, v) if a.get(key) else v for v, key in ((x, "transA"), (y, "transB")))
    product = t.node("matmul", [x, y], t.shape)
    if a.get("alpha", 1.0) != 1:
        product = t.node("multiply", [product, a["alpha"]], t.shape)
    if c is None:
        return product
    if a.get("beta", 1.0) != 1:
        c = t.node("multiply", [c, a["beta"]], c.shape) if isinstance(c, Node) else c * a["beta"]
    return t.node("add", [product, c], t.shape)


def _turned(t: Translation, x: Any) -> Any:
    if isinstance(x, Node):
        return t.move(x, lambda v: v.T, shape=x.shape[::-1])
    return x.T


def _einsum(t: Translation, a: Attributes, *inputs: Any) -> Node:
    """A product of two as a product of matrices: dimensions of both, of one, and summed ones."""
    sides, made = a["equation"].decode().replace(" ", "").split("->")
    labels = sides.split(",")
    repeated = any(len(set(side)) < len(side) for side in (*labels, made))
    if len(inputs) != 2 or repeated or "." in sides:
        t.refuse(f"Einsum {sides}->{made}", "write it as MatMul")
    both = [label for label in labels[0] if label in labels[1]]
    batch = [label for label in both if label in made]
    summed = [label for label in both if label not in made]
    own = [[label for label in side if label not in both] for side in labels]
    if any(label not in made for side in own for label in side):
        t.refuse(f"Einsum {sides}->{made}, which sums one side alone,", "write it as MatMul")
    orders = (batch, own[0], summed), (batch, summed, own[1])
    x, y = (_grouped(t, v, side, order) for v, side, order in zip(inputs, labels, orders))
    size = dict(zip(labels[0] + labels[1], (*inputs[0].shape, *inputs[1].shape)))
    order = [*batch, *own[0], *own[1]]
    shape = tuple(size[label] for label in order)
    product = t.node("matmul", [x, y], (x.shape[0], x.shape[1], y.shape[2]))
    apart = t.move(product, lambda v: v.reshape(shape), True, shape)
    places = [order.index(label) for label in made]
    return t.move(apart, lambda v: v.transpose(places))


def _grouped(t: Translation, x: Any, labels: str, groups: Sequence[Sequence[str]]) -> Any:
    """One dimension for each group of labels."""
    places = [labels.index(label) for group in groups for label in group]
    shape = tuple(
        int(np.prod([x.shape[labels.index(label)] for label in group])) for group in groups
    )
    if isinstance(x, Node):
        return t.move(x, lambda v: v.transpose(places).reshape(shape), shape=shape)
    return x.transpose(places).reshape(shape)


def _max(t: Translation, a: Attributes, x: Any, *others: Any) -> Node:
    for y in others:
        x = t.node("maximum", [x, y], t.shape)
    return x


def _min(t: Translation, a: Attributes, *inputs: Any) -> Node:
    return _negative(t, _max(t, a, *(_negative(t, x) for x in inputs)))


def _axes(a: Attributes, x: Node, axes: Any) -> tuple[int, ...]:
    given = a.get("axes") if axes is None else [int(axis) for axis in axes]
    return tuple(sorted(axis % len(x.shape) for axis in given or range(len(x.shape))))


def _mean(t: Translation, a: Attributes, x: Node, axes: Any = None) -> Node:
    keep = bool(a.get("keepdims", 1))
    return t.node("mean", [x], t.shape, axes=_axes(a, x, axes), keep=keep)


def _sum(t: Translation, a: Attributes, x: Node, axes: Any = None) -> Node:
    number = float(np.prod([x.shape[axis] for axis in _axes(a, x, axes)]))
    return t.node("multiply", [_mean(t, a, x, axes), number], t.shape)


def _largest(t: Translation, a: Attributes, x: Node, axes: Any = None) -> Node:
    return t.node("largest", [x], t.shape, axes=_axes(a, x, axes))


def _smallest(t: Translation, a: Attributes, x: Node, axes: Any = None) -> Node:
    return _negative(t, _largest(t, a, _negative(t, x), axes))


def _where(t: Translation, a: Attributes, mask: Any, x: Any, y: Any) -> Node:
    if isinstance(mask, Node):
        return t.node("choose", [mask, x, y], t.shape)
    return t.node("where", [x, y], t.shape, mask=mask.astype(bool))


def _compared(name: str) -> Callable[..., Node]:
    def translate(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
        return t.node("binary", [x, y], t.shape, name=name, function=COMPARED[name])

    return translate


def _celu(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "celu", pointwise.celu(a.get("alpha", 1.0)))


def _selu(t: Translation, a: Attributes, x: Node) -> Node:
    alpha, gamma = a.get("alpha", 1.6732632423543772), a.get("gamma", 1.0507009873554805)
    return t.unary(x, "selu", pointwise.elu(alpha, gamma, 1.0))


def _shrink(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "shrink", pointwise.soft_shrink(a.get("lambd", 0.5), a.get("bias", 0.0)))


def _thresholded(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "threshold", pointwise.threshold(a.get("alpha", 1.0), 0.0))


COMPARED = pointwise.ORDERS | pointwise.LOGICAL
COMPARISONS = {
    "And": "and",
    "Equal": "eq",
    "Greater": "gt",
    "GreaterOrEqual": "ge",
    "Less": "lt",
    "LessOrEqual": "le",
    "Or": "or",
    "Xor": "xor",
}
UNARY = {
    "Abs": "abs",
    "Acos": "acos",
    "Acosh": "acosh",
    "Asin": "asin",
    "Asinh": "asinh",
    "Atan": "atan",
    "Atanh": "atanh",
    "Ceil": "ceil",
    "Cos": "cos",
    "Cosh": "cosh",
    "Erf": "erf",
    "Exp": "exp",
    "Floor": "floor",
    "HardSwish": "hardswish",
    "Log": "log",
    "Mish": "mish",
    "Neg": "neg",
    "Not": "logical_not",
    "Reciprocal": "reciprocal",
    "Relu": "relu",
    "Round": "round",
    "Sigmoid": "sigmoid",
    "Sign": "sign",
    "Sin": "sin",
    "Sinh": "sinh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sqrt": "sqrt",
    "Tan": "tan",
    "Tanh": "tanh",
}
TRANSLATIONS: dict[str, Callable[..., Node | list[Node]]] = {
    **dict.fromkeys(["Add", "Sum"], _add),
    "Celu": _celu,
    "Clip": _clip,
    "Div": _div,
    "Einsum": _einsum,
    "Elu": _elu,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "HardSigmoid": _hard_sigmoid,
    "LeakyRelu": _leaky,
    "MatMul": _matmul,
    "Max": _max,
    "Min": _min,
    "Mul": _mul,
    "PRelu": _prelu,
    "Pow": _pow,
    "ReduceMax": _largest,
    "ReduceMean": _mean,
    "ReduceMin": _smallest,
    "ReduceSum": _sum,
    "Selu": _selu,
    "Shrink": _shrink,
    "Sub": _sub,
    "ThresholdedRelu": _thresholded,
    "Where": _where,
}
TRANSLATIONS |= {
    kind: lambda t, a, x, name=name: t.unary(x, name) for kind, name in UNARY.items()
}
TRANSLATIONS |= {kind: _compared(name) for kind, name in COMPARISONS.items()}
