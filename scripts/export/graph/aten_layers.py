"""ATen calls that are whole layers: convolutions, pools, normalisations, attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scripts.export.graph.aten import Translation, channels, scaled
from scripts.export.graph.primitives import Array, Node


def _attention(
    t: Translation, query: Node, key: Node, value: Node, attn_mask: Any, is_causal: bool, **_: Any
) -> list:
    """scaled_dot_product_attention"""
    *batch, rows, features = query.shape
    keys = key.shape[-2]
    turned = t.move(key, lambda a: a.swapaxes(-1, -2), shape=(*key.shape[:-2], features, keys))
    scores = t.node("matmul", [query, turned], (*batch, rows, keys))
    scores = scaled(t, scores, features**-0.5)
    if is_causal:
        attn_mask = np.tril(np.ones((rows, keys), bool))
    if isinstance(attn_mask, Array) and attn_mask.dtype == bool:
        attn_mask = np.where(attn_mask, 0, -np.inf)
    if attn_mask is not None:
        scores = t.node("add", [scores, attn_mask], scores.shape)
    p = t.node("softmax", [scores], scores.shape, axis=scores.shape.__len__() - 1)
    return [t.node("matmul", [p, value], t.shape), p]


def _pair(value: Sequence[int]) -> list[int]:
    return list(value) if len(value) == 2 else [1, *value] if value else [1, 1]


def _convolution(
    t: Translation,
    input: Node,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    **_: Any,
) -> Node:
    t.weights(weight, bias)
    if weight.ndim not in (3, 4):
        t.refuse("a convolution of three dimensions", "use one or two")
    if weight.ndim == 3:  # one row
        shape = t.shape
        flat = t.reshaped(input, (*input.shape[:2], 1, input.shape[2]))
        y = _conv2d(t, flat, weight[:, :, None], bias, stride, [0, *padding], dilation, transposed,
                    [0, *output_padding], groups, (*shape[:2], 1, shape[2]))  # fmt: skip
        return t.reshaped(y, shape)
    return _conv2d(
        t, input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, t.shape
    )


def _conv2d(t, x, weight, bias, stride, padding, dilation, transposed, output_padding, groups, shape):
    outputs = weight.shape[1] * groups if transposed else weight.shape[0]
    attributes = {
        "weight": weight.astype(float),
        "bias": np.zeros(outputs) if bias is None else bias.astype(float),
        "stride": _pair(stride),
        "padding": [*padding, *padding],
        "dilation": _pair(dilation),
        "groups": groups,
    }
    if transposed:
        attributes["output_padding"] = list(output_padding)
    kind = "transposed_convolution" if transposed else "convolution"
    return t.node(kind, [x], shape, **attributes)


def _batch_norm(
    t: Translation,
    input: Node,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    eps: float,
    **_: Any,
) -> list:
    t.weights(weight, bias, running_mean, running_var)
    if training or running_mean is None:
        t.refuse("a batch normalisation without kept statistics", "train it with track_running_stats")
    scale = (1.0 if weight is None else weight) / np.sqrt(running_var.astype(float) + eps)
    shift = (0.0 if bias is None else bias) - running_mean * scale
    scaled = t.node("multiply", [input, scale.reshape(channels(input))], input.shape)
    return [t.node("add", [scaled, shift.reshape(channels(input))], input.shape)]


def _layer_norm(
    t: Translation, input: Node, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float
) -> list:
    t.weights(weight, bias)
    if len(normalized_shape) != 1:
        t.refuse("a layer normalisation over several dimensions", "normalise the last one only")
    size = normalized_shape[0]
    gamma = np.ones(size) if weight is None else weight.astype(float)
    beta = np.zeros(size) if bias is None else bias.astype(float)
    return [t.node("layer_norm", [input], input.shape, gamma=gamma, beta=beta, epsilon=eps)]


def _max_pool(t, self, kernel_size, stride, padding, dilation, ceil_mode) -> list:
    return [
        t.node(
            "max_pool",
            [self],
            t.shape,
            kernel=_pair(kernel_size),
            stride=_pair(stride or kernel_size),
            padding=[*padding, *padding] if len(padding) == 2 else [*padding] * 4,
            dilation=_pair(dilation),
            ceil_mode=ceil_mode,
        )
    ]


def _average_pool(
    t, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
) -> Node:
    if divisor_override:
        t.refuse("an average pool with divisor_override", "divide by the number of elements")
    return t.node(
        "average_pool",
        [self],
        t.shape,
        kernel=list(kernel_size),
        stride=list(stride or kernel_size),
        padding=[*padding, *padding],
        ceil_mode=ceil_mode,
        count_padding=count_include_pad,
    )


def _channel_pool(t, self, kernel_size, stride, padding, **_: Any) -> Node:
    if list(kernel_size[1:]) != [1, 1] or list(stride) not in ([], [1], [1, 1, 1]) or any(padding):
        t.refuse("a pool of three dimensions", "use two")
    total = t.node("channel_sum", [self], t.shape, size=kernel_size[0])
    return scaled(t, total, 1 / kernel_size[0])


def _adaptive(t: Translation, self: Node, output_size: Sequence[int]) -> Node:
    size, found = self.shape[-2:], t.shape[-2:]
    if size == found:
        return self
    if any(a % b for a, b in zip(size, found)):
        t.refuse(
            f"an adaptive pool from {size[0]} x {size[1]} to {found[0]} x {found[1]}",
            "use sizes that divide",
        )
    kernel = [a // b for a, b in zip(size, found)]
    return _average_pool(t, self, kernel, kernel, [0, 0], False, True, None)


def _adaptive_max(t: Translation, self: Node, output_size: Sequence[int]) -> list:
    size, found = self.shape[-2:], t.shape[-2:]
    if any(a % b for a, b in zip(size, found)):
        t.refuse("an adaptive pool to a size that does not divide", "use sizes that divide")
    kernel = [a // b for a, b in zip(size, found)]
    return _max_pool(t, self, kernel, kernel, [0, 0], [1, 1], False)


def _largest(t: Translation, self: Node, dim: Any = None, keepdim: bool = False) -> Any:
    """amax; max of one dimension has its places beside it."""
    rank = len(self.shape)
    dims = [dim] if isinstance(dim, int) else dim or range(rank)
    y = t.node("largest", [self], t.shape, axes=tuple(sorted(d % rank for d in dims)))
    return [y] if isinstance(dim, int) else y


def _smallest(t: Translation, self: Node, **names: Any) -> Any:
    found = _largest(t, scaled(t, self, -1.0), **names)
    return [scaled(t, found[0], -1.0)] if isinstance(found, list) else scaled(t, found, -1.0)


def _softmax(t: Translation, self: Node, dim: int, **_: Any) -> Node:
    kind = t.call.name.removeprefix("_")
    return t.node(kind, [self], self.shape, axis=dim % len(self.shape))


def _embedding(t: Translation, weight: Any, indices: Any, **_: Any) -> Node:
    t.weights(weight)
    return t.node("embedding", [indices], t.shape, table=weight.astype(float))


def _upsample(t: Translation, input: Node | None = None, self: Node | None = None, **_: Any) -> Node:
    x = input or self
    size, found = x.shape[-2:], t.shape[-2:]
    if any(b % a for a, b in zip(size, found)):
        t.refuse("an upsampling by a factor that is not whole", "use a whole factor")
    return t.node("upsample", [x], t.shape, factor=[b // a for a, b in zip(size, found)])


TRANSLATIONS: dict[str, Callable[..., Any]] = {
    "_scaled_dot_product_attention_forward": _attention,
    **dict.fromkeys(["convolution", "_convolution"], _convolution),
    "native_batch_norm": _batch_norm,
    "native_layer_norm": _layer_norm,
    "max_pool2d_with_indices": _max_pool,
    "avg_pool2d": _average_pool,
    "avg_pool3d": _channel_pool,
    "_adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive_max,
    **dict.fromkeys(["amax", "max"], _largest),
    **dict.fromkeys(["amin", "min"], _smallest),
    **dict.fromkeys(["_softmax", "_log_softmax"], _softmax),
    "embedding": _embedding,
    "upsample_nearest2d": _upsample,
}
