"""ONNX nodes that are whole layers: convolutions, pools, normalisations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scripts.export.graph.onnx_translation import Attributes, Translation
from scripts.export.graph.primitives import Array, Node


def _convolution(t: Translation, a: Attributes, x: Node, weight: Array, bias: Any = None) -> Node:
    return _convolved(t, a, x, weight, bias, "convolution", len(weight), {})


def _transposed(t: Translation, a: Attributes, x: Node, weight: Array, bias: Any = None) -> Node:
    outputs = weight.shape[1] * a.get("group", 1)
    rank = len(x.shape) - 2
    extra = [0] * (2 - rank) + list(a.get("output_padding", [0] * rank))
    return _convolved(
        t, a, x, weight, bias, "transposed_convolution", outputs, {"output_padding": extra}
    )


def _convolved(t, a, x, weight, bias, kind, outputs, more) -> Node:
    t.fixed(weight, bias)
    rank, shape = len(x.shape) - 2, t.shape
    if rank not in (1, 2):
        t.refuse(f"a convolution of {rank} dimensions", "use one or two")
    kernel = weight.shape[2:]
    if rank == 1:
        weight = weight[:, :, None]
    y = t.node(
        kind,
        [_in_two(t, x)],
        (*shape[:2], *[1] * (2 - rank), *shape[2:]),
        weight=weight,
        bias=np.zeros(outputs) if bias is None else bias,
        groups=a.get("group", 1),
        padding=_padding(t, a, x.shape[-rank:], kernel),
        **_pairs(a, rank),
        **more,
    )
    return y if rank == 2 else t.move(y, lambda v: v.reshape(shape), True, shape)


def _pairs(a: Attributes, rank: int) -> dict[str, list[int]]:
    names = {"stride": "strides", "dilation": "dilations"}
    return {
        name: [1] * (2 - rank) + list(a.get(given, [1] * rank)) for name, given in names.items()
    }


def _padding(t: Translation, a: Attributes, size: Sequence[int], kernel: Sequence[int]) -> list[int]:
    """[top, left, bottom, right]"""
    rank = len(size)
    kind = a.get("auto_pad", b"NOTSET").decode()
    if kind == "NOTSET":
        pads = list(a.get("pads", [0] * 2 * rank))
        before, after = pads[:rank], pads[rank:]
    elif kind == "VALID":
        before = after = [0] * rank
    else:
        strides, dilations = (a.get(key, [1] * rank) for key in ("strides", "dilations"))
        reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernel)]
        missing = [max(0, (-(-n // s) - 1) * s + r - n) for n, s, r in zip(size, strides, reach)]
        small, large = [m // 2 for m in missing], [m - m // 2 for m in missing]
        before, after = (small, large) if kind == "SAME_UPPER" else (large, small)
    return [0] * (2 - rank) + before + [0] * (2 - rank) + after


def _pool(t: Translation, a: Attributes, x: Node, kind: str, more: dict[str, Any]) -> Node:
    kernel, rank, shape = list(a["kernel_shape"]), len(x.shape) - 2, t.shape
    if rank not in (1, 2):
        t.refuse(f"a pool of {rank} dimensions", "use one or two")
    y = t.node(
        kind,
        [_in_two(t, x)],
        (*shape[:2], *[1] * (2 - rank), *shape[2:]),
        kernel=[1] * (2 - rank) + kernel,
        padding=_padding(t, a, x.shape[2:], kernel),
        ceil_mode=bool(a.get("ceil_mode", 0)),
        **more,
    )
    return y if rank == 2 else t.move(y, lambda v: v.reshape(shape), True, shape)


def _in_two(t: Translation, x: Node) -> Node:
    """A value of one dimension as one row."""
    if len(x.shape) == 4:
        return x
    return t.move(x, lambda v: v[:, :, None], True, (*x.shape[:2], 1, x.shape[2]))


def _max_pool(t: Translation, a: Attributes, x: Node) -> Node:
    return _pool(t, a, x, "max_pool", _pairs(a, len(x.shape) - 2))


def _average_pool(t: Translation, a: Attributes, x: Node) -> Node:
    pairs = _pairs(a, len(x.shape) - 2)
    if pairs.pop("dilation") != [1, 1]:
        t.refuse("an average pool with dilation", "use none")
    return _pool(t, a, x, "average_pool", pairs | {"count_padding": bool(a.get("count_include_pad", 0))})


def _global_average(t: Translation, a: Attributes, x: Node) -> Node:
    return t.node("mean", [x], t.shape, axes=tuple(range(2, len(x.shape))), keep=True)


def _global_max(t: Translation, a: Attributes, x: Node) -> Node:
    return _max_pool(t, {"kernel_shape": list(x.shape[2:])}, x)


def _batch_norm(t: Translation, a: Attributes, x: Node, scale, bias, mean, variance) -> Node:
    t.fixed(scale, bias, mean, variance)
    factor = scale / np.sqrt(variance + a.get("epsilon", 1e-5))
    shape = (-1, *[1] * (len(x.shape) - 2))
    scaled = t.node("multiply", [x, factor.reshape(shape)], x.shape)
    return t.node("add", [scaled, (bias - mean * factor).reshape(shape)], x.shape)


def _layer_norm(t: Translation, a: Attributes, x: Node, scale: Any, bias: Any = None) -> Node:
    t.fixed(scale, bias)
    if a.get("axis", -1) % len(x.shape) != len(x.shape) - 1:
        t.refuse("a layer normalisation over several dimensions", "normalise the last one only")
    size = x.shape[-1]
    beta = np.zeros(size) if bias is None else np.broadcast_to(bias, size)
    epsilon = a.get("epsilon", 1e-5)
    gamma = np.broadcast_to(scale, size)
    return t.node("layer_norm", [x], x.shape, gamma=gamma, beta=beta, epsilon=epsilon)


def _lrn(t: Translation, a: Attributes, x: Node) -> Node:
    size = a["size"]
    if size % 2 == 0:
        t.refuse("LRN over an even number of channels", "use an odd one")
    alpha, beta, k = a.get("alpha", 1e-4) / size, a.get("beta", 0.75), a.get("bias", 1.0)
    return t.node(
        "local_response_norm", [x], x.shape, size=size, function=lambda s: (k + alpha * s) ** -beta
    )


def _softmax(kind: str) -> Callable[..., Node]:
    def translate(t: Translation, a: Attributes, x: Node) -> Node:
        return t.node(kind, [x], x.shape, axis=a.get("axis", -1) % len(x.shape))

    return translate


TRANSLATIONS: dict[str, Callable[..., Node | list[Node]]] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LogSoftmax": _softmax("log_softmax"),
    "MaxPool": _max_pool,
    "Softmax": _softmax("softmax"),
}
