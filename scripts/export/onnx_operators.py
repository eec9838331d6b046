"""What ONNX operators compute, with numpy: those that exported Transformers consist of, opset 13 to
21, nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from inspect import Parameter, signature
from typing import Any

import numpy as np
from onnx import mapping

from scripts.export.onnx_file import FLOATS, INTEGERS, array_of

Array = np.ndarray
MAX_ELEMENTS = 2**27  # of one value
Attributes = dict[str, Any]  # beside the node's own, "outputs": how many it has


def _bounded(shape: Sequence[int]) -> Sequence[int]:
    if math.prod(int(size) for size in shape) > MAX_ELEMENTS:
        raise ValueError(f"a value of shape {list(map(int, shape))[:8]} is too large")
    return shape


def _integers(values: Any) -> list[int]:
    return [int(value) for value in np.asarray(values).ravel()]


def _same_shapes(function: Callable[..., Array]) -> Callable[..., Array]:
    """Element by element, small shapes spread to large ones. numpy would take one input more as the
    place of the result.
    """
    count = function.nin if isinstance(function, np.ufunc) else 3  # np.where

    def operator(attributes: Attributes, *inputs: Array) -> Array:
        if len(inputs) != count or any(x is None for x in inputs):
            raise ValueError(f"needs exactly {count} inputs")
        _bounded(np.broadcast_shapes(*(x.shape for x in inputs)))
        return function(*inputs)

    return operator


def _cast(attributes: Attributes, x: Array) -> Array:
    kind = attributes["to"]
    if kind not in FLOATS | INTEGERS:
        raise ValueError("casts to a type that is neither float nor integer")
    return x.astype(np.float64 if kind in FLOATS else mapping.TENSOR_TYPE_TO_NP_TYPE[kind])


def _concat(attributes: Attributes, *parts: Array) -> Array:
    return np.concatenate(parts, attributes["axis"])


def _constant(attributes: Attributes) -> Array:
    values = {name: value for name, value in attributes.items() if name != "outputs"}
    if len(values) != 1:
        raise ValueError(f"has {len(values)} attributes; it needs exactly one, its value")
    ((name, value),) = values.items()
    if name == "value":
        return array_of(value)
    if name not in ("value_int", "value_ints", "value_float", "value_floats"):
        raise ValueError(f"has {name}; use a tensor")
    return np.asarray(value, np.int64 if name.startswith("value_int") else np.float64)


def _constant_of_shape(attributes: Attributes, shape: Array) -> Array:
    value = attributes.get("value")
    fill = np.zeros(1) if value is None else array_of(value).ravel()
    return np.full(_bounded(_integers(shape)), fill[0])


def _cum_sum(attributes: Attributes, x: Array, axis: Array) -> Array:
    if attributes.get("exclusive") or attributes.get("reverse"):
        raise ValueError("only sums from the first element on, that element included")
    return np.cumsum(x, int(axis.ravel()[0])).astype(x.dtype)


def _div(attributes: Attributes, a: Array, b: Array) -> Array:
    """Integers are divided towards zero."""
    _bounded(np.broadcast_shapes(a.shape, b.shape))
    if np.issubdtype(a.dtype, np.integer):
        return np.trunc(a / b).astype(a.dtype)
    return a / b


def _expand(attributes: Attributes, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, _bounded(np.broadcast_shapes(x.shape, tuple(_integers(shape)))))


def _flatten(attributes: Attributes, x: Array) -> Array:
    axis = attributes.get("axis", 1)
    return x.reshape(math.prod(x.shape[: axis if axis >= 0 else x.ndim + axis]), -1)


def _gather(attributes: Attributes, x: Array, index: Array) -> Array:
    axis = attributes.get("axis", 0)
    _bounded([index.size, x.size // max(1, x.shape[axis])])
    return np.take(x, index, axis)


def _gemm(attributes: Attributes, a: Array, b: Array, c: Array | None = None) -> Array:
    a = a.T if attributes.get("transA") else a
    b = b.T if attributes.get("transB") else b
    product = attributes.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + attributes.get("beta", 1.0) * c


def _layer_normalization(
    attributes: Attributes, x: Array, scale: Array, bias: Array | None = None
) -> Array:
    first = attributes.get("axis", -1)
    axes = tuple(range(first if first >= 0 else x.ndim + first, x.ndim))
    centred = x - x.mean(axes, keepdims=True)
    variance = (centred**2).mean(axes, keepdims=True)
    result = centred / np.sqrt(variance + attributes.get("epsilon", 1e-5)) * scale
    return result if bias is None else result + bias


def _mat_mul(attributes: Attributes, a: Array, b: Array) -> Array:
    if a.ndim > 1 and b.ndim > 1:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        _bounded([*batch, a.shape[-2], b.shape[-1]])
    return np.matmul(a, b)


def _pow(attributes: Attributes, base: Array, exponent: Array) -> Array:
    _bounded(np.broadcast_shapes(base.shape, exponent.shape))
    return np.power(base.astype(float), exponent).astype(base.dtype)


def _range(attributes: Attributes, start: Array, limit: Array, delta: Array) -> Array:
    start, limit, delta = (value.ravel()[0] for value in (start, limit, delta))
    _bounded([max(0, math.ceil((limit - start) / delta))])
    return np.arange(start, limit, delta)


def _reduce(function: Callable[..., Array]) -> Callable[..., Array]:
    """Axes are an attribute, or an input in newer opsets."""

    def operator(attributes: Attributes, x: Array, axes: Array | None = None) -> Array:
        given = attributes.get("axes") if axes is None else _integers(axes)
        if not given:
            if attributes.get("noop_with_empty_axes"):
                return x
            given = range(x.ndim)
        return function(x, axis=tuple(given), keepdims=bool(attributes.get("keepdims", 1)))

    return operator


def _reshape(attributes: Attributes, x: Array, shape: Array) -> Array:
    """0 copies the input's dimension, unless allowzero is set."""
    sizes = _integers(shape)
    if not attributes.get("allowzero"):
        sizes = [x.shape[i] if size == 0 else size for i, size in enumerate(sizes)]
    return x.reshape(sizes)


def _scatter_nd(attributes: Attributes, x: Array, index: Array, updates: Array) -> Array:
    if attributes.get("reduction", b"none") != b"none":
        raise ValueError("only replaces elements")
    result = x.copy()
    result[tuple(np.moveaxis(index, -1, 0))] = updates
    return result


def _shape(attributes: Attributes, x: Array) -> Array:
    return np.array(x.shape[attributes.get("start", 0) : attributes.get("end")], np.int64)


def _slice(
    attributes: Attributes,
    x: Array,
    starts: Array,
    ends: Array,
    axes: Array | None = None,
    steps: Array | None = None,
) -> Array:
    index = [slice(None)] * x.ndim
    starts, ends = _integers(starts), _integers(ends)
    places = range(len(starts)) if axes is None else _integers(axes)
    strides = [1] * len(starts) if steps is None else _integers(steps)
    for axis, start, end, step in zip(places, starts, ends, strides, strict=True):
        index[axis] = slice(start, end, step)
    return x[tuple(index)]


def _softmax(attributes: Attributes, x: Array) -> Array:
    axis = attributes.get("axis", -1)
    exponentials = np.exp(x - x.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def _log_softmax(attributes: Attributes, x: Array) -> Array:
    axis = attributes.get("axis", -1)
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _split(attributes: Attributes, x: Array, sizes: Array | None = None) -> list[Array]:
    """Without sizes: equal parts, of which the last may be smaller."""
    axis, parts = attributes.get("axis", 0), attributes["outputs"]
    if sizes is not None:
        counts = _integers(sizes)
        if sum(counts) != x.shape[axis] or len(counts) != parts:
            raise ValueError(f"sizes {counts} for {x.shape[axis]} elements and {parts} outputs")
    else:
        parts = attributes.get("num_outputs", parts)
        counts = [-(-x.shape[axis] // parts)] * (parts - 1)
    return np.split(x, np.cumsum(counts)[: parts - 1], axis)


def _squeeze(attributes: Attributes, x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, None if axes is None else tuple(_integers(axes)))


def _tile(attributes: Attributes, x: Array, repeats: Array) -> Array:
    counts = _integers(repeats)
    _bounded([*x.shape, *counts])
    return np.tile(x, counts)


def _transpose(attributes: Attributes, x: Array) -> Array:
    return x.transpose(attributes.get("perm"))


def _trilu(attributes: Attributes, x: Array, k: Array | None = None) -> Array:
    offset = 0 if k is None else int(k.ravel()[0])
    return (np.triu if attributes.get("upper", 1) else np.tril)(x, offset)


def _unsqueeze(attributes: Attributes, x: Array, axes: Array) -> Array:
    return np.expand_dims(x, tuple(_integers(axes)))


Operators = dict[str, Callable[..., Array | list[Array]]]
OPERATORS: Operators = {
    "Abs": _same_shapes(np.abs),
    "Acos": _same_shapes(np.arccos),
    "Acosh": _same_shapes(np.arccosh),
    "Add": _same_shapes(np.add),
    "And": _same_shapes(np.logical_and),
    "Asin": _same_shapes(np.arcsin),
    "Asinh": _same_shapes(np.arcsinh),
    "Atan": _same_shapes(np.arctan),
    "Atanh": _same_shapes(np.arctanh),
    "Cast": _cast,
    "Ceil": _same_shapes(np.ceil),
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Cos": _same_shapes(np.cos),
    "Cosh": _same_shapes(np.cosh),
    "CumSum": _cum_sum,
    "Div": _div,
    "Dropout": lambda attributes, x, *settings: x,
    "Equal": _same_shapes(np.equal),
    "Exp": _same_shapes(np.exp),
    "Expand": _expand,
    "Flatten": _flatten,
    "Floor": _same_shapes(np.floor),
    "Gather": _gather,
    "Gemm": _gemm,
    "Greater": _same_shapes(np.greater),
    "GreaterOrEqual": _same_shapes(np.greater_equal),
    "Identity": lambda attributes, x: x,
    "IsNaN": _same_shapes(np.isnan),
    "LayerNormalization": _layer_normalization,
    "Less": _same_shapes(np.less),
    "LessOrEqual": _same_shapes(np.less_equal),
    "Log": _same_shapes(np.log),
    "LogSoftmax": _log_softmax,
    "MatMul": _mat_mul,
    "Mul": _same_shapes(np.multiply),
    "Neg": _same_shapes(np.negative),
    "Not": _same_shapes(np.logical_not),
    "Or": _same_shapes(np.logical_or),
    "Pow": _pow,
    "Range": _range,
    "Reciprocal": _same_shapes(np.reciprocal),
    "ReduceMax": _reduce(np.max),
    "ReduceMean": _reduce(np.mean),
    "ReduceMin": _reduce(np.min),
    "ReduceSum": _reduce(np.sum),
    "Relu": lambda attributes, x: np.maximum(x, 0),
    "Reshape": _reshape,
    "Round": _same_shapes(np.rint),
    "ScatterND": _scatter_nd,
    "Shape": _shape,
    "Sign": _same_shapes(np.sign),
    "Sin": _same_shapes(np.sin),
    "Sinh": _same_shapes(np.sinh),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Sqrt": _same_shapes(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _same_shapes(np.subtract),
    "Tan": _same_shapes(np.tan),
    "Tile": _tile,
    "Transpose": _transpose,
    "Trilu": _trilu,
    "Unsqueeze": _unsqueeze,
    "Where": _same_shapes(np.where),
    "Xor": _same_shapes(np.logical_xor),
}


@cache
def _inputs_of(function: Callable) -> tuple[list[str], float]:
    """Names of those that the operator needs, and how many it takes at most."""
    known = list(signature(function).parameters.values())[1:]
    any_number = any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in known)
    named = [parameter for parameter in known if parameter.kind is not Parameter.VAR_POSITIONAL]
    needed = [parameter.name for parameter in named if parameter.default is parameter.empty]
    return needed, math.inf if any_number else len(known)


def check_inputs(function: Callable, inputs: Sequence[Array | None]) -> None:
    """ValueError unless the operator gets what it needs, and no more than it knows."""
    needed, most = _inputs_of(function)
    given = [x for x in inputs[: len(needed)] if x is not None]
    if len(given) < len(needed):
        raise ValueError(f"lacks an input; it needs {', '.join(needed)}")
    if len(inputs) > most:
        raise ValueError(f"has {len(inputs)} inputs; it takes at most {most}")
