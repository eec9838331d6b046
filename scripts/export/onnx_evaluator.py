"""Evaluates an ONNX graph with numpy: exactly the operators that exported Transformers consist of,
nothing more.

Floats are computed as float64. Every intermediate value is kept, and which ones depend on the token
ids: what does not (weights, also sliced or transposed ones, positions, causal masks) is a constant
of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from scripts.export.calls import Array
from scripts.export.errors import UnsupportedOperator

OPSETS = range(13, 18)
DOMAINS = ("", "ai.onnx")  # two names of the standard one
Attributes = dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """Values by name, and the names of those that depend on tokens."""

    values: dict[str, Array]
    token_dependent: set[str]


class OnnxGraph:
    """A loaded model whose every node the table below knows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        graph = _load(path).graph
        self.nodes = list(graph.node)
        for node in self.nodes:
            if node.op_type not in TABLE or node.domain not in DOMAINS:
                raise UnsupportedOperator(
                    node_name(node),
                    node.op_type,
                    "export a post-norm Transformer with ReLU, or extend the table of "
                    "scripts/export/onnx_evaluator.py",
                )
        self.constants = {
            tensor.name: _widen(numpy_helper.to_array(tensor)) for tensor in graph.initializer
        }
        self.inputs = [i.name for i in graph.input if i.name not in self.constants]
        self.outputs = [output.name for output in graph.output]

    def run(self, inputs: dict[str, Array]) -> Evaluation:
        values, dependent = self.constants | inputs | {"": None}, set(inputs)
        for node in self.nodes:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            try:
                result = TABLE[node.op_type](attributes, *(values[name] for name in node.input))
            except (ValueError, IndexError, TypeError, KeyError) as error:
                raise ValueError(
                    f"{self.path}: node {node_name(node)} ({node.op_type}): {error}; "
                    "export with dynamic axes for both sentence lengths"
                ) from error
            results = result if isinstance(result, list) else [result]
            values.update(zip(node.output, results))
            if node.op_type != "Shape" and not dependent.isdisjoint(node.input):
                dependent.update(node.output)
        return Evaluation(values, dependent)


def _load(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except OSError as error:
        raise ValueError(f"{path}: cannot read: {error.strerror}") from error
    except Exception as error:  # protobuf and onnx raise a dozen unrelated kinds for a broken file
        raise ValueError(f"{path}: not a valid ONNX model: {error}") from error
    versions = [entry.version for entry in model.opset_import if entry.domain in DOMAINS]
    if not versions or versions[0] not in OPSETS:
        raise ValueError(f"{path}: opset {versions}; export with opset {OPSETS[0]} to {OPSETS[-1]}")
    return model


def node_name(node: onnx.NodeProto) -> str:
    return node.name or f"{node.op_type} that gives {node.output[0]}"


def _widen(array: Array) -> Array:
    return array.astype(np.float64) if np.issubdtype(array.dtype, np.floating) else array


def _cast(attributes: Attributes, x: Array) -> Array:
    return _widen(x.astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[attributes["to"]]))


def _constant(attributes: Attributes) -> Array:
    if "value" in attributes:
        return _widen(numpy_helper.to_array(attributes["value"]))
    ((name, value),) = attributes.items()
    return np.asarray(value, np.int64 if name.startswith("value_int") else np.float64)


def _constant_of_shape(attributes: Attributes, shape: Array) -> Array:
    value = attributes.get("value")
    return np.full(shape, 0.0 if value is None else _widen(numpy_helper.to_array(value))[0])


def _div(attributes: Attributes, a: Array, b: Array) -> Array:
    """Integers are divided towards zero."""
    if np.issubdtype(a.dtype, np.integer):
        return np.trunc(a / b).astype(a.dtype)
    return a / b


def _gemm(attributes: Attributes, a: Array, b: Array, c: Array | float = 0.0) -> Array:
    a = a.T if attributes.get("transA") else a
    b = b.T if attributes.get("transB") else b
    return attributes.get("alpha", 1.0) * (a @ b) + attributes.get("beta", 1.0) * c


def _layer_normalization(
    attributes: Attributes, x: Array, scale: Array, bias: Array | float = 0.0
) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + attributes.get("epsilon", 1e-5)) * scale + bias


def _reduce_mean(attributes: Attributes, x: Array) -> Array:
    return x.mean(tuple(attributes["axes"]), keepdims=bool(attributes.get("keepdims", 1)))


def _reshape(attributes: Attributes, x: Array, shape: Array) -> Array:
    """0 copies the input's dimension."""
    return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape)])


def _slice(
    attributes: Attributes,
    x: Array,
    starts: Array,
    ends: Array,
    axes: Array | None = None,
    steps: Array | None = None,
) -> Array:
    index = [slice(None)] * x.ndim
    for i, (start, end) in enumerate(zip(starts, ends)):
        step = 1 if steps is None else int(steps[i])
        index[i if axes is None else axes[i]] = slice(int(start), int(end), step)
    return x[tuple(index)]


def _softmax(attributes: Attributes, x: Array) -> Array:
    axis = attributes.get("axis", -1)
    exponentials = np.exp(x - x.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def _split(attributes: Attributes, x: Array, sizes: Array) -> list[Array]:
    return np.split(x, np.cumsum(sizes)[:-1], attributes.get("axis", 0))


def _squeeze(attributes: Attributes, x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, None if axes is None else tuple(axes))


def _transpose(attributes: Attributes, x: Array) -> Array:
    return x.transpose(attributes.get("perm"))


def _trilu(attributes: Attributes, x: Array, k: Array | None = None) -> Array:
    return (np.triu if attributes.get("upper", 1) else np.tril)(x, 0 if k is None else int(k))


def _expand(attributes: Attributes, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape)))


def _plain(function: Callable[..., Array]) -> Callable[..., Array]:
    return lambda attributes, *inputs: function(*inputs)


TABLE: dict[str, Callable[..., Array | list[Array]]] = {
    "Add": _plain(np.add),
    "And": _plain(np.logical_and),
    "Cast": _cast,
    "Concat": lambda attributes, *parts: np.concatenate(parts, attributes["axis"]),
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Div": _div,
    "Dropout": lambda attributes, x, *settings: x,
    "Equal": _plain(np.equal),
    "Expand": _expand,
    "Gather": lambda attributes, x, index: np.take(x, index, attributes.get("axis", 0)),
    "Gemm": _gemm,
    "Greater": _plain(np.greater),
    "Identity": _plain(np.asarray),
    "LayerNormalization": _layer_normalization,
    "Less": _plain(np.less),
    "MatMul": _plain(np.matmul),
    "Mul": _plain(np.multiply),
    "Not": _plain(np.logical_not),
    "Or": _plain(np.logical_or),
    "Pow": _plain(np.power),
    "Range": _plain(np.arange),
    "ReduceMean": _reduce_mean,
    "Relu": lambda attributes, x: np.maximum(x, 0),
    "Reshape": _reshape,
    "Shape": lambda attributes, x: np.array(x.shape, np.int64),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Sqrt": _plain(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _plain(np.subtract),
    "Transpose": _transpose,
    "Trilu": _trilu,
    "Unsqueeze": lambda attributes, x, axes: np.expand_dims(x, tuple(axes)),
    "Where": _plain(np.where),
}
