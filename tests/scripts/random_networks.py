"""Random networks of all four kinds as traces: every kind of operator, odd shapes and constants, reference outputs.

Each is a right trace, drawn from a seed alone. Operators are drawn until a network has enough; kinds that were drawn
seldom come first.
"""

from collections import Counter

import numpy as np
from random_operators import NotHere, Operators

from scripts.export.graph_rules import GraphRules
from scripts.export.graph_shapes import TARGET, Map, Tokens
from scripts.export.network_rules import NETWORKS
from scripts.export.ragged import flatten_text
from scripts.export.reference_outputs import add_samples
from scripts.export.trace import Trace, check
from scripts.export.trace_samples import LABELS, Sample

ORIGIN = dict.fromkeys(("model", "framework", "exporter", "source", "licence", "notes"), "drawn")
ALL_KINDS = (
    "embedding", "constant", "linear", "logits", "conv2d", "max_pool2d", "average_pool2d", "global_average", "add",
    "multiply", "concat", "split", "upsample", "flatten", "unflatten", "activation", "norm", "local_response_norm",
    "rotary", "attention_scores", "softmax", "attention_values",
)  # fmt: skip
MAP_KINDS = (
    "conv2d", "max_pool2d", "average_pool2d", "upsample", "unflatten", "local_response_norm",
)  # fmt: skip


class Builder(Operators):
    def __init__(self, seed, kind, maps):
        super().__init__(seed)
        self.kind, self.phase, self.maps = kind, None, maps
        self.tensors, self.operators, self.seen = {}, [], Counter()
        self.model = self.drawn_model()
        self.rules = GraphRules(self.model, self.tensors, f"network {seed}")

    # The graph

    def drawn_model(self):
        network, model = NETWORKS[self.kind], {"kind": self.kind}
        vocabulary = self.pick([1, 2, self.whole(3, 20)])
        drawn = {
            "vocabulary": lambda: vocabulary,
            "max_tokens": lambda: self.pick([1, 2, self.whole(3, 12)]),
            "bos": lambda: self.whole(0, vocabulary - 1),
            "eos": lambda: self.whole(0, vocabulary - 1),
            "inputs": lambda: [
                {"name": f"in{i}", "shape": self.drawn_shape()} for i in range(self.whole(1, 3))
            ],
            "outputs": list,
        }
        return model | {key: drawn[key]() for key in network.fields}

    def drawn_shape(self):
        if not self.maps or self.one_in(3):
            return [self.pick([1, self.whole(1, 6)]), self.whole(1, 16)]
        return [self.pick([1, 3, self.whole(1, 8)]), self.pick([1, self.whole(1, 12)]), self.pick([1, self.whole(1, 12)])]

    def add(self, kind, inputs, **fields):
        name = f"{kind}.{len(self.operators)}"
        for key, value in fields.items():
            if isinstance(value, np.ndarray):
                fields[key] = self.stored(f"{name}.{key}", value)
        phase = {"phase": self.phase} if self.phase else {}
        operator = {"name": name, "kind": kind, **phase, "inputs": list(inputs), **fields}
        self.rules.add(operator)
        self.operators.append(operator)
        self.seen[kind] += 1
        return name

    def stored(self, name, tensor):
        self.tensors[name] = tensor
        return name

    def shape(self, name):
        return self.rules.shapes[name]

    def readable(self, wanted=lambda shape: True, cross=False):
        """Names that an operator of this phase may read; `cross`: as keys or values."""
        names = []
        for name, shape in self.rules.shapes.items():
            operator = self.rules.earlier[name]
            phases = {"encoder": ("encoder",), "cross": ("encoder", "cross"), "decoder": ("decoder",)}.get(self.phase)
            if cross and self.phase == "decoder":
                phases = ("cross", "decoder")
            right_phase = phases is None or operator["phase"] in phases
            if right_phase and isinstance(shape, (Map, Tokens)) and operator["kind"] != "logits" and wanted(shape):
                names.append(name)
        return names

    def input(self, wanted=lambda shape: True, cross=False):
        """Newer ones more often, so that networks are deep."""
        names = self.readable(wanted, cross)
        if not names:
            raise NotHere
        return names[-1] if self.one_in(3) else self.pick(names[len(names) // 2 :] if self.one_in(2) else names)

    def tokens(self):
        return self.input(lambda shape: isinstance(shape, Tokens))

    def map(self):
        return self.input(lambda shape: isinstance(shape, Map))

    # Whole networks

    def draw(self, count):
        makers = {"add": self.add_up} | {
            kind: getattr(self, kind) for kind in ALL_KINDS if kind not in ("add", "softmax", "attention_values")
        }
        if not self.maps:
            makers = {kind: make for kind, make in makers.items() if kind not in MAP_KINDS}
        for _ in range(count):
            kinds = sorted(makers, key=lambda kind: (self.seen[kind] + self.rng.random() * 2))
            for kind in kinds:
                try:
                    makers[kind]()
                    break
                except NotHere:
                    continue

    def build(self):
        count = self.pick([1, self.whole(2, 12), self.whole(2, 12), self.whole(12, 40)])
        if self.kind == "encoder_decoder":
            for self.phase in ("encoder", "cross", "decoder"):
                if self.phase != "cross":
                    self.embedding()
                self.draw(count // 3)
        else:
            if self.kind != "feed_forward":
                self.embedding()
            self.draw(count)
        if NETWORKS[self.kind].chooses_tokens:
            x = self.input(lambda shape: isinstance(shape, Tokens) and shape.rows == TARGET)
            self.final_logits(x, self.model["vocabulary"])
        else:
            names = [op["name"] for op in self.operators if op["kind"] not in ("attention_scores", "softmax")]
            chosen = {self.pick(names) for _ in range(self.whole(1, 3))} | {names[-1]}
            self.model["outputs"] = sorted(chosen)
        return {"name": "drawn", "model": self.model, "operators": self.operators}

    def samples(self):
        return [self.sample() for _ in range(self.pick([1, 2, 3]))]

    def sample(self):
        if self.kind == "feed_forward":
            return Sample({value["name"]: self.int8(*value["shape"]) for value in self.model["inputs"]})
        tokens = self.pick([1, self.model["max_tokens"], self.whole(1, self.model["max_tokens"])])
        if self.kind == "decoder":
            row = self.rng.integers(0, self.model["vocabulary"], tokens)
            return Sample({"prompt": row}, allowed=self.whole(1, 8))
        pieces = [len(self.tensors[op["table"]]) for op in self.operators if op["inputs"] == ["source"]]
        return Sample({"source": self.rng.integers(0, min(pieces, default=20), tokens)})


def random_network(seed, kind=None, maps=True):
    """A right trace with the outputs of every operator for every sample; equal seeds give equal traces.

    Without `maps`, none of the operators makes or reads one.
    """
    builder = Builder(seed, kind or tuple(NETWORKS)[seed % len(NETWORKS)], maps)
    graph = builder.build()
    trace = Trace(graph, ORIGIN, tensors=builder.tensors)
    samples = builder.samples()
    points = [(i, op["name"]) for i in range(len(samples)) for op in graph["operators"]]
    add_samples(trace, samples, points)
    if builder.one_in(3):
        trace.tensors[LABELS] = builder.rng.integers(0, 9, len(samples)).astype(np.int32)
    if builder.one_in(3) and builder.kind != "feed_forward":
        trace.tensors |= flatten_text("text.human", ["ä▁"] * len(samples))
    check(trace, f"network {seed}")
    return trace
