"""Shapes, MACs and parameters of the networks in workloads/networks, computed from the files alone: by the sizes of
docs/trace-format.md, with nothing of the program and nothing of scripts/."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, prod
from pathlib import Path

import yaml

SOURCE, TARGET = "source", "target"  # numbers of rows that a sentence decides


@dataclass
class Judged:
    """What a network is. Weighted layers: (shape of the weights, shape of the outputs), in order."""

    kinds: dict[str, int] = field(default_factory=dict)
    weighted: list[tuple[tuple[int, ...], tuple]] = field(default_factory=list)
    attentions: list[tuple[object, object, int, bool]] = field(default_factory=list)  # queries, keys, features, causal
    parameters: int = 0
    shapes: dict[str, tuple] = field(default_factory=dict)
    decoder: bool = False

    def macs(self, source: int = 0, produced: int = 0) -> int:
        fed = source + produced - 1
        rows = {SOURCE: source, TARGET: fed}
        count = 0
        for weights, output in self.weighted:
            outputs = [rows.get(side, side) for side in output]
            if self.decoder and weights is self.weighted[-1][0]:
                outputs[0] = produced  # logits choose one token each
            count += prod(outputs) * prod(weights[1:])
        for queries, keys, features, causal in self.attentions:
            q, k = rows.get(queries, queries), rows.get(keys, keys)
            pairs = sum(min(i + 1, k) for i in range(q)) if causal else q * k
            count += 2 * pairs * features
        return count


def judge(path: Path) -> Judged:
    return _Walk(yaml.safe_load(path.read_text(encoding="utf-8"))).judged


def _many(value, count: int) -> list[int]:
    return value if isinstance(value, list) else [value] * count


def _places(size: int, kernel: int, stride: int, before: int, after: int, dilation: int, ceil_mode: bool) -> int:
    room = size + before + after - dilation * (kernel - 1) - 1
    places = (ceil if ceil_mode else floor)(room / stride) + 1
    return places - (ceil_mode and (places - 1) * stride >= size + before)


class _Walk:
    def __init__(self, text: dict) -> None:
        self.text, self.judged, self.last = text, Judged(), None
        self.shapes = self.judged.shapes
        self.model = text.get("model", "feed_forward")
        self.judged.decoder = self.model == "decoder"
        self.scores: dict[str, tuple] = {}
        if self.model == "feed_forward":
            self.last, self.shapes["input"] = "input", tuple(text["input"])
        for entry in text["layers"]:
            self.block(entry) if "repeat" in entry else self.layer(entry, entry["name"], lambda name: name)

    def block(self, entry: dict) -> None:
        own = {layer["name"] for layer in entry["layers"]}
        for copy in range(entry["repeat"]):
            prefix, before = f"{entry['name']}.{copy}.", self.last

            def whole(name, prefix=prefix, before=before):
                return prefix + name if name in own else before if name == "before" else name

            for layer in entry["layers"]:
                self.layer(layer, prefix + layer["name"], whole)

    def layer(self, layer: dict, name: str, whole) -> None:
        inputs = [whole(given) for given in layer.get("inputs", [])] or ([self.last] if self.last else [])
        kind = layer["op"]
        assert name not in self.shapes, name
        self.judged.kinds[kind] = self.judged.kinds.get(kind, 0) + 1
        self.shapes[name] = getattr(self, kind)(layer, name, inputs)
        assert all(not isinstance(side, int) or side > 0 for side in self.shapes[name]), (name, self.shapes[name])
        self.last = name

    def weights(self, shape: tuple, output: tuple) -> tuple:
        self.judged.weighted.append((shape, output))
        self.judged.parameters += prod(shape) + shape[0]
        return output

    def window(self, layer: dict, shape: tuple) -> tuple[int, int]:
        kernel, stride = _many(layer["kernel"], 2), _many(layer.get("stride", 1), 2)
        dilation, padding = _many(layer.get("dilation", 1), 2), _many(layer.get("padding", 0), 4)
        return tuple(
            _places(shape[1 + i], kernel[i], stride[i], padding[i], padding[2 + i], dilation[i], layer.get("ceil_mode", False))
            for i in (0, 1)
        )

    def conv2d(self, layer, name, inputs):
        (x,) = (self.shapes[i] for i in inputs)
        groups, outputs = layer.get("groups", 1), layer["outputs"]
        assert len(x) == 3 and x[0] % groups == 0 and outputs % groups == 0, name
        shape = (outputs, x[0] // groups, *_many(layer["kernel"], 2))
        return self.weights(shape, (outputs, *self.window(layer, x)))

    def linear(self, layer, name, inputs):
        rows, features = self.shapes[inputs[0]]
        return self.weights((layer["outputs"], features), (rows, layer["outputs"]))

    logits = linear

    def max_pool2d(self, layer, name, inputs):
        x = self.shapes[inputs[0]]
        return (x[0], *self.window(layer, x))

    def global_average(self, layer, name, inputs):
        x = self.shapes[inputs[0]]
        return (x[0], 1, 1) if len(x) == 3 else (1, x[1])

    def flatten(self, layer, name, inputs):
        return (1, prod(self.shapes[inputs[0]]))

    def add(self, layer, name, inputs):
        x, y = (self.shapes[i] for i in inputs)
        assert x == y, name
        return x

    def concat(self, layer, name, inputs):
        shapes = [self.shapes[i] for i in inputs]
        assert len({shape[1:] for shape in shapes}) == 1, name
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def upsample(self, layer, name, inputs):
        c, h, w = self.shapes[inputs[0]]
        return (c, h * layer["factor"], w * layer["factor"])

    def activation(self, layer, name, inputs):
        return self.shapes[inputs[0]]

    local_response_norm = activation

    def norm(self, layer, name, inputs):
        assert len({self.shapes[i] for i in inputs}) == 1, name
        self.judged.parameters += 2 * self.shapes[inputs[0]][1]
        return self.shapes[inputs[0]]

    def embedding(self, layer, name, inputs):
        pieces = layer.get("pieces", 0) or self.text["layers"][-1]["outputs"]
        rows = pieces + (self.text["max_tokens"] if layer.get("positions") else 0)
        self.judged.parameters += rows * layer["outputs"]
        return (TARGET if self.judged.decoder else SOURCE, layer["outputs"])

    def split(self, layer, name, inputs):
        x = self.shapes[inputs[0]]
        return (layer["size"], x[1]) if layer["axis"] == "tokens" else (layer["size"], *x[1:])

    def attention_scores(self, layer, name, inputs):
        q, k = (self.shapes[i] for i in inputs)
        assert q[1] == k[1] and q[1] % layer["heads"] == 0, name
        self.scores[name] = (q[0], k[0], q[1], layer.get("mask", "none") == "causal")
        return (layer["heads"], q[0], k[0])

    def softmax(self, layer, name, inputs):
        self.scores[name] = self.scores[inputs[0]]
        return self.shapes[inputs[0]]

    def attention_values(self, layer, name, inputs):
        heads, queries, keys = self.shapes[inputs[0]]
        rows, features = self.shapes[inputs[1]]
        assert rows == keys and heads == layer["heads"] and features == self.scores[inputs[0]][2], name
        self.judged.attentions.append(self.scores[inputs[0]])
        return (queries, features)
