"""One small right network of each kind, every kind of operator in one of them, named for what they are."""

import numpy as np

from scripts.export import masks
from scripts.export.reference_outputs import add_samples
from scripts.export.trace import Trace
from scripts.export.trace_samples import LABELS, Sample

ORIGIN = dict.fromkeys(("model", "framework", "exporter", "source", "licence", "notes"), "plain")
EXPONENTIALS = np.rint(65535 * np.exp(-np.arange(256) * 0.05)).astype(np.uint16)


class Plain:
    def __init__(self, model):
        self.random, self.phase = np.random.default_rng(1), None
        self.trace = Trace({"name": "plain", "model": model, "operators": []}, ORIGIN)

    def add(self, name, kind, *inputs, **fields):
        for key, value in fields.items():
            if isinstance(value, np.ndarray):
                fields[key] = f"{name}.{key}"
                self.trace.tensors[fields[key]] = value
        phase = {"phase": self.phase} if self.phase else {}
        self.trace.operators.append({"name": name, "kind": kind, **phase, "inputs": list(inputs), **fields})

    def int8(self, *shape):
        return self.random.integers(-100, 101, shape).astype(np.int8)

    def weights(self, rows, *columns):
        kept = self.random.random((rows, int(np.prod(columns)))) < 0.7
        fields = {"mask": masks.pack(kept), "shift": 20}
        fields["weight"] = (self.int8(rows, *columns) * kept.reshape(rows, *columns)).astype(np.int8)
        fields["bias"] = np.arange(rows, dtype=np.int32)
        return fields | {"multiplier": np.full(rows, 4000, np.int32)}

    def linear(self, name, x, rows, columns):
        self.add(name, "linear", x, **self.weights(rows, columns), relu=True)

    def logits(self, x, rows, columns):
        self.add("logits", "logits", x, **self.weights(rows, columns))

    def embed(self, name, tokens, pieces, features, most):
        fields = {"table": self.int8(pieces, features), "positions": self.int8(most, features)}
        self.add(name, "embedding", tokens, **fields, token_multiplier=300, position_multiplier=200, shift=9)

    def attend(self, name, q, k, v, mask, **fields):
        both = {"heads": 2, "kv_heads": fields.pop("kv_heads", 2), "multiplier": 100, "shift": 12}
        self.add(f"{name}.scores", "attention_scores", q, k, **both, mask=mask, **fields)
        self.add(f"{name}.softmax", "softmax", f"{name}.scores", table=EXPONENTIALS)
        self.add(f"{name}.values", "attention_values", f"{name}.softmax", v, **both)

    def norm(self, name, *inputs, features, **fields):
        gamma, beta = (self.random.integers(0, 20000, features).astype(np.int32) for _ in "gb")
        self.add(name, "norm", *inputs, norm="layer", gamma=gamma, beta=beta, x_multiplier=300, **fields, shift=23)

    def done(self, *samples):
        names = [operator["name"] for operator in self.trace.operators]
        add_samples(self.trace, samples, [(0, name) for name in names])
        return self.trace


def feed_forward():
    inputs = [{"name": "image", "shape": [4, 6, 6]}, {"name": "row", "shape": [1, 12]}]
    p = Plain({"kind": "feed_forward", "inputs": inputs, "outputs": ["logits", "lrn"]})
    windows = {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0, 1, 1], "ceil_mode": False}
    average, step = {"multiplier": 8, "shift": 3}, {"shift": 7}
    p.add("conv", "conv2d", "image", **p.weights(6, 2, 3, 3), stride=[1, 1], dilation=[1, 1], padding=[1] * 4, groups=2, relu=True)
    p.add("max", "max_pool2d", "conv", **windows, dilation=[1, 1])
    p.add("mean", "average_pool2d", "conv", **windows, count_padding=False, **average)
    p.add("all", "global_average", "max", **average)
    p.add("gate", "multiply", "max", "all", multiplier=3, **step)
    p.add("sum", "add", "gate", "mean", x_multiplier=70, y_multiplier=60, **step, relu=False)
    table = np.arange(60000, 0, -1000).astype(np.uint16)
    p.add("lrn", "local_response_norm", "sum", table=table, size=3, table_shift=9, shift=16)
    p.add("both", "concat", "lrn", "mean", axis="features", multipliers=[120, 130], **step)
    p.add("half", "split", "both", axis="features", begin=2, size=5)
    p.add("large", "upsample", "half", factor=[2, 3], fill="zeros")
    p.add("bent", "activation", "large", table=p.int8(256))
    p.add("pixels", "flatten", "max", to="tokens")  # [9, 6]
    p.add("map", "unflatten", "row", shape=[3, 2, 2])
    p.add("flat", "flatten", "map", to="features")
    p.linear("q", "pixels", 8, 6)
    turns = {key: p.random.integers(-200, 200, (9, 2)).astype(np.int32) for key in ("cosine", "sine")}
    p.add("turned", "rotary", "q", **turns, heads=2, pairs="halves", multiplier=128, **step)
    p.linear("k", "pixels", 4, 6)
    bias = p.random.integers(-9000, 9000, (2, 17)).astype(np.int32)
    p.attend("attention", "turned", "k", "k", "none", kv_heads=1, window=5, bias=bias)
    p.norm("normed", "attention.values", "q", features=8, y_multiplier=100)
    p.add("token", "constant", value=p.int8(1, 8))
    p.add("tokens", "concat", "token", "normed", axis="tokens", multipliers=[128, 128], **step)
    p.add("first", "split", "tokens", axis="tokens", begin=0, size=1)
    p.logits("first", 5, 8)
    trace = p.done(*(Sample({"image": p.int8(4, 6, 6), "row": p.int8(1, 12)}) for _ in "ab"))
    trace.tensors[LABELS] = np.array([1, 2], np.int32)
    return trace


def encoder_decoder():
    p = Plain({"kind": "encoder_decoder", "vocabulary": 9, "max_tokens": 7, "bos": 1, "eos": 2})
    p.phase = "encoder"
    p.embed("source.embed", "source", 11, 8, 7)
    p.attend("own", "source.embed", "source.embed", "source.embed", "causal")
    p.norm("memory", "own.values", features=8)
    p.phase = "cross"
    p.linear("keys", "memory", 8, 8)
    p.phase = "decoder"
    p.embed("target.embed", "target", 9, 8, 7)
    p.attend("self", "target.embed", "target.embed", "target.embed", "causal", window=3)
    p.add("row", "constant", value=p.int8(1, 8))
    p.add("shifted", "add", "self.values", "row", x_multiplier=100, y_multiplier=100, shift=7, relu=False)
    p.attend("cross", "shifted", "keys", "keys", "none", bias=np.arange(26, dtype=np.int32).reshape(2, 13))
    p.logits("cross.values", 9, 8)
    return p.done(Sample({"source": np.array([1, 10, 3])}), Sample({"source": np.array([4])}))


def decoder():
    p = Plain({"kind": "decoder", "vocabulary": 9, "max_tokens": 8, "eos": 2})
    p.embed("embed", "prompt", 9, 8, 8)
    p.attend("self", "embed", "embed", "embed", "causal")
    p.add("memory", "constant", value=p.int8(3, 8))
    p.attend("fixed", "self.values", "memory", "memory", "none")
    p.logits("fixed.values", 9, 8)
    return p.done(Sample({"prompt": np.array([1, 8, 3])}, allowed=5), Sample({"prompt": np.array([4])}, allowed=2))


def encoder():
    p = Plain({"kind": "encoder", "max_tokens": 7, "outputs": ["pooled", "logits"]})
    p.embed("embed", "source", 11, 8, 7)
    p.attend("self", "embed", "embed", "embed", "none", window=2)
    p.add("first", "split", "self.values", axis="tokens", begin=0, size=1)
    p.add("pooled", "global_average", "self.values", multiplier=1, shift=0)
    p.logits("first", 3, 8)
    return p.done(Sample({"source": np.array([1, 10, 3])}), Sample({"source": np.array([4])}))


NETWORKS = {make.__name__: make for make in (feed_forward, encoder_decoder, decoder, encoder)}
