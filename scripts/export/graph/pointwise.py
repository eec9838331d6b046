"""Functions of one number, in float64, by the names that front ends give them."""

from __future__ import annotations

from collections.abc import Callable
from math import erf as exact_erf
from math import sqrt

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]

erf = np.vectorize(exact_erf, otypes=[float])


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def sigmoid(x: Array) -> Array:
    return np.exp(-np.logaddexp(0, -x))


def softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def gelu(x: Array) -> Array:
    return x * (1 + erf(x / sqrt(2))) / 2


def gelu_tanh(x: Array) -> Array:
    return x * (1 + np.tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


def hardsigmoid(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


FUNCTIONS: dict[str, Function] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "erf": erf,
    "erfc": lambda x: 1 - erf(x),
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "floor": np.floor,
    "frac": lambda x: x - np.trunc(x),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "hardsigmoid": hardsigmoid,
    "hardswish": lambda x: x * hardsigmoid(x),
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "log_sigmoid": lambda x: -softplus(-x),
    "logit": lambda x: np.log(x / (1 - x)),
    "logical_not": lambda x: x == 0,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "neg": np.negative,
    "reciprocal": lambda x: 1 / x,
    "relu": relu,
    "round": np.rint,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sgn": np.sign,
    "sigmoid": sigmoid,
    "sign": np.sign,
    "silu": lambda x: x * sigmoid(x),
    "sin": np.sin,
    "sinh": np.sinh,
    "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sqrt": np.sqrt,
    "square": np.square,
    "tan": np.tan,
    "tanh": np.tanh,
    "trunc": np.trunc,
}
# Of two numbers; truth is 1 or 0.
ORDERS: dict[str, Callable[[Array, Array], Array]] = {  # same of the numbers' difference and 0
    "eq": np.equal,
    "ge": np.greater_equal,
    "gt": np.greater,
    "le": np.less_equal,
    "lt": np.less,
    "ne": np.not_equal,
}
LOGICAL = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}
BINARY = ORDERS | {
    "atan2": np.arctan2,
    "copysign": np.copysign,
    "floor_divide": np.floor_divide,
    "fmod": np.fmod,
    "heaviside": np.heaviside,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "remainder": np.mod,
    "xlogy": lambda x, y: np.where(x == 0, 0.0, x * np.log(y)),
}


def clamp(low: float | None, high: float | None) -> tuple[str, Function]:
    """A name and a function; the two clamps that have names of their own get them."""
    if low == 0 and high is None:
        return "relu", relu
    name = "relu6" if low == 0 and high == 6 else "clamp"
    least = -np.inf if low is None else low
    most = np.inf if high is None else high
    return name, lambda x: np.clip(x, least, most)


def leaky(slope: float) -> Function:
    return lambda x: np.where(x < 0, slope * x, x)


def elu(alpha: float, scale: float, input_scale: float) -> Function:
    return lambda x: scale * np.where(
        x < 0, alpha * np.expm1(np.minimum(x, 0) * input_scale), x
    )


def celu(alpha: float) -> Function:
    return elu(alpha, 1.0, 1 / alpha)


def hard_shrink(limit: float) -> Function:
    return lambda x: np.where(np.abs(x) > limit, x, 0.0)


def soft_shrink(limit: float, bias: float | None = None) -> Function:
    """Towards 0 by `bias`, by default by the limit; to 0 within the limit."""
    bias = limit if bias is None else bias
    return lambda x: np.where(np.abs(x) > limit, x - np.sign(x) * bias, 0.0)


def threshold(limit: float, value: float) -> Function:
    return lambda x: np.where(x > limit, x, value)


def power(exponent: float) -> tuple[str, Function]:
    name = {2: "square", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}.get(exponent)
    return (name, FUNCTIONS[name]) if name else ("power", lambda x: np.power(x, exponent))
