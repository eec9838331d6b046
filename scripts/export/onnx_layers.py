"""What ONNX operators of other networks than Transformers compute, with numpy: convolutions, pools,
normalisations, activations. Written sum by sum: it judges what is extracted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.export.onnx_operators import MAX_ELEMENTS, OPERATORS, Attributes

Array = np.ndarray
erf = np.vectorize(math.erf, otypes=[float])


def _two(attributes: Attributes, name: str, default: int, rank: int) -> list[int]:
    return [int(v) for v in attributes.get(name, [default] * rank)]


def _padding(attributes: Attributes, size: Sequence[int], reach: Sequence[int], stride: Sequence[int]):
    """Before and behind each dimension."""
    rank = len(size)
    kind = attributes.get("auto_pad", b"NOTSET")
    kind = kind.decode() if isinstance(kind, bytes) else kind
    if kind == "VALID":
        return [(0, 0)] * rank
    if kind.startswith("SAME"):
        missing = [max(0, (-(-n // s) - 1) * s + r - n) for n, r, s in zip(size, reach, stride)]
        ends = [(m // 2, m - m // 2) for m in missing]
        return ends if kind == "SAME_UPPER" else [(b, a) for a, b in ends]
    pads = _two(attributes, "pads", 0, 2 * rank)
    return list(zip(pads[:rank], pads[rank:]))


def _offsets(kernel: Sequence[int]) -> list[tuple[int, ...]]:
    return list(np.ndindex(*kernel))


def _seen(x: Array, offset, dilation, stride, counts) -> Array:
    """What each window sees at one place of the kernel: x [N, C, ...] with its padding."""
    index = tuple(
        slice(o * d, o * d + (n - 1) * s + 1, s) for o, d, s, n in zip(offset, dilation, stride, counts)
    )
    return x[(slice(None), slice(None), *index)]


def _conv(attributes: Attributes, x: Array, weight: Array, bias: Array | None = None) -> Array:
    rank = x.ndim - 2
    kernel = weight.shape[2:]
    stride, dilation = _two(attributes, "strides", 1, rank), _two(attributes, "dilations", 1, rank)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    padding = _padding(attributes, x.shape[2:], reach, stride)
    x = np.pad(x, [(0, 0), (0, 0), *padding])
    counts = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, stride)]
    groups = attributes.get("group", 1)
    y = np.zeros((len(x), len(weight), *counts))
    parts = np.split(x, groups, 1), np.split(weight, groups), np.split(y, groups, 1)
    for part, matrix, result in zip(*parts):
        for offset in _offsets(kernel):
            seen = _seen(part, offset, dilation, stride, counts)
            result += np.einsum("oc,nc...->no...", matrix[(..., *offset)], seen)
    return y if bias is None else y + bias.reshape(-1, *[1] * rank)


def _conv_transpose(attributes: Attributes, x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Each element of x adds a kernel to the result."""
    rank = x.ndim - 2
    if "output_shape" in attributes or attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", "NOTSET"):
        raise ValueError("has output_shape or auto_pad; use pads and output_padding")
    stride, dilation = _two(attributes, "strides", 1, rank), _two(attributes, "dilations", 1, rank)
    extra = _two(attributes, "output_padding", 0, rank)
    pads = _two(attributes, "pads", 0, 2 * rank)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:])]
    full = [(n - 1) * s + r + e for n, s, r, e in zip(x.shape[2:], stride, reach, extra)]
    groups = attributes.get("group", 1)
    y = np.zeros((len(x), weight.shape[1] * groups, *full))
    parts = np.split(x, groups, 1), np.split(weight, groups), np.split(y, groups, 1)
    for part, matrix, result in zip(*parts):
        for offset in _offsets(weight.shape[2:]):
            place = _seen(result, offset, dilation, stride, x.shape[2:])
            place += np.einsum("co,nc...->no...", matrix[(..., *offset)], part)
    inside = tuple(slice(a, n - b) for a, b, n in zip(pads[:rank], pads[rank:], full))
    y = y[(slice(None), slice(None), *inside)]
    return y if bias is None else y + bias.reshape(-1, *[1] * rank)


@dataclass(frozen=True)
class _Windows:
    """Of a pool, with a number for each dimension."""

    kernel: list[int]
    stride: list[int]
    dilation: list[int]
    padding: list[tuple[int, int]]
    counts: list[int]  # how many windows there are

    def seen(self, x: Array, outside: float) -> list[Array]:
        """What they see at each place of the kernel; x lies in its padding."""
        reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel)]
        needed = [(count - 1) * s + r for count, s, r in zip(self.counts, self.stride, reach)]
        behind = [max(0, n - size) for n, size in zip(needed, x.shape[2:])]
        padded = np.pad(x, [(0, 0), (0, 0), *((0, n) for n in behind)], constant_values=outside)
        return [_seen(padded, o, self.dilation, self.stride, self.counts) for o in _offsets(self.kernel)]

    def padded(self, x: Array, outside: float) -> Array:
        return np.pad(x, [(0, 0), (0, 0), *self.padding], constant_values=outside)


def _windows(attributes: Attributes, size: Sequence[int]) -> _Windows:
    rank = len(size)
    kernel = [int(k) for k in attributes["kernel_shape"]]
    stride, dilation = _two(attributes, "strides", 1, rank), _two(attributes, "dilations", 1, rank)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    padding = _padding(attributes, size, reach, stride)
    counts = []
    for n, r, s, (before, behind) in zip(size, reach, stride, padding):
        free = n + before + behind - r
        count = (-(-free // s) if attributes.get("ceil_mode") else free // s) + 1
        if attributes.get("ceil_mode") and (count - 1) * s >= n + before:
            count -= 1  # a window has to begin in the map or in the padding before it
        counts.append(count)
    return _Windows(kernel, stride, dilation, padding, counts)


def _max_pool(attributes: Attributes, x: Array) -> Array:
    if attributes.get("storage_order"):
        raise ValueError("has storage_order; use row-major")
    windows = _windows(attributes, x.shape[2:])
    return np.max(windows.seen(windows.padded(x, -np.inf), -np.inf), 0)


def _average_pool(attributes: Attributes, x: Array) -> Array:
    """Divided by the elements of the map, or of the map and its padding, that a window sees."""
    windows = _windows(attributes, x.shape[2:])
    counted = windows.padded(np.ones_like(x), float(bool(attributes.get("count_include_pad"))))
    total = np.sum(windows.seen(windows.padded(x, 0.0), 0.0), 0)
    return total / np.sum(windows.seen(counted, 0.0), 0)


def _spatial(function: Callable[..., Array]) -> Callable[..., Array]:
    def operator(attributes: Attributes, x: Array) -> Array:
        return function(x, axis=tuple(range(2, x.ndim)), keepdims=True)

    return operator


def _batch_normalization(
    attributes: Attributes, x: Array, scale: Array, bias: Array, mean: Array, variance: Array
) -> Array:
    if attributes.get("training_mode"):
        raise ValueError("is in training mode; export the model in evaluation mode")
    shape = (-1, *[1] * (x.ndim - 2))
    deviation = np.sqrt(variance + attributes.get("epsilon", 1e-5)).reshape(shape)
    return (x - mean.reshape(shape)) / deviation * scale.reshape(shape) + bias.reshape(shape)


def _lrn(attributes: Attributes, x: Array) -> Array:
    size, channels = attributes["size"], x.shape[1]
    total = np.zeros_like(x)
    for c in range(channels):
        near = x[:, max(0, c - (size - 1) // 2) : c + size // 2 + 1]
        total[:, c] = (near**2).sum(1)
    alpha, beta = attributes.get("alpha", 1e-4), attributes.get("beta", 0.75)
    return x / (attributes.get("bias", 1.0) + alpha / size * total) ** beta


def _pad(
    attributes: Attributes, x: Array, pads: Array, value: Array | None = None, axes: Array | None = None
) -> Array:
    if attributes.get("mode", b"constant") not in (b"constant", "constant"):
        raise ValueError("pads with something else than a constant")
    pads = [int(p) for p in pads.ravel()]
    places = range(x.ndim) if axes is None else [int(a) % x.ndim for a in axes.ravel()]
    widths = [(0, 0)] * x.ndim
    for i, place in enumerate(places):
        widths[place] = (pads[i], pads[i + len(pads) // 2])
    cut = tuple(slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(x.shape, widths))
    widths = [(max(0, a), max(0, b)) for a, b in widths]
    return np.pad(x[cut], widths, constant_values=0 if value is None else value.ravel()[0])


def _resize(
    attributes: Attributes,
    x: Array,
    roi: Array | None = None,
    scales: Array | None = None,
    sizes: Array | None = None,
) -> Array:
    """To the nearest element, by whole factors: each element as often as its factor."""
    mode, place, nearest = (
        attributes.get(name, default).decode()
        for name, default in (
            ("mode", b"nearest"),
            ("coordinate_transformation_mode", b"half_pixel"),
            ("nearest_mode", b"round_prefer_floor"),
        )
    )
    whole = (place, nearest) == ("asymmetric", "floor") or (
        place in ("half_pixel", "pytorch_half_pixel") and nearest.startswith("round")
    )
    if mode != "nearest" or not whole:
        raise ValueError(f"has mode {mode}, {place}, {nearest}; use nearest, asymmetric, floor")
    axes = [axis % x.ndim for axis in attributes.get("axes", range(x.ndim))]
    if sizes is not None and sizes.size:
        factors = [int(n) / x.shape[axis] for axis, n in zip(axes, sizes.ravel(), strict=True)]
    else:
        factors = [float(f) for f in scales.ravel()]
    if any(f != int(f) or f < 1 for f in factors):
        raise ValueError(f"resizes by {factors}; use whole factors")
    for axis, factor in zip(axes, factors, strict=True):
        x = x.repeat(int(factor), axis)
    return x


def _clip(attributes: Attributes, x: Array, low: Array | None = None, high: Array | None = None) -> Array:
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _elementwise(function: Callable[..., Array], **defaults: float) -> Callable[..., Array]:
    def operator(attributes: Attributes, x: Array) -> Array:
        return function(x, **{key: attributes.get(key, value) for key, value in defaults.items()})

    return operator


def _sigmoid(x: Array) -> Array:
    return (1 + np.tanh(x / 2)) / 2


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _hard_sigmoid(x: Array, alpha: float, beta: float) -> Array:
    return np.minimum(np.maximum(alpha * x + beta, 0), 1)


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x < 0, alpha * (np.exp(np.minimum(x, 0)) - 1), x)


def _celu(x: Array, alpha: float) -> Array:
    return np.maximum(x, 0) + np.minimum(alpha * (np.exp(np.minimum(x, 0) / alpha) - 1), 0)


def _selu(x: Array, alpha: float, gamma: float) -> Array:
    return gamma * _elu(x, alpha)


def _shrink(x: Array, bias: float, lambd: float) -> Array:
    return np.where(x < -lambd, x + bias, np.where(x > lambd, x - bias, 0))


def _gelu(attributes: Attributes, x: Array) -> Array:
    if attributes.get("approximate", b"none") in (b"tanh", "tanh"):
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def _folded(function: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def operator(attributes: Attributes, x: Array, *others: Array) -> Array:
        for other in others:
            x = function(x, other)
        return x

    return operator


def _einsum(attributes: Attributes, *inputs: Array) -> Array:
    equation = attributes["equation"].decode().replace(" ", "")
    sizes = {
        label: size
        for labels, x in zip(equation.split("->")[0].split(","), inputs)
        for label, size in zip(labels, x.shape)
    }
    if math.prod(sizes.values()) > MAX_ELEMENTS:
        raise ValueError(f"{equation} over {list(sizes.values())[:8]} is too large")
    return np.einsum(equation, *inputs)


LAYERS: dict[str, Callable[..., Any]] = OPERATORS | {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Celu": _elementwise(_celu, alpha=1.0),
    "Clip": _clip,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Einsum": _einsum,
    "Elu": _elementwise(_elu, alpha=1.0),
    "Erf": _elementwise(erf),
    "Gelu": _gelu,
    "GlobalAveragePool": _spatial(np.mean),
    "GlobalMaxPool": _spatial(np.max),
    "HardSigmoid": _elementwise(_hard_sigmoid, alpha=0.2, beta=0.5),
    "HardSwish": _elementwise(lambda x: x * _hard_sigmoid(x, 1 / 6, 0.5)),
    "LRN": _lrn,
    "LeakyRelu": _elementwise(lambda x, alpha: np.where(x < 0, alpha * x, x), alpha=0.01),
    "Max": _folded(np.maximum),
    "MaxPool": _max_pool,
    "Min": _folded(np.minimum),
    "Mish": _elementwise(lambda x: x * np.tanh(_softplus(x))),
    "PRelu": lambda attributes, x, slope: np.where(x < 0, slope * x, x),
    "Pad": _pad,
    "Resize": _resize,
    "Selu": _elementwise(_selu, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875),
    "Shrink": _elementwise(_shrink, bias=0.0, lambd=0.5),
    "Sigmoid": _elementwise(_sigmoid),
    "Softplus": _elementwise(_softplus),
    "Softsign": _elementwise(lambda x: x / (1 + np.abs(x))),
    "Sum": _folded(np.add),
    "Tanh": _elementwise(np.tanh),
    "ThresholdedRelu": _elementwise(lambda x, alpha: np.where(x > alpha, x, 0), alpha=1.0),
}
