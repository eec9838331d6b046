"""ATen calls that compute element by element, products of matrices, and statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.export.graph import pointwise
from scripts.export.graph.aten import Translation, channels, scaled
from scripts.export.graph.aten_moves import part
from scripts.export.graph.primitives import Node


def _add(t: Translation, self: Any, other: Any, alpha: float = 1) -> Node:
    return t.node("add", [self, scaled(t, other, alpha)], t.shape)


def _sub(t: Translation, self: Any, other: Any, alpha: float = 1) -> Node:
    return t.node("add", [self, scaled(t, other, -alpha)], t.shape)


def _rsub(t: Translation, self: Any, other: Any, alpha: float = 1) -> Node:
    return t.node("add", [other, scaled(t, self, -alpha)], t.shape)


@dataclass(frozen=True)
class Complex:
    """A tensor of complex numbers that depends on the inputs."""

    real: Node
    imaginary: Node


def _as_complex(t: Translation, self: Node) -> Complex:
    shape = self.shape[:-1]
    parts = (t.move(self, lambda a, i=i: a[..., i], shape=shape) for i in (0, 1))
    return Complex(*parts)


def _as_real(t: Translation, self: Complex) -> Node:
    shape = (*t.shape[:-1], 1)
    parts = [t.reshaped(part, shape) for part in (self.real, self.imaginary)]
    return t.node("join", parts, t.shape, axis=len(t.shape) - 1)


def _complex_product(t: Translation, x: Complex, y: Any) -> Complex:
    def times(part: Node, number: Any) -> Node:
        return t.node("multiply", [part, number], t.shape)

    def plus(a: Node, b: Node) -> Node:
        return t.node("add", [a, b], t.shape)

    a, b, c, d = x.real, x.imaginary, y.real, y.imag
    return Complex(plus(times(a, c), times(b, -d)), plus(times(a, d), times(b, c)))


def _mul(t: Translation, self: Any, other: Any) -> Any:
    if isinstance(self, Complex) and isinstance(other, np.ndarray):
        return _complex_product(t, self, other)
    if isinstance(self, Complex) or isinstance(other, Complex):
        t.refuse("a product of complex numbers other than with a constant", "use real numbers")
    if self is other:
        return t.unary(self, "square")
    return t.node("multiply", [self, other], t.shape)


def _div(t: Translation, self: Any, other: Any, rounding_mode: str | None = None) -> Node:
    if rounding_mode:
        return t.unary(_div(t, self, other), rounding_mode)
    if isinstance(other, Node):
        return t.node("multiply", [self, t.unary(other, "reciprocal")], t.shape)
    return t.node("multiply", [self, 1 / np.asarray(other, float)], t.shape)


def _larger(t: Translation, self: Any, other: Any) -> Node:
    return t.node("maximum", [self, other], t.shape)


def _smaller(t: Translation, self: Any, other: Any) -> Node:
    turned = [scaled(t, x, -1.0) for x in (self, other)]
    return scaled(t, t.node("maximum", turned, t.shape), -1.0)


def _addcmul(t: Translation, self: Any, tensor1: Any, tensor2: Any, value: float) -> Node:
    return t.node("add", [self, scaled(t, _mul(t, tensor1, tensor2), value)], t.shape)


def _pow(t: Translation, self: Any, exponent: Any) -> Node:
    if isinstance(exponent, Node) and np.size(self) == 1:
        base = float(np.reshape(self, ()))
        return t.unary(exponent, "power", lambda x: np.power(base, x))
    if not isinstance(self, Node) or np.ndim(exponent):
        t.refuse("a power with an exponent that is not one number", "use a fixed exponent")
    return t.unary(self, *pointwise.power(float(exponent)))


def _clamp(t: Translation, self: Node, min: Any = None, max: Any = None) -> Node:
    return t.unary(self, *pointwise.clamp(min, max))


def _hardtanh(t: Translation, self: Node, min_val: float, max_val: float) -> Node:
    return _clamp(t, self, min_val, max_val)


def _gelu(t: Translation, self: Node, approximate: str = "none") -> Node:
    return t.unary(self, "gelu_tanh" if approximate == "tanh" else "gelu")


def _leaky(t: Translation, self: Node, negative_slope: float) -> Node:
    return t.unary(self, "leaky_relu", pointwise.leaky(negative_slope))


def _random_leaky(t: Translation, self: Node, lower: float, upper: float, **_: Any) -> Node:
    """In evaluation the slope is the one in the middle."""
    return _leaky(t, self, (lower + upper) / 2)


def _elu(t: Translation, self: Node, alpha: float, scale: float, input_scale: float) -> Node:
    return t.unary(self, "elu", pointwise.elu(alpha, scale, input_scale))


def _softplus(t: Translation, self: Node, beta: float, threshold: float) -> Node:
    return t.unary(self, "softplus", lambda x: pointwise.softplus(beta * x) / beta)


def _celu(t: Translation, self: Node, alpha: float) -> Node:
    return t.unary(self, "celu", pointwise.celu(alpha))


def _hard_shrink(t: Translation, self: Node, lambd: float) -> Node:
    return t.unary(self, "hardshrink", pointwise.hard_shrink(lambd))


def _soft_shrink(t: Translation, self: Node, lambd: float) -> Node:
    return t.unary(self, "softshrink", pointwise.soft_shrink(lambd))


def _round(t: Translation, self: Node, decimals: int = 0) -> Node:
    return t.unary(self, "round", lambda x: np.rint(x * 10.0**decimals) / 10.0**decimals)


def _threshold(t: Translation, self: Node, threshold: float, value: float) -> Node:
    return t.unary(self, "threshold", pointwise.threshold(threshold, value))


def _prelu(t: Translation, self: Node, weight: Any) -> Node:
    """slope * x + (1 - slope) * relu(x) where each channel has a slope of its own"""
    t.weights(weight)
    if weight.size == 1:
        return _leaky(t, self, float(weight.reshape(())))
    slope = weight.reshape(channels(self))
    linear = t.node("multiply", [self, slope], self.shape)
    positive = t.node("multiply", [t.unary(self, "relu"), 1 - slope], self.shape)
    return t.node("add", [linear, positive], self.shape)


def _glu(t: Translation, self: Node, dim: int) -> Node:
    half = self.shape[dim] // 2
    gate = t.unary(part(t, self, half, 2 * half, dim), "sigmoid")
    return t.node("multiply", [part(t, self, 0, half, dim), gate], t.shape)


def _mm(t: Translation, self: Any, mat2: Any) -> Node:
    return t.node("matmul", [self, mat2], t.shape)


def _addmm(t: Translation, self: Any, beta: float, alpha: float, **names: Any) -> Node:
    first, second = (names.get(f"mat{i}", names.get(f"batch{i}")) for i in (1, 2))
    product = scaled(t, t.node("matmul", [first, second], t.shape), alpha)
    return t.node("add", [product, scaled(t, self, beta)], t.shape) if beta else product


def _axes(dim: Any, x: Node) -> tuple[int, ...]:
    dims = [dim] if isinstance(dim, int) else dim or range(len(x.shape))
    return tuple(sorted(d % len(x.shape) for d in dims))


def _mean(t: Translation, self: Node, dim: Any = None, keepdim: bool = False, **_: Any) -> Node:
    return t.node("mean", [self], t.shape, axes=_axes(dim, self), keep=keepdim)


def _sum(t: Translation, self: Node, dim: Any = None, keepdim: bool = False, **_: Any) -> Node:
    axes = _axes(dim, self)
    return scaled(t, _mean(t, self, axes, keepdim), float(np.prod([self.shape[a] for a in axes])))


def _variance(t: Translation, self: Node, dim: Any, correction: int | None, keepdim: bool) -> Node:
    axes = _axes(dim, self)
    number = float(np.prod([self.shape[a] for a in axes]))
    plain = t.node("variance", [self], t.shape, axes=axes, keep=keepdim)
    return scaled(t, plain, number / (number - (1 if correction is None else correction)))


def _deviation(t: Translation, **names: Any) -> Node:
    return t.unary(_variance(t, **names), "sqrt")


def _norm(t: Translation, self: Node, p: Any, dim: Any = None, keepdim: bool = False, **_: Any) -> Node:
    if p != 2 and p is not None:
        t.refuse(f"a norm of order {p}", "use the Euclidean one")
    return t.unary(_sum(t, t.unary(self, "square"), dim, keepdim), "sqrt")


def _where(t: Translation, condition: Any, self: Any, other: Any) -> Node:
    if isinstance(condition, Node):
        return t.node("choose", [condition, self, other], t.shape)
    return t.node("where", [self, other], t.shape, mask=condition.astype(bool))


def _masked_fill(t: Translation, self: Any, mask: Any, value: Any) -> Node:
    return _where(t, mask, value, self)


def _binary(name: str, function: Callable[..., np.ndarray]) -> Callable[..., Node]:
    def translate(t: Translation, self: Any, other: Any = None, values: Any = None) -> Node:
        other = values if other is None else other  # as heaviside calls it
        return t.node("binary", [self, other], t.shape, name=name, function=function)

    return translate


def _bernoulli(t: Translation, **_: Any) -> None:
    t.refuse("a dropout that is active in evaluation", "leave out random numbers")


TRANSLATIONS: dict[str, Callable[..., Any]] = {
    "add": _add,
    "sub": _sub,
    "rsub": _rsub,
    "mul": _mul,
    "view_as_complex": _as_complex,
    "view_as_real": _as_real,
    "maximum": _larger,
    "minimum": _smaller,
    "div": _div,
    "addcmul": _addcmul,
    "pow": _pow,
    "clamp": _clamp,
    "clamp_max": _clamp,
    "clamp_min": _clamp,
    "hardtanh": _hardtanh,
    "gelu": _gelu,
    "leaky_relu": _leaky,
    "elu": _elu,
    "softplus": _softplus,
    "threshold": _threshold,
    "prelu": _prelu,
    "glu": _glu,
    **dict.fromkeys(["mm", "bmm", "matmul"], _mm),
    **dict.fromkeys(["addmm", "baddbmm"], _addmm),
    "mean": _mean,
    "sum": _sum,
    "var": _variance,
    "std": _deviation,
    "norm": _norm,
    "where": _where,
    "masked_fill": _masked_fill,
    "celu": _celu,
    "hardshrink": _hard_shrink,
    "softshrink": _soft_shrink,
    "round": _round,
    "rrelu_with_noise": _random_leaky,
    "log_sigmoid_forward": lambda t, self: [t.unary(self, "log_sigmoid")],
    **dict.fromkeys(["bernoulli", "native_dropout", "rand_like", "randn_like"], _bernoulli),
}
SIMPLE = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp exp2 expm1 floor frac hardsigmoid hardswish "
    "log log10 log1p log2 logical_not logit mish neg reciprocal relu rsqrt sgn sigmoid sign silu sin sinh sqrt tan tanh trunc"
)
TRANSLATIONS |= {
    name: lambda t, self, name=name, **_: t.unary(self, name) for name in SIMPLE.split()
}
TRANSLATIONS["bitwise_not"] = TRANSLATIONS["logical_not"]  # of truth values
TRANSLATIONS |= {name: _binary(name, function) for name, function in pointwise.BINARY.items()}
TRANSLATIONS |= {
    f"{kind}_{name}": _binary(f"logical_{name}", function)
    for kind in ("bitwise", "logical")
    for name, function in pointwise.LOGICAL.items()
}
