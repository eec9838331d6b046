"""From a float model and activation scales to the integer constants of a trace.

A quantised number q stands for q * scale. Activations have one scale a tensor, weights one a row;
multipliers and shifts carry the quotients of scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scripts.export import masks
from scripts.export.calibrate import Pair, activation_scales, best_scale, exponential_table
from scripts.export.errors import ExportError
from scripts.export.float_model import FloatModel
from scripts.export.graph_fields import Operator
from scripts.export.graph_shapes import INT32_MAX, worst_case
from scripts.export.safetensors import Tensors
from scripts.export.trace import Trace, of_schema_1

Array = np.ndarray
Constants = dict[str, Any]
SOFTMAX_SCALE = 1 / 127
BIAS_BITS = (
    24  # |bias| stays below 2**24, so that accumulators stay below 2**31 for up to 2**17 columns
)
NORM_SHIFT = 23  # add_norm: 15 bits of the normalised value, 8 of gamma


def quantise(model: FloatModel, pairs: Sequence[Pair], name: str, origin: dict[str, str]) -> Trace:
    """A trace without reference outputs, calibrated on `pairs`."""
    scales = activation_scales(model, pairs)
    operators: list[Operator] = []
    tensors: Tensors = {}
    for operator in model.operators:
        constants = FUNCTIONS[operator["kind"]](model, operator, scales)
        stored = {
            key: _store(tensors, f"{operator['name']}.{key}", value)
            if isinstance(value, Array)
            else value
            for key, value in constants.items()
        }
        operators.append(operator | stored)
    graph = {"name": name, "model": model.shape, "operators": operators}
    trace = of_schema_1(graph, origin, tensors)
    trace.scales = scales
    return trace


def _store(tensors: Tensors, name: str, tensor: Array) -> str:
    """The tensor's name, or that of an equal one: source and target often share embeddings."""
    field = name.rsplit(".", 1)[1]
    if field in ("table", "positions"):
        for other, existing in tensors.items():
            if other.endswith(f".{field}") and np.array_equal(existing, tensor):
                return other
    tensors[name] = tensor
    return name


def fixed_point(ratios: Array | float, bits: int) -> tuple[Array, int]:
    """Integers below 2**bits and a shift, so that integers / 2**shift are close to the ratios."""
    ratios = np.asarray(ratios, float)
    _, exponent = np.frexp(ratios.max())
    shift = int(np.clip(bits - exponent, 1, 62))
    return np.minimum(np.rint(ratios * 2.0**shift), 2**bits - 1).astype(np.int64), shift


def to_int8(values: Array, scale: Array | float) -> Array:
    return np.clip(np.rint(values / scale), -128, 127).astype(np.int8)


def _embedding(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    constants = model.constants[operator["name"]]
    table_scale = best_scale(constants["table"])
    position_scale = best_scale(constants["positions"])
    ratios = np.array([table_scale, position_scale]) / scales[operator["name"]]
    multipliers, shift = fixed_point(ratios, 24)
    return {
        "table": to_int8(constants["table"], table_scale),
        "positions": to_int8(constants["positions"], position_scale),
        "token_multiplier": int(multipliers[0]),
        "position_multiplier": int(multipliers[1]),
        "shift": shift,
    }


def _linear(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    weights, accumulator_scale = _weights(model, operator, scales[operator["inputs"][0]])
    multiplier, shift = fixed_point(accumulator_scale / scales[operator["name"]], 31)
    return weights | {"multiplier": multiplier.astype(np.int32), "shift": shift}


def _logits(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    """The scale of a logit is free: the finest that cannot pass 32 bits."""
    weights, accumulator_scale = _weights(model, operator, scales[operator["inputs"][0]])
    bounds = worst_case(weights["weight"], weights["bias"])
    step = scales[operator["name"]] = (bounds * accumulator_scale).max() / (INT32_MAX - 1)
    multiplier, shift = fixed_point(accumulator_scale / step, 31)
    return weights | {"multiplier": multiplier.astype(np.int32), "shift": shift}


def _weights(model: FloatModel, operator: Operator, x_scale: float) -> tuple[Constants, Array]:
    """Integer weights, bias and mask, and each row's value of one accumulator step."""
    constants, mask = model.constants[operator["name"]], model.masks.get(operator["name"])
    weight, bias = constants["weight"], constants["bias"]
    if mask is not None:
        weight = np.where(mask, weight, 0)
    scale = np.maximum(np.abs(weight).max(1) / 127, np.abs(bias) / x_scale / 2**BIAS_BITS)
    scale[scale == 0] = scale.max() or 1.0  # a row that is 0 gives 0 with any scale
    integers = {
        "weight": to_int8(weight, scale[:, None]),
        "bias": np.rint(bias / (scale * x_scale)).astype(np.int32),
    }
    if worst_case(integers["weight"], integers["bias"]).max() > INT32_MAX:
        raise ExportError(f"{operator['name']}: {weight.shape[1]} columns may overflow 32-bit sums")
    if mask is not None:
        integers["mask"] = masks.pack(mask)
    return integers, scale * x_scale


def _attention_scores(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    q, k = (scales[name] for name in operator["inputs"])
    head_features = len(model.constants[operator["inputs"][0]]["bias"]) // operator["heads"]
    return _scalar(q * k / np.sqrt(head_features) / scales[operator["name"]])


def _softmax(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    return {"table": exponential_table(scales[operator["inputs"][0]])}


def _attention_values(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    return _scalar(SOFTMAX_SCALE * scales[operator["inputs"][1]] / scales[operator["name"]])


def _scalar(ratio: float) -> Constants:
    multiplier, shift = fixed_point(ratio, 31)
    return {"multiplier": int(multiplier), "shift": shift}


def _add_norm(model: FloatModel, operator: Operator, scales: dict[str, float]) -> Constants:
    """Only the quotient of the two input scales matters: normalisation takes out their size."""
    constants, scale = model.constants[operator["name"]], scales[operator["name"]]
    x, y = (scales[name] for name in operator["inputs"])
    unit = 65535 / (x if constants.get("alone") else max(x, y))
    gamma = np.rint(constants["gamma"] / scale * 2 ** (NORM_SHIFT - 15))
    beta = np.rint(constants["beta"] / scale * 2**NORM_SHIFT)
    return {
        "gamma": np.clip(gamma, 1 - 2**24, 2**24 - 1).astype(np.int32),
        "beta": np.clip(beta, 1 - 2**31, 2**31 - 1).astype(np.int32),
        "x_multiplier": round(x * unit),
        "y_multiplier": 0 if constants.get("alone") else round(y * unit),
        "shift": NORM_SHIFT,
    }


FUNCTIONS = {
    "embedding": _embedding,
    "linear": _linear,
    "logits": _logits,
    "attention_scores": _attention_scores,
    "softmax": _softmax,
    "attention_values": _attention_values,
    "add_norm": _add_norm,
}
