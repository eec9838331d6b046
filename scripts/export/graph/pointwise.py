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
    "ceil": np.ceil,
    "cos": np.cos,
    "erf": erf,
    "exp": np.exp,
    "expm1": np.expm1,
    "floor": np.floor,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "hardsigmoid": hardsigmoid,
    "hardswish": lambda x: x * hardsigmoid(x),
    "log": np.log,
    "log1p": np.log1p,
    "log_sigmoid": lambda x: -softplus(-x),
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
    "softplus": softplus,
    "sqrt": np.sqrt,
    "square": np.square,
    "tanh": np.tanh,
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


def threshold(limit: float, value: float) -> Function:
    return lambda x: np.where(x > limit, x, value)


def power(exponent: float) -> tuple[str, Function]:
    name = {2: "square", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}.get(exponent)
    return (name, FUNCTIONS[name]) if name else ("power", lambda x: np.power(x, exponent))
