"""From ONNX nodes to primitive operators (scripts/export/graph/primitives.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph import pointwise
from scripts.export.graph.primitives import Array, Node, PrimitiveGraph, constant
from scripts.export.onnx_evaluator import node_name
from scripts.export.onnx_nodes import path_of

Attributes = dict[str, Any]


class Translation:
    """`values`: of one evaluation, by name; `live`: nodes of those that depend on the inputs."""

    def __init__(
        self, graph: PrimitiveGraph, values: dict[str, Array], live: dict[str, Node]
    ) -> None:
        self.graph, self.values, self.live = graph, values, live
        self.path, self.name, self.shapes = "", "", [()]

    def enter(self, node: onnx.NodeProto) -> None:
        """The node that is translated next."""
        self.path, self.name = path_of(node), node_name(node)
        self.shapes = [np.shape(self.values[name]) for name in node.output if name in self.values]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[0]

    def of(self, name: str) -> Node | Array | None:
        return self.live.get(name, self.values[name])

    def node(self, kind: str, inputs: Sequence[Any], shape: Sequence[int], **attributes: Any) -> Node:
        nodes = [x if isinstance(x, Node) else constant(x, self.path) for x in inputs]
        return self.graph.add(Node(kind, nodes, attributes, tuple(shape), self.path))

    def move(
        self, x: Node, function: Callable[[Array], Array], reshape: bool = False, shape: Any = None
    ) -> Node:
        shape = self.shape if shape is None else shape
        return self.node("move", [x], shape, function=function, reshape=reshape)

    def unary(self, x: Node, name: str, function: pointwise.Function | None = None) -> Node:
        function = function or pointwise.FUNCTIONS[name]
        return self.node("unary", [x], x.shape, name=name, function=function)

    def refuse(self, kind: str, remedy: str) -> None:
        raise UnsupportedOperator(self.name, kind, remedy)

    def fixed(self, *values: Any) -> None:
        if any(isinstance(value, Node) for value in values):
            self.refuse("an operator whose weights depend on the input", "use constants")


def _same(t: Translation, a: Attributes, x: Node, *_: Any) -> Node:
    return x


def _reshape(t: Translation, a: Attributes, x: Node, *_: Any) -> Node:
    shape = t.shape
    return t.move(x, lambda v: v.reshape(shape), True)


def _transpose(t: Translation, a: Attributes, x: Node) -> Node:
    order = a.get("perm") or list(range(len(x.shape)))[::-1]
    return t.move(x, lambda v: v.transpose(order))


def _expand(t: Translation, a: Attributes, x: Node, _: Array) -> Node:
    shape = t.shape
    return t.move(x, lambda v: np.broadcast_to(v, shape), shape == x.shape)


def _tile(t: Translation, a: Attributes, x: Node, repeats: Array) -> Node:
    return t.move(x, lambda v: np.tile(v, [int(r) for r in repeats]))


def _slice(t: Translation, a: Attributes, x: Node, starts, ends, axes=None, steps=None) -> Node:
    t.fixed(starts, ends, axes, steps)
    index = [slice(None)] * len(x.shape)
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    for axis, start, end, step in zip(axes, starts, ends, steps):
        index[int(axis)] = slice(int(start), int(end), int(step))
    return t.move(x, lambda v: v[tuple(index)])


def _split(t: Translation, a: Attributes, x: Node, *_: Any) -> list[Node]:
    axis, begin, parts = a.get("axis", 0) % len(x.shape), 0, []
    for shape in t.shapes:
        index = (slice(None),) * axis + (slice(begin, begin + shape[axis]),)
        parts.append(t.move(x, lambda v, index=index: v[index], shape=shape))
        begin += shape[axis]
    return parts


def _gather(t: Translation, a: Attributes, x: Any, index: Any) -> Node:
    axis = a.get("axis", 0)
    if isinstance(x, Node):
        t.fixed(index)
        return t.move(x, lambda v: np.take(v, index.astype(int), axis))
    if axis or np.ndim(x) != 2:
        t.refuse("a Gather by tokens that is no embedding", "look tokens up in rows of a matrix")
    return t.node("embedding", [index], t.shape, table=np.asarray(x, float))


def _concat(t: Translation, a: Attributes, *parts: Any) -> Node:
    return t.node("join", parts, t.shape, axis=a["axis"] % len(t.shape))


def _pad(t: Translation, a: Attributes, x: Node, pads: Array, value=None, axes=None) -> Node:
    if (value is not None and np.any(value)) or axes is not None or np.min(pads) < 0:
        t.refuse("a Pad with something else than zeros around all dimensions", "pad with zeros")
    pads, rank = [int(p) for p in pads], len(x.shape)
    return t.node("pad", [x], t.shape, before=pads[:rank], after=pads[rank:])


def _add(t: Translation, a: Attributes, x: Any, *others: Any) -> Node:
    for y in others:
        x = t.node("add", [x, y], t.shape)
    return x


def _negative(t: Translation, x: Any) -> Any:
    return t.node("multiply", [x, -1.0], x.shape) if isinstance(x, Node) else np.negative(x)


def _sub(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    return t.node("add", [x, _negative(t, y)], t.shape)


def _mul(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    return t.unary(x, "square") if x is y else t.node("multiply", [x, y], t.shape)


def _div(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    inverse = t.unary(y, "reciprocal") if isinstance(y, Node) else 1 / np.asarray(y, float)
    return t.node("multiply", [x, inverse], t.shape)


def _pow(t: Translation, a: Attributes, x: Any, exponent: Any) -> Node:
    if not isinstance(x, Node) or isinstance(exponent, Node) or np.size(exponent) != 1:
        t.refuse("Pow with an exponent that is not one number", "use a fixed exponent")
    return t.unary(x, *pointwise.power(float(np.reshape(exponent, ()))))


def _clip(t: Translation, a: Attributes, x: Node, low: Any = None, high: Any = None) -> Node:
    t.fixed(low, high)
    ends = [None if end is None else float(np.reshape(end, ())) for end in (low, high)]
    return t.unary(x, *pointwise.clamp(*ends))


def _leaky(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "leaky_relu", pointwise.leaky(a.get("alpha", 0.01)))


def _elu(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "elu", pointwise.elu(a.get("alpha", 1.0), 1.0, 1.0))


def _hard_sigmoid(t: Translation, a: Attributes, x: Node) -> Node:
    alpha, beta = a.get("alpha", 0.2), a.get("beta", 0.5)
    return t.unary(x, "hard_sigmoid", lambda v: np.clip(alpha * v + beta, 0, 1))


def _gelu(t: Translation, a: Attributes, x: Node) -> Node:
    return t.unary(x, "gelu_tanh" if a.get("approximate") == b"tanh" else "gelu")


def _prelu(t: Translation, a: Attributes, x: Node, slope: Any) -> Node:
    """slope * x + (1 - slope) * relu(x)"""
    t.fixed(slope)
    if slope.size == 1:
        return t.unary(x, "leaky_relu", pointwise.leaky(float(slope.reshape(()))))
    positive = t.node("multiply", [t.unary(x, "relu"), 1 - slope], x.shape)
    return t.node("add", [t.node("multiply", [x, slope], x.shape), positive], x.shape)


def _matmul(t: Translation, a: Attributes, x: Any, y: Any) -> Node:
    return t.node("matmul", [x, y], t.shape)


def _gemm(t: Translation, a: Attributes, x: Any, y: Any, c: Any = None) -> Node:
    x, y = (_turned(t, v) if a.get(key) else v for v, key in ((x, "transA"), (y, "transB")))
    product = t.node("matmul", [x, y], t.shape)
    if a.get("alpha", 1.0) != 1:
        product = t.node("multiply", [product, a["alpha"]], t.shape)
    if c is None:
        return product
    if a.get("beta", 1.0) != 1:
        c = t.node("multiply", [c, a["beta"]], c.shape) if isinstance(c, Node) else c * a["beta"]
    return t.node("add", [product, c], t.shape)


def _turned(t: Translation, x: Any) -> Any:
    if isinstance(x, Node):
        return t.move(x, lambda v: v.T, shape=x.shape[::-1])
    return x.T


def _einsum(t: Translation, a: Attributes, *inputs: Any) -> Node:
    """A product of two as a product of matrices: dimensions of both, of one, and summed ones."""
    sides, made = a["equation"].decode().replace(" ", "").split("->")
    labels = sides.split(",")
    repeated = any(len(set(side)) < len(side) for side in (*labels, made))
    if len(inputs) != 2 or repeated or "." in sides:
        t.refuse(f"Einsum {sides}->{made}", "write it as MatMul")
    both = [label for label in labels[0] if label in labels[1]]
    batch = [label for label in both if label in made]
    summed = [label for label in both if label not in made]
    own = [[label for label in side if label not in both] for side in labels]
    if any(label not in made for side in own for label in side):
        t.refuse(f"Einsum {sides}->{made}, which sums one side alone,", "write it as MatMul")
    orders = (batch, own[0], summed), (batch, summed, own[1])
    x, y = (_grouped(t, v, side, order) for v, side, order in zip(inputs, labels, orders))
    size = dict(zip(labels[0] + labels[1], (*inputs[0].shape, *inputs[1].shape)))
    order = [*batch, *own[0], *own[1]]
    shape = tuple(size[label] for label in order)
    product = t.node("matmul", [x, y], (x.shape[0], x.shape[1], y.shape[2]))
    apart = t.move(product, lambda v: v.reshape(shape), True, shape)
    places = [order.index(label) for label in made]
    return t.move(apart, lambda v: v.transpose(places))


def _grouped(t: Translation, x: Any, labels: str, groups: Sequence[Sequence[str]]) -> Any:
    """One dimension for each group of labels."""
    places = [labels.index(label) for group in groups for label in group]
    shape = tuple(
        int(np.prod([x.shape[labels.index(label)] for label in group])) for group in groups
    )
    if isinstance(x, Node):
        return t.move(x, lambda v: v.transpose(places).reshape(shape), shape=shape)
    return x.transpose(places).reshape(shape)


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
    if rank == 1:  # one row
        x = t.move(x, lambda v: v[:, :, None], True, (*x.shape[:2], 1, x.shape[2]))
        weight = weight[:, :, None]
    y = t.node(
        kind,
        [x],
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


def _pool(t: Translation, a: Attributes, x: Node) -> dict[str, Any]:
    kernel, rank = list(a["kernel_shape"]), len(x.shape) - 2
    if rank != 2:
        t.refuse(f"a pool of {rank} dimensions", "use two")
    attributes = {
        "kernel": kernel,
        "padding": _padding(t, a, x.shape[2:], kernel),
        "ceil_mode": bool(a.get("ceil_mode", 0)),
    } | _pairs(a, rank)
    return attributes


def _max_pool(t: Translation, a: Attributes, x: Node) -> Node:
    return t.node("max_pool", [x], t.shape, **_pool(t, a, x))


def _average_pool(t: Translation, a: Attributes, x: Node) -> Node:
    attributes = _pool(t, a, x)
    if attributes.pop("dilation") != [1, 1]:
        t.refuse("an average pool with dilation", "use none")
    counted = bool(a.get("count_include_pad", 0))
    return t.node("average_pool", [x], t.shape, **attributes, count_padding=counted)


def _global_average(t: Translation, a: Attributes, x: Node) -> Node:
    return t.node("mean", [x], t.shape, axes=tuple(range(2, len(x.shape))), keep=True)


def _global_max(t: Translation, a: Attributes, x: Node) -> Node:
    if len(x.shape) != 4:
        t.refuse("a pool of other dimensions than two", "use two")
    return _max_pool(t, {"kernel_shape": list(x.shape[2:])}, x)


def _max(t: Translation, a: Attributes, x: Any, *others: Any) -> Node:
    for y in others:
        x = t.node("maximum", [x, y], t.shape)
    return x


def _min(t: Translation, a: Attributes, *inputs: Any) -> Node:
    return _negative(t, _max(t, a, *(_negative(t, x) for x in inputs)))


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


def _axes(a: Attributes, x: Node, axes: Any) -> tuple[int, ...]:
    given = a.get("axes") if axes is None else [int(axis) for axis in axes]
    return tuple(sorted(axis % len(x.shape) for axis in given or range(len(x.shape))))


def _mean(t: Translation, a: Attributes, x: Node, axes: Any = None) -> Node:
    keep = bool(a.get("keepdims", 1))
    return t.node("mean", [x], t.shape, axes=_axes(a, x, axes), keep=keep)


def _sum(t: Translation, a: Attributes, x: Node, axes: Any = None) -> Node:
    number = float(np.prod([x.shape[axis] for axis in _axes(a, x, axes)]))
    return t.node("multiply", [_mean(t, a, x, axes), number], t.shape)


def _softmax(kind: str) -> Callable[..., Node]:
    def translate(t: Translation, a: Attributes, x: Node) -> Node:
        return t.node(kind, [x], x.shape, axis=a.get("axis", -1) % len(x.shape))

    return translate


def _where(t: Translation, a: Attributes, mask: Any, x: Any, y: Any) -> Node:
    t.fixed(mask)
    return t.node("where", [x, y], t.shape, mask=mask.astype(bool))


def _resize(t: Translation, a: Attributes, x: Node, *_: Any) -> Node:
    if len(x.shape) != 4 or t.shape[:2] != x.shape[:2]:
        t.refuse("a Resize of other dimensions than rows and columns", "resize maps")
    return t.node("upsample", [x], t.shape, factor=[b // a for a, b in zip(x.shape[2:], t.shape[2:])])


UNARY = {
    "Abs": "abs",
    "Cos": "cos",
    "Erf": "erf",
    "Exp": "exp",
    "HardSwish": "hardswish",
    "Log": "log",
    "Mish": "mish",
    "Neg": "neg",
    "Reciprocal": "reciprocal",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Sin": "sin",
    "Softplus": "softplus",
    "Sqrt": "sqrt",
    "Tanh": "tanh",
}
TRANSLATIONS: dict[str, Callable[..., Node | list[Node]]] = {
    **dict.fromkeys(["Cast", "Dropout", "Identity"], _same),
    **dict.fromkeys(["Flatten", "Reshape", "Squeeze", "Unsqueeze"], _reshape),
    **dict.fromkeys(["Add", "Sum"], _add),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Div": _div,
    "Einsum": _einsum,
    "Elu": _elu,
    "Expand": _expand,
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max,
    "HardSigmoid": _hard_sigmoid,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _leaky,
    "LogSoftmax": _softmax("log_softmax"),
    "MatMul": _matmul,
    "Max": _max,
    "MaxPool": _max_pool,
    "Min": _min,
    "Mul": _mul,
    "PRelu": _prelu,
    "Pad": _pad,
    "Pow": _pow,
    "ReduceMean": _mean,
    "ReduceSum": _sum,
    "Resize": _resize,
    "Slice": _slice,
    "Softmax": _softmax("softmax"),
    "Split": _split,
    "Sub": _sub,
    "Tile": _tile,
    "Transpose": _transpose,
    "Where": _where,
}
TRANSLATIONS |= {
    kind: lambda t, a, x, name=name: t.unary(x, name) for kind, name in UNARY.items()
}
