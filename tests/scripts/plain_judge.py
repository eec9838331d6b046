"""The integer operators of docs/trace-format.md once more, written down from that page element by
element and for no speed: a judge of exported networks that shares no code with the exporters.
"""

from __future__ import annotations

import math

import numpy as np

Array = np.ndarray


def rshift(value, shift):
    return (value + (1 << (shift - 1))) >> shift


def clamp8(value):
    return np.clip(value, -128, 127)


def nearest(a, b):
    return (2 * a + b) // (2 * b)


def outputs(trace, inputs) -> dict[str, Array]:
    """Of every operator, for inputs by name: tokens, or int8 tensors."""
    found = {name: np.asarray(values).astype(np.int64) for name, values in inputs.items()}
    by_name = {operator["name"]: operator for operator in trace.operators}
    for operator in trace.operators:
        fields = dict(operator)
        for key, value in operator.items():
            if isinstance(value, str) and value in trace.tensors and key not in ("name", "kind"):
                fields[key] = trace.tensors[value].astype(np.int64)
        if operator["kind"] == "softmax":
            fields["scores"] = by_name[operator["inputs"][0]]
        arguments = [found[name] for name in operator["inputs"]]
        found[operator["name"]] = OPERATORS[operator["kind"]](fields, *arguments)
    return found


def _activated(o, y):
    y = clamp8(y)
    return np.maximum(y, 0) if o["relu"] else y


def _embedding(o, tokens):
    y = o["table"][tokens] * o["token_multiplier"]
    if "positions" in o:
        y = y + o["positions"][: len(tokens)] * o["position_multiplier"]
    return clamp8(rshift(y, o["shift"]))


def _scores(o, x):
    accumulators = x @ o["weight"].T + o["bias"]
    assert np.abs(accumulators).max() < 2**31
    return rshift(accumulators * o["multiplier"], o["shift"])


def _window_count(size, before, behind, stride, reach, ceil_mode=False):
    free = size + before + behind - reach
    count = (-(-free // stride) if ceil_mode else free // stride) + 1
    return count - (ceil_mode and (count - 1) * stride >= size + before)


def _places(o, x, kernel):
    """For each output row and column: the slices of x that its window sees, and its beginning."""
    dilation = o.get("dilation", [1, 1])
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    padding, ceil_mode = o["padding"], o.get("ceil_mode", False)
    rows, columns = (
        _window_count(x.shape[1 + i], padding[i], padding[i + 2], o["stride"][i], reach[i], ceil_mode)
        for i in (0, 1)
    )
    for i in range(rows):
        for j in range(columns):
            top, left = i * o["stride"][0] - padding[0], j * o["stride"][1] - padding[1]
            ys = [top + r * dilation[0] for r in range(kernel[0])]
            xs = [left + s * dilation[1] for s in range(kernel[1])]
            inside_y = [r for r, y in enumerate(ys) if 0 <= y < x.shape[1]]
            inside_x = [s for s, z in enumerate(xs) if 0 <= z < x.shape[2]]
            seen = x[:, [ys[r] for r in inside_y]][:, :, [xs[s] for s in inside_x]]
            yield i, j, seen, inside_y, inside_x, (rows, columns), (ys, xs)


def _conv2d(o, x):
    weight, groups = o["weight"], o["groups"]
    size, channels = len(weight) // groups, len(x) // groups
    result = None
    for i, j, seen, rows, columns, shape, _ in _places(o, x, weight.shape[2:]):
        if result is None:
            result = np.zeros((len(weight), *shape), np.int64)
        for g in range(groups):
            kernel = weight[g * size : (g + 1) * size][:, :, rows][:, :, :, columns]
            part = seen[g * channels : (g + 1) * channels]
            result[g * size : (g + 1) * size, i, j] = (kernel * part).sum((1, 2, 3))
    result += o["bias"][:, None, None]
    assert np.abs(result).max() < 2**31
    return _activated(o, rshift(result * o["multiplier"][:, None, None], o["shift"]))


def _pooled(o, x, function):
    result = None
    for i, j, seen, _, _, shape, places in _places(o, x, o["kernel"]):
        if result is None:
            result = np.zeros((len(x), *shape), np.int64)
        result[:, i, j] = function(seen, places)
    return result


def _average_pool(o, x):
    _, height, width = x.shape
    top, left, bottom, right = o["padding"]

    def average(seen, places):
        count = seen[0].size
        if o["count_padding"]:
            ys, xs = places
            inside_y = [y for y in ys if -top <= y < height + bottom]
            inside_x = [z for z in xs if -left <= z < width + right]
            count = len(inside_y) * len(inside_x)
        return clamp8(nearest(seen.sum((1, 2)) * o["multiplier"], count << o["shift"]))

    return _pooled(o, x, average)


def _global_average(o, x):
    axes = (1, 2) if x.ndim == 3 else (0,)
    count = math.prod(x.shape[axis] for axis in axes)
    return clamp8(nearest(x.sum(axes, keepdims=True) * o["multiplier"], count << o["shift"]))


def _add(o, x, y):
    return _activated(o, rshift(x * o["x_multiplier"] + y * o["y_multiplier"], o["shift"]))


def _axis(o, x):
    return 1 if x.ndim == 2 and o["axis"] == "features" else 0


def _concat(o, *inputs):
    parts = [clamp8(rshift(x * m, o["shift"])) for x, m in zip(inputs, o["multipliers"])]
    return np.concatenate(parts, _axis(o, inputs[0]))


def _upsample(o, x):
    a, b = o["factor"]
    if o["fill"] == "nearest":
        return np.kron(x, np.ones((1, a, b), np.int64))
    y = np.zeros((len(x), (x.shape[1] - 1) * a + 1, (x.shape[2] - 1) * b + 1), np.int64)
    y[:, ::a, ::b] = x
    return y


def _norm(o, x, y=None):
    z = x * o["x_multiplier"] + (0 if y is None else y * o["y_multiplier"])
    result = np.zeros_like(z)
    for row, values in enumerate(z):
        d = len(values)
        mean = (int(values.sum()) + d // 2) // d if o["norm"] == "layer" else 0
        u = values - mean
        root = max(1, math.isqrt(int((u * u).sum()) // d))
        result[row] = clamp8(rshift((u * 2**15) // root * o["gamma"] + o["beta"], o["shift"]))
    return result


def _local_response_norm(o, x):
    result, last = np.zeros_like(x), len(o["table"]) - 1
    for c in range(len(x)):
        near = x[max(0, c - o["size"] // 2) : c + (o["size"] - 1) // 2 + 1]
        entry = np.minimum((near * near).sum(0) >> o["table_shift"], last)
        result[c] = clamp8(rshift(x[c] * o["table"][entry], o["shift"]))
    return result


def _rotary(o, x):
    size, pairs = x.shape[1] // o["heads"], o["cosine"].shape[1]
    result = clamp8(rshift(x * o["multiplier"], o["shift"]))
    for position in range(len(x)):
        for head in range(o["heads"]):
            for p in range(pairs):
                a, b = (p, p + pairs) if o["pairs"] == "halves" else (2 * p, 2 * p + 1)
                a, b = head * size + a, head * size + b
                c, s = o["cosine"][position, p], o["sine"][position, p]
                u, v = x[position, a], x[position, b]
                result[position, a] = clamp8(rshift(u * c - v * s, o["shift"]))
                result[position, b] = clamp8(rshift(v * c + u * s, o["shift"]))
    return result


def _sees(o, i, j):
    w = o.get("window", math.inf)
    return j <= i and j > i - w if o["mask"] == "causal" else i - w < j < i + w


def _attention_scores(o, q, k):
    size = q.shape[1] // o["heads"]
    result = np.zeros((o["heads"], len(q), len(k)), np.int64)
    for h in range(o["heads"]):
        g = h * o["kv_heads"] // o["heads"]
        for i in range(len(q)):
            for j in range(len(k)):
                if _sees(o, i, j):
                    dot = int(q[i, h * size : (h + 1) * size] @ k[j, g * size : (g + 1) * size])
                    bias = int(o["bias"][h, j - i + o["bias"].shape[1] // 2]) if "bias" in o else 0
                    result[h, i, j] = clamp8(rshift(dot * o["multiplier"] + bias, o["shift"]))
    return result


def _softmax(o, scores):
    result = np.zeros_like(scores)
    for h, i in np.ndindex(scores.shape[:2]):
        there = [j for j in range(scores.shape[2]) if _sees(o["scores"], i, j)]
        e = o["table"][scores[h, i, there].max() - scores[h, i, there]]
        result[h, i, there] = (127 * e + e.sum() // 2) // e.sum()
    return result


def _attention_values(o, p, v):
    size = v.shape[1] // o["kv_heads"]
    parts = []
    for h in range(o["heads"]):
        g = h * o["kv_heads"] // o["heads"]
        parts.append(p[h] @ v[:, g * size : (g + 1) * size])
    return clamp8(rshift(np.concatenate(parts, 1) * o["multiplier"], o["shift"]))


OPERATORS = {
    "embedding": _embedding,
    "constant": lambda o: o["value"],
    "linear": lambda o, x: _activated(o, _scores(o, x)),
    "logits": _scores,
    "conv2d": _conv2d,
    "max_pool2d": lambda o, x: _pooled(o, x, lambda seen, _: seen.max((1, 2))),
    "average_pool2d": _average_pool,
    "global_average": _global_average,
    "add": _add,
    "multiply": lambda o, x, y: clamp8(rshift(x * y * o["multiplier"], o["shift"])),
    "concat": _concat,
    "split": lambda o, x: np.take(x, range(o["begin"], o["begin"] + o["size"]), _axis(o, x)),
    "upsample": _upsample,
    "flatten": lambda o, x: x.reshape(1, -1) if o["to"] == "features" else x.reshape(len(x), -1).T,
    "unflatten": lambda o, x: x.reshape(o["shape"]),
    "activation": lambda o, x: o["table"][x + 128],
    "norm": _norm,
    "local_response_norm": _local_response_norm,
    "rotary": _rotary,
    "attention_scores": _attention_scores,
    "softmax": _softmax,
    "attention_values": _attention_values,
}
