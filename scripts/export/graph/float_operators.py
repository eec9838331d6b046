"""The operators of docs/trace-format.md on float64 arrays, with constants as FloatOperator has them.

Shapes are those of the format. `run` computes a whole network.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scripts.export.graph.network import TOKENS, FloatNetwork, FloatOperator, Values

Array = np.ndarray


def run(network: FloatNetwork, inputs: Values) -> dict[FloatOperator, Array]:
    """Every operator's output. `inputs` by name: tokens [n], or tensors without a batch."""
    outputs: dict[FloatOperator, Array] = {}
    for name, operator in network.inputs.items():
        values = np.asarray(inputs[name])
        tokens = operator.kind == TOKENS
        outputs[operator] = values if tokens else operator.taken(values).astype(float)
    for operator in network.operators:
        outputs[operator] = evaluate(operator, [outputs[x] for x in operator.inputs])
    return outputs


def evaluate(operator: FloatOperator, inputs: list[Array]) -> Array:
    scaled = [
        x if factor == 1 else x * factor for x, factor in zip(inputs, operator.factors, strict=True)
    ]
    y = FUNCTIONS[operator.kind](operator, *scaled)
    if operator.fields.get("relu"):
        y = np.clip(y, 0, operator.fields.get("clip", np.inf))
    return y


def _embedding(o: FloatOperator, tokens: Array) -> Array:
    rows = o["table"][tokens.astype(np.int64)]
    positions = o.fields.get("positions")
    return rows if positions is None else rows + positions[: len(rows)]


def _constant(o: FloatOperator) -> Array:
    return o["value"]


def _linear(o: FloatOperator, x: Array) -> Array:
    return x @ o["weight"].T + o["bias"]


def _windows(o: FloatOperator, x: Array, kernel: tuple[int, int], outside: float) -> Array:
    """[C, rows, columns, kernel rows, kernel columns]; what ceil_mode adds is `outside`, too."""
    top, left, bottom, right = o["padding"]
    dilation = o.fields.get("dilation", (1, 1))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    rows, columns = o.shape[1:]
    needed = [(n - 1) * s + r for n, s, r in zip((rows, columns), o["stride"], reach)]
    missing = [max(0, n - m) for n, m in zip(needed, (x.shape[1] + top, x.shape[2] + left))]
    padded = np.pad(x, ((0, 0), (top, missing[0]), (left, missing[1])), constant_values=outside)
    windows = sliding_window_view(padded, reach, (1, 2))
    (a, b), (c, d) = o["stride"], dilation
    return windows[:, ::a, ::b, ::c, ::d][:, :rows, :columns]


def _conv2d(o: FloatOperator, x: Array) -> Array:
    weight, groups = o["weight"], o["groups"]
    windows = _windows(o, x, weight.shape[2:], 0.0)
    channels = len(x) // groups
    parts = []
    for group, part in enumerate(np.split(weight, groups)):
        seen = windows[group * channels : (group + 1) * channels]
        columns = seen.transpose(0, 3, 4, 1, 2).reshape(part[0].size, -1)
        parts.append(part.reshape(len(part), -1) @ columns)
    return np.concatenate(parts).reshape(o.shape) + o["bias"][:, None, None]


def _max_pool2d(o: FloatOperator, x: Array) -> Array:
    return _windows(o, x, o["kernel"], -np.inf).max((3, 4))


def _average_pool2d(o: FloatOperator, x: Array) -> Array:
    """Elements of a window are counted in the map, or in the map and its padding."""
    total = _windows(o, x, o["kernel"], 0.0).sum((3, 4))
    counted = np.ones((1, *x.shape[1:]))
    if o["count_padding"]:
        top, left, bottom, right = o["padding"]
        counted = np.ones((1, x.shape[1] + top + bottom, x.shape[2] + left + right))
        o = FloatOperator(o.kind, [], o.shape, o.fields | {"padding": [0, 0, 0, 0]})
    return total / _windows(o, counted, o["kernel"], 0.0).sum((3, 4))


def _global_average(o: FloatOperator, x: Array) -> Array:
    return x.mean((1, 2), keepdims=True) if x.ndim == 3 else x.mean(0, keepdims=True)


def _concat(o: FloatOperator, *inputs: Array) -> Array:
    tokens = inputs[0].ndim == 2 and o["axis"] == "features"
    return np.concatenate(inputs, 1 if tokens else 0)


def _split(o: FloatOperator, x: Array) -> Array:
    piece = slice(o["begin"], o["begin"] + o["size"])
    return x[:, piece] if x.ndim == 2 and o["axis"] == "features" else x[piece]


def _upsample(o: FloatOperator, x: Array) -> Array:
    a, b = o["factor"]
    if o["fill"] == "nearest":
        return x.repeat(a, 1).repeat(b, 2)
    y = np.zeros((len(x), (x.shape[1] - 1) * a + 1, (x.shape[2] - 1) * b + 1))
    y[:, ::a, ::b] = x
    return y


def _flatten(o: FloatOperator, x: Array) -> Array:
    if o["to"] == "tokens":
        return x.reshape(len(x), -1).T
    return x.reshape(1, -1)


def _unflatten(o: FloatOperator, x: Array) -> Array:
    return x.reshape(o["shape"])


def _activation(o: FloatOperator, x: Array) -> Array:
    return o["function"](x)


def _norm(o: FloatOperator, *inputs: Array) -> Array:
    z = sum(inputs)
    u = z - z.mean(1, keepdims=True) if o["norm"] == "layer" else z
    return u / np.sqrt((u**2).mean(1, keepdims=True) + o["epsilon"]) * o["gamma"] + o["beta"]


def _local_response_norm(o: FloatOperator, x: Array) -> Array:
    size = o["size"]
    padded = np.pad(x**2, ((size // 2, (size - 1) // 2), (0, 0), (0, 0)))
    return x * o["function"](sliding_window_view(padded, size, 0).sum(-1))


def _rotary(o: FloatOperator, x: Array) -> Array:
    rows, features = x.shape
    y = x.reshape(rows, o["heads"], -1).copy()
    cosine, sine = (o[key][:rows, None] for key in ("cosine", "sine"))
    a, b = rotary_pairs(o["pairs"], cosine.shape[2])
    y[..., a], y[..., b] = y[..., a] * cosine - y[..., b] * sine, y[..., b] * cosine + y[..., a] * sine
    return y.reshape(rows, features)


def rotary_pairs(pairs: str, number: int) -> tuple[Array, Array]:
    """The features of a head that make pairs."""
    p = np.arange(number)
    return (p, p + number) if pairs == "halves" else (2 * p, 2 * p + 1)


def split_heads(x: Array, heads: int) -> Array:
    """[T, F] -> [heads, T, F / heads]"""
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def hidden(o: FloatOperator, queries: int, keys: int) -> Array:
    """[queries, keys] True where a query must not look."""
    distance = np.arange(keys) - np.arange(queries)[:, None]  # j - i
    window = o.fields.get("window", queries + keys)
    if o["mask"] == "causal":
        return (distance > 0) | (distance <= -window)
    return np.abs(distance) >= window


def _attention_scores(o: FloatOperator, q: Array, k: Array) -> Array:
    repeat = o["heads"] // o["kv_heads"]
    keys = split_heads(k, o["kv_heads"]).repeat(repeat, 0)
    scores = split_heads(q, o["heads"]) @ keys.swapaxes(1, 2) * o["scale"]
    bias = o.fields.get("bias")
    if bias is not None:  # [heads, 2 M - 1] by j - i + M - 1
        distance = np.arange(len(k)) - np.arange(len(q))[:, None]
        scores = scores + bias[:, distance + bias.shape[1] // 2]
    return np.where(hidden(o, len(q), len(k)), -np.inf, scores)


def _softmax(o: FloatOperator, scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def _attention_values(o: FloatOperator, p: Array, v: Array) -> Array:
    values = split_heads(v, o["kv_heads"]).repeat(o["heads"] // o["kv_heads"], 0)
    return (p @ values).swapaxes(0, 1).reshape(p.shape[1], -1)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "embedding": _embedding,
    "constant": _constant,
    "linear": _linear,
    "logits": _linear,
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "average_pool2d": _average_pool2d,
    "global_average": _global_average,
    "add": lambda o, x, y: x + y,
    "multiply": lambda o, x, y: x * y,
    "concat": _concat,
    "split": _split,
    "upsample": _upsample,
    "flatten": _flatten,
    "unflatten": _unflatten,
    "activation": _activation,
    "norm": _norm,
    "local_response_norm": _local_response_norm,
    "rotary": _rotary,
    "attention_scores": _attention_scores,
    "softmax": _softmax,
    "attention_values": _attention_values,
}
