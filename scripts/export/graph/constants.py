"""From float operators and scales to the integer constants of docs/trace-format.md.

A quantised number q stands for q * scale. Activations have one scale a tensor, weights one a row;
multipliers and shifts carry the quotients of scales.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scripts.export import masks
from scripts.export.calibrate import best_scale, exponential_table
from scripts.export.errors import ExportError
from scripts.export.graph.network import FloatOperator
from scripts.export.graph.scales import Scales
from scripts.export.graph_shapes import INT32_MAX, worst_case
from scripts.export.quantize import BIAS_BITS, NORM_SHIFT, fixed_point, to_int8

Array = np.ndarray
Constants = dict[str, Any]
TABLE = 4096  # entries of a local response normalisation, at most


class Quantiser:
    """`length`: rows of positions, the model's max_tokens; `keep_zeros`: no weight counts as pruned;
    `masks` go before that.
    """

    def __init__(
        self, scales: Scales, length: int, keep_zeros: bool, masks: Mapping[FloatOperator, Array]
    ) -> None:
        self.scales, self.length, self.keep_zeros, self.masks = scales, length, keep_zeros, masks

    def constants(self, operator: FloatOperator) -> Constants:
        """Fields and tensors of the operator in a trace, but for name, kind, phase and inputs."""
        return FUNCTIONS[operator.kind](self, operator)

    def steps(self, operator: FloatOperator) -> list[float]:
        """Of each input: what one of its steps is to the operator."""
        return [self.scales[x] * f for x, f in zip(operator.inputs, operator.factors)]


def _scalar(ratio: float, bits: int = 31, most: int = 62) -> Constants:
    multiplier, shift = _fixed(np.array([ratio]), bits, most)
    return {"multiplier": int(multiplier[0]), "shift": shift}


def _fixed(ratios: Array, bits: int, most: int = 62) -> tuple[Array, int]:
    """As fixed_point, with a shift of `most` at most."""
    multipliers, shift = fixed_point(ratios, bits)
    if shift <= most:
        return multipliers, shift
    return np.rint(np.asarray(ratios) * 2.0**most).astype(np.int64), most


def _embedding(q: Quantiser, o: FloatOperator) -> Constants:
    scale = q.scales[o]
    table_scale = best_scale(o["table"])
    found: Constants = {"table": to_int8(o["table"], table_scale)}
    if "positions" not in o.fields:
        multipliers, shift = fixed_point([table_scale / scale], 24)
        return found | {"token_multiplier": int(multipliers[0]), "shift": shift}
    position_scale = best_scale(o["positions"])
    multipliers, shift = fixed_point(np.array([table_scale, position_scale]) / scale, 24)
    return found | {
        "positions": to_int8(o["positions"], position_scale),
        "token_multiplier": int(multipliers[0]),
        "position_multiplier": int(multipliers[1]),
        "shift": shift,
    }


def _constant(q: Quantiser, o: FloatOperator) -> Constants:
    return {"value": to_int8(o["value"], q.scales[o])}


def _linear(q: Quantiser, o: FloatOperator) -> Constants:
    weights, accumulator_scale = _weights(q, o)
    multiplier, shift = fixed_point(accumulator_scale / q.scales[o], 31)
    relu = {"relu": bool(o.fields.get("relu", False))}
    return weights | {"multiplier": multiplier.astype(np.int32), "shift": shift} | relu


def _conv2d(q: Quantiser, o: FloatOperator) -> Constants:
    fields = {key: list(o[key]) for key in ("stride", "padding", "dilation")}
    return _linear(q, o) | fields | {"groups": o["groups"]}


def _logits(q: Quantiser, o: FloatOperator) -> Constants:
    """The scale of a logit is free: the finest that cannot pass 32 bits."""
    weights, accumulator_scale = _weights(q, o)
    bounds = worst_case(weights["weight"], weights["bias"])
    step = q.scales[o] = (bounds * accumulator_scale).max() / (INT32_MAX - 1)
    multiplier, shift = fixed_point(accumulator_scale / step, 31)
    return weights | {"multiplier": multiplier.astype(np.int32), "shift": shift}


def _weights(q: Quantiser, o: FloatOperator) -> tuple[Constants, Array]:
    """Integer weights, bias and mask, and each row's value of one accumulator step."""
    weight, bias, (step,) = o["weight"], o["bias"], q.steps(o)
    rows = weight.reshape(len(weight), -1)
    scale = np.maximum(np.abs(rows).max(1) / 127, np.abs(bias) / step / 2**BIAS_BITS)
    scale[scale == 0] = scale.max() or 1.0  # a row that is 0 gives 0 with any scale
    integers = {
        "weight": to_int8(rows, scale[:, None]).reshape(weight.shape),
        "bias": np.rint(bias / (scale * step)).astype(np.int32),
    }
    if worst_case(integers["weight"], integers["bias"]).max() > INT32_MAX:
        raise ExportError(f"{o.name}: {rows.shape[1]} columns may overflow 32-bit sums")
    mask = q.masks.get(o)
    kept = rows != 0 if mask is None else mask.reshape(rows.shape)
    if mask is not None or not (q.keep_zeros or kept.all()):
        integers["mask"] = masks.pack(kept)
    return integers, scale * step


def _max_pool(q: Quantiser, o: FloatOperator) -> Constants:
    pairs = {key: list(o[key]) for key in ("kernel", "stride", "padding", "dilation")}
    return pairs | {"ceil_mode": bool(o["ceil_mode"])}


def _average_pool(q: Quantiser, o: FloatOperator) -> Constants:
    pairs = {key: list(o[key]) for key in ("kernel", "stride", "padding")}
    flags = {key: bool(o[key]) for key in ("ceil_mode", "count_padding")}
    return pairs | flags | _global_average(q, o)


def _global_average(q: Quantiser, o: FloatOperator) -> Constants:
    return _scalar(q.steps(o)[0] / q.scales[o], 24, 31)


def _add(q: Quantiser, o: FloatOperator) -> Constants:
    multipliers, shift = fixed_point(np.array(q.steps(o)) / q.scales[o], 24)
    x, y = map(int, multipliers)
    relu = bool(o.fields.get("relu", False))
    return {"x_multiplier": x, "y_multiplier": y, "shift": shift, "relu": relu}


def _multiply(q: Quantiser, o: FloatOperator) -> Constants:
    return _scalar(float(np.prod(q.steps(o))) / q.scales[o])


def _concat(q: Quantiser, o: FloatOperator) -> Constants:
    multipliers, shift = fixed_point(np.array(q.steps(o)) / q.scales[o], 24)
    return {"axis": o["axis"], "multipliers": multipliers.tolist(), "shift": shift}


def _fields(*names: str) -> Callable[[Quantiser, FloatOperator], Constants]:
    return lambda q, o: {name: o[name] for name in names}


def _activation(q: Quantiser, o: FloatOperator) -> Constants:
    with np.errstate(all="ignore"):
        values = o["function"](np.arange(-128, 128) * q.steps(o)[0])
    return {"table": to_int8(np.nan_to_num(values), q.scales[o])}


def _norm(q: Quantiser, o: FloatOperator) -> Constants:
    """Only the quotient of the two input scales matters: normalisation takes out their size."""
    steps, scale = q.steps(o), q.scales[o]
    multipliers = [round(step * 65535 / max(steps)) for step in steps]
    gamma = np.rint(o["gamma"] / scale * 2 ** (NORM_SHIFT - 15))
    beta = np.rint(o["beta"] / scale * 2**NORM_SHIFT)
    return {
        "norm": o["norm"],
        "gamma": np.clip(gamma, 1 - 2**24, 2**24 - 1).astype(np.int32),
        "beta": np.clip(beta, 1 - 2**31, 2**31 - 1).astype(np.int32),
        **dict(zip(("x_multiplier", "y_multiplier"), multipliers)),
        "shift": NORM_SHIFT,
    }


def _local_response_norm(q: Quantiser, o: FloatOperator) -> Constants:
    """An entry stands for the sums of squares that share it: for the middle one."""
    (step,), most = q.steps(o), o["size"] * 128**2
    table_shift = max(0, int(most).bit_length() - TABLE.bit_length() + 1)
    length = max(2, (most >> table_shift) + 1)
    sums = (np.arange(length) * 2**table_shift + (2**table_shift - 1) / 2) * step**2
    ratios = o["function"](sums) * step / q.scales[o]
    table, shift = fixed_point(ratios, 16)
    return {
        "table": table.astype(np.uint16),
        "size": o["size"],
        "table_shift": table_shift,
        "shift": shift,
    }


def _rotary(q: Quantiser, o: FloatOperator) -> Constants:
    ratio = q.steps(o)[0] / q.scales[o]
    tables = [o[key][: q.length] * ratio for key in ("cosine", "sine")]
    largest = max(ratio, *(float(np.abs(table).max()) for table in tables))
    multipliers, shift = fixed_point([largest, ratio], 24)
    cosine, sine = (np.rint(table * 2.0**shift) for table in tables)
    limit = 2**24 - 1
    return {
        "heads": o["heads"],
        "pairs": o["pairs"],
        "cosine": np.clip(cosine, -limit, limit).astype(np.int32),
        "sine": np.clip(sine, -limit, limit).astype(np.int32),
        "multiplier": int(multipliers[1]),
        "shift": shift,
    }


def _attention_scores(q: Quantiser, o: FloatOperator) -> Constants:
    scale = q.scales[o]
    ratio = float(np.prod(q.steps(o))) * o["scale"] / scale
    found = {key: o[key] for key in ("heads", "kv_heads", "mask", "window") if key in o.fields}
    if "bias" not in o.fields:
        return found | _scalar(ratio)
    bias = o["bias"] / scale
    room = int(np.floor(np.log2((2**31 - 1) / max(np.abs(bias).max(), 1e-9))))
    constants = _scalar(ratio, most=int(np.clip(room, 1, 62)))
    return found | constants | {"bias": np.rint(bias * 2.0 ** constants["shift"]).astype(np.int32)}


def _softmax(q: Quantiser, o: FloatOperator) -> Constants:
    return {"table": exponential_table(q.scales[o.inputs[0]])}


def _attention_values(q: Quantiser, o: FloatOperator) -> Constants:
    ratio = float(np.prod(q.steps(o))) / q.scales[o]
    return {"heads": o["heads"], "kv_heads": o["kv_heads"]} | _scalar(ratio)


FUNCTIONS: dict[str, Callable[[Quantiser, FloatOperator], Constants]] = {
    "embedding": _embedding,
    "constant": _constant,
    "linear": _linear,
    "logits": _logits,
    "conv2d": _conv2d,
    "max_pool2d": _max_pool,
    "average_pool2d": _average_pool,
    "global_average": _global_average,
    "add": _add,
    "multiply": _multiply,
    "concat": _concat,
    "split": _fields("axis", "begin", "size"),
    "upsample": _fields("factor", "fill"),
    "flatten": _fields("to"),
    "unflatten": _fields("shape"),
    "activation": _activation,
    "norm": _norm,
    "local_response_norm": _local_response_norm,
    "rotary": _rotary,
    "attention_scores": _attention_scores,
    "softmax": _softmax,
    "attention_values": _attention_values,
}
