"""Random operator graphs, right and wrong, as traces; what each must cost is counted here, from the graph alone.

A graph is a list of operators as in docs/trace-format.md, whose matrices and tables are given by their sizes. Weights
of the logits are 0, so that their biases alone choose the token, and nobody has to decode to know the sentences.
"""

import copy
import json

import numpy as np

PHASES = ("encoder", "cross", "decoder")
KINDS = ("embedding", "linear", "logits", "attention_scores", "softmax", "attention_values", "add_norm")
MATRICES = ("linear", "logits")
MAX_TOKENS = 10


class Builder:
    """A right graph: layers, heads, head sizes, widths and vocabularies are drawn for each operator."""

    def __init__(self, rng):
        self.rng, self.operators, self.widths = rng, [], {}
        self.vocabulary, self.source_vocabulary = rng.randint(1, 12), rng.randint(1, 12)
        self.causal_encoder = rng.random() < 0.2
        memory = self.encoder()
        layers = rng.randint(0, 3)
        keys = [self.cross_keys(f"decoder.layers.{i}.cross_attn", memory) for i in range(layers)]
        x = self.embedding("decoder.embed", "decoder", "target", self.vocabulary)
        for i in range(layers):
            x = self.decoder_layer(f"decoder.layers.{i}", x, *keys[i])
        self.add("generator", "logits", "decoder", [x], rows=self.vocabulary)

    def size(self, most=12):
        return self.rng.randint(1, most)

    def add(self, name, kind, phase, inputs, **fields):
        op = dict(name=name, kind=kind, phase=phase, inputs=list(inputs), **fields)
        self.operators.append(op)
        self.widths[name] = width_of(op, self.widths)
        return name

    def embedding(self, name, phase, tokens, vocabulary):
        return self.add(name, "embedding", phase, [tokens], tokens=vocabulary, rows=self.size())

    def linear(self, name, phase, x, rows, relu=False):
        return self.add(name, "linear", phase, [x], rows=rows, relu=relu)

    def norm(self, name, phase, x, y):
        return self.add(name, "add_norm", phase, [x, y])

    def keys_and_values(self, name, phase, x):
        """Names and heads. Now and then keys are values too, or come straight from what has fitting features."""
        heads, kind = self.size(4), self.rng.random()
        if kind < 0.1:
            heads = self.rng.choice([h for h in range(1, 5) if self.widths[x] % h == 0])
            return x, x, heads
        k = self.linear(f"{name}.k", phase, x, heads * self.size(4))
        v = k if kind < 0.2 else self.linear(f"{name}.v", phase, x, heads * self.size(4))
        return k, v, heads

    def attend(self, name, phase, x, k, v, heads, causal):
        q = self.linear(f"{name}.q", phase, x, self.widths[k])
        scores = self.add(f"{name}.scores", "attention_scores", phase, [q, k], heads=heads, causal=causal)
        softmax = self.add(f"{name}.softmax", "softmax", phase, [scores])
        values = self.add(f"{name}.values", "attention_values", phase, [softmax, v], heads=heads)
        return self.linear(f"{name}.out", phase, values, self.widths[x])

    def feed_forward(self, layer, phase, x):
        inner = self.linear(f"{layer}.linear1", phase, x, self.size(20), relu=self.rng.random() < 0.8)
        return self.linear(f"{layer}.linear2", phase, inner, self.widths[x])

    def encoder(self):
        x = self.embedding("encoder.embed", "encoder", "source", self.source_vocabulary)
        for i in range(self.rng.randint(0, 3)):
            layer = f"encoder.layers.{i}"
            if self.rng.random() < 0.3:
                x = self.linear(f"{layer}.width", "encoder", x, self.size())
            attention = self.keys_and_values(f"{layer}.self_attn", "encoder", x)
            y = self.attend(f"{layer}.self_attn", "encoder", x, *attention, self.causal_encoder)
            x = self.norm(f"{layer}.norm1", "encoder", x, y)
            x = self.norm(f"{layer}.norm2", "encoder", x, self.feed_forward(layer, "encoder", x))
        return x

    def cross_keys(self, name, memory):
        if self.rng.random() < 0.1:  # a layer of its own on the encoder's output
            keys = self.keys_and_values(f"{name}.own", "cross", memory)
            memory = self.attend(f"{name}.own", "cross", memory, *keys, self.rng.random() < 0.5)
        heads = self.size(4)
        k = self.linear(f"{name}.k", "cross", memory, heads * self.size(4))
        v = k if self.rng.random() < 0.2 else self.linear(f"{name}.v", "cross", memory, heads * self.size(4))
        return k, v, heads

    def decoder_layer(self, layer, x, k, v, heads):
        if self.rng.random() < 0.3:
            x = self.linear(f"{layer}.width", "decoder", x, self.size())
        own = self.keys_and_values(f"{layer}.self_attn", "decoder", x)
        x = self.norm(f"{layer}.norm1", "decoder", x, self.attend(f"{layer}.self_attn", "decoder", x, *own, True))
        y = self.attend(f"{layer}.cross_attn", "decoder", x, k, v, heads, False)
        x = self.norm(f"{layer}.norm2", "decoder", x, y)
        return self.norm(f"{layer}.norm3", "decoder", x, self.feed_forward(layer, "decoder", x))


# Changes of a graph: some leave it right, most of the first ones do not.


def drop(rng, operators):
    del operators[rng.randrange(len(operators))]


def duplicate(rng, operators):
    at = rng.randrange(len(operators))
    copied = copy.deepcopy(operators[at])
    if rng.random() < 0.8:
        copied["name"] += ".again"
    operators.insert(at + 1, copied)


def rewire(rng, operators):
    at = rng.randrange(len(operators))
    names = [op["name"] for op in operators[: at if rng.random() < 0.9 else None]] or ["source"]
    inputs = operators[at]["inputs"]
    if not inputs:
        return
    inputs[rng.randrange(len(inputs))] = rng.choice(names if rng.random() < 0.95 else ["source", "target", "nobody"])


def rewire_alike(rng, operators):
    """To another operator of the same kind and phase, which often fits."""
    at = rng.randrange(len(operators))
    kinds = {op["name"]: (op["kind"], op["phase"]) for op in operators[:at]}
    inputs = operators[at]["inputs"]
    if not inputs:
        return
    place = rng.randrange(len(inputs))
    alike = [name for name, kind in kinds.items() if kind == kinds.get(inputs[place])]
    if alike:
        inputs[place] = rng.choice(alike)


def rename(rng, operators):
    """Everywhere, or in one place only."""
    old, new = rng.choice(operators)["name"], rng.choice(["x", "source", "a.q+k", rng.choice(operators)["name"]])
    everywhere = rng.random() < 0.7
    for op in operators:
        if everywhere:
            op["inputs"] = [new if name == old else name for name in op["inputs"]]
        op["name"] = new if op["name"] == old else op["name"]


def other_heads(rng, operators):
    op = rng.choice([op for op in operators if "heads" in op] or [{}])
    heads = rng.randint(1, 6)
    for other in operators if rng.random() < 0.6 else [op]:  # of the whole attention, or of half of it
        if other is op or ("heads" in other and "heads" in op and other["name"].startswith(op["name"].rsplit(".", 1)[0])):
            other["heads"] = heads


def other_size(rng, operators):
    op = rng.choice([op for op in operators if "rows" in op])
    op["rows"] = rng.randint(1, 24)


def other_phase(rng, operators):
    rng.choice(operators)["phase"] = rng.choice(PHASES)


def other_kind(rng, operators):
    rng.choice(operators)["kind"] = rng.choice(KINDS)


def flip_causal(rng, operators):
    op = rng.choice([op for op in operators if "causal" in op] or [{"causal": True}])
    op["causal"] = not op["causal"]


def swap(rng, operators):
    at = rng.randrange(1, len(operators))
    operators[at - 1 : at + 1] = reversed(operators[at - 1 : at + 1])


def more_inputs(rng, operators):
    inputs = rng.choice(operators)["inputs"]
    if inputs:
        inputs.append(inputs[0]) if rng.random() < 0.5 else inputs.pop()


def second_use(rng, operators):
    """Softmax and its values twice, on the same scores or with the same probabilities."""
    found = [i for i, op in enumerate(operators) if op["kind"] == "attention_values"]
    if not found:
        return
    at = rng.choice(found)
    values = copy.deepcopy(operators[at])
    values["name"] += ".again"
    added = [values]
    makers = [op for op in operators if op["name"] in values["inputs"][:1]]
    if rng.random() < 0.5 and makers:
        softmax = makers[0]
        added.insert(0, dict(copy.deepcopy(softmax), name=softmax["name"] + ".again"))
        values["inputs"][0] = added[0]["name"]
    operators[at + 1 : at + 1] = added


def same_summand(rng, operators):
    op = rng.choice([op for op in operators if op["kind"] == "add_norm"] or [{"inputs": [0, 0]}])
    op["inputs"] = op["inputs"][:1] * 2


CHANGES = (drop, duplicate, rewire, rewire_alike, rename, other_heads, other_size, other_phase, other_kind, flip_causal)
CHANGES += (swap, more_inputs, second_use, second_use, same_summand, rewire_alike)


def random_graph(rng):
    """(model's fields, operators)"""
    built = Builder(rng)
    operators = built.operators
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        rng.choice(CHANGES)(rng, operators)
        if not operators:
            break
    bos, eos = rng.randrange(built.vocabulary), rng.randrange(built.vocabulary)
    sizes = {key: rng.randint(1, 9) for key in ("d_model", "heads", "d_ff", "encoder_layers", "decoder_layers")}
    model = sizes | dict(kind="encoder_decoder", vocabulary=built.vocabulary, max_tokens=MAX_TOKENS, bos=bos, eos=eos)
    return model, operators


def width_of(op, earlier):
    """Features a token, as far as a wrong graph tells; without a meaning for scores and softmax."""
    if op["kind"] in ("embedding", *MATRICES):
        return op.get("rows", 3)
    inputs = [earlier.get(name, 1) for name in op["inputs"]] or [1]
    return inputs[-1] if op["kind"] == "attention_values" else inputs[0]


class Trace:
    """A graph with tensors, sentences and the tokens that it produces."""

    def __init__(self, rng, sentences=2):
        self.rng = rng
        self.model, self.graph = random_graph(rng)
        self.generator = np.random.default_rng(rng.randrange(2**32))
        self.widths = {}
        for op in self.graph:
            self.widths[op["name"]] = width_of(op, self.widths)
        self.kept = {}  # weights of each matrix
        self.tensors = {}
        self.operators = [self.filled(op) for op in copy.deepcopy(self.graph)]
        self.limit = rng.randint(1, 4)
        self.lengths = [(rng.randint(1, 5), self.produced()) for _ in range(sentences)]
        self.add_sentences()

    def produced(self):
        return 1 if self.favourite == self.model["eos"] else self.limit

    @property
    def favourite(self):
        return self.model["bos"]  # any token will do

    def tensor(self, op, field, values):
        name = f"{len(self.tensors)}.{field}"
        self.tensors[name] = values
        op[field] = name

    def integers(self, low, high, shape, dtype="i1"):
        return self.generator.integers(low, high, shape, endpoint=True).astype(dtype)

    def filled(self, op):
        """With the tensors and constants of its kind, which a changed kind may not have yet."""
        inputs = [self.widths.get(name, 1) for name in op["inputs"]] or [1]
        rows = self.widths[op["name"]]
        kind, tokens = op["kind"], op.pop("tokens", self.model["vocabulary"])
        op.pop("rows", None)
        for field, kinds in (("heads", ("attention_scores", "attention_values")), ("causal", ("attention_scores",))):
            if kind in kinds:
                op.setdefault(field, 1 if field == "heads" else False)
            else:
                op.pop(field, None)
        if kind != "linear":
            op.pop("relu", None)
        if kind == "embedding":
            self.tensor(op, "table", self.integers(-50, 50, (tokens, rows)))
            self.tensor(op, "positions", self.integers(-50, 50, (MAX_TOKENS, rows)))
            op |= dict(token_multiplier=900, position_multiplier=700, shift=10)
        elif kind in MATRICES:
            self.matrix(op, rows, inputs[0])
        elif kind == "softmax":
            self.tensor(op, "table", np.array([65535 >> i // 8 for i in range(256)], "<u2"))
        elif kind == "add_norm":
            self.tensor(op, "gamma", self.integers(-9000, 9000, inputs[0], "<i4"))
            self.tensor(op, "beta", self.integers(-9000, 9000, inputs[0], "<i4"))
            op |= dict(x_multiplier=300, y_multiplier=200, shift=15)
        else:
            op |= dict(multiplier=70, shift=12)
        return op

    def matrix(self, op, rows, columns):
        logits = op["kind"] == "logits"
        mask = self.integers(0, 1, (rows, columns)).astype(bool)
        if self.rng.random() < 0.2:
            mask[:] = self.rng.random() < 0.7
        weight = np.where(mask, self.integers(-90, 90, (rows, columns)) * (not logits), 0).astype("i1")
        bias = self.integers(-50, 50, rows, "<i4")
        if logits and self.model["bos"] < rows:
            bias[self.model["bos"]] = 1000
        self.tensor(op, "weight", weight)
        self.tensor(op, "bias", bias)
        self.tensor(op, "multiplier", np.full(rows, 40, "<i4"))
        op |= dict(shift=10 if not logits else 3)
        if not logits:
            op.setdefault("relu", False)
        if not mask.all() or self.rng.random() < 0.5:
            self.tensor(op, "mask", np.packbits(mask, axis=1, bitorder="little"))
        self.kept[op["name"]] = int(mask.sum())

    def add_sentences(self):
        tables = [op for op in self.graph if op["kind"] == "embedding" and op["inputs"] == ["source"]]
        known = min((op.get("tokens", self.model["vocabulary"]) for op in tables), default=self.model["vocabulary"])
        source = [self.rng.randrange(known) for n, _ in self.lengths for _ in range(n)]
        target = [self.favourite for _, t in self.lengths for _ in range(t)]
        for side, tokens, place in (("source", source, 0), ("target", target, 1)):
            ends = np.cumsum([0] + [lengths[place] for lengths in self.lengths])
            self.tensors[f"reference.{side}_tokens"] = np.array(tokens, "<i4")
            self.tensors[f"reference.{side}_offsets"] = ends.astype("<i4")

    def to_bytes(self):
        names = {"i1": "I8", "u1": "U8", "u2": "U16", "i4": "I32"}
        ordered = sorted(self.tensors.items(), key=lambda item: -item[1].dtype.itemsize)
        origin = {key: "drawn" for key in ("model", "framework", "exporter", "source", "licence", "notes")}
        graph = {"name": "drawn", "model": self.model, "operators": self.operators}
        reference = {"sentences": len(self.lengths), "points": []}
        texts = {key: json.dumps(v) for key, v in (("graph", graph), ("origin", origin), ("reference", reference))}
        header, end = {"__metadata__": {"schema": "lockstep-trace-1"} | texts}, 0
        for name, tensor in ordered:
            begin, end = end, end + tensor.nbytes
            dtype = names[tensor.dtype.str[1:]]
            header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [begin, end]}
        text = json.dumps(header).encode()
        text += b" " * (-(8 + len(text)) % 64)
        return len(text).to_bytes(8, "little") + text + b"".join(tensor.tobytes() for _, tensor in ordered)

    def macs(self, skipping):
        """Kept weights and attention entries that a machine multiplies: product by product, step by step."""
        return sum(self.macs_of(n, t, skipping) for n, t in self.lengths)

    def macs_of(self, n, target_tokens, skipping):
        by_name = {op["name"]: op for op in self.operators}
        newest_only = skipping["redundant_decoding"]
        cross_once = newest_only or skipping["cross_kv_once"]
        newest_logits = newest_only or not skipping["project_all_positions"]
        total = 0
        for op in self.operators:
            repeat = op["phase"] == "decoder" or (op["phase"] == "cross" and not cross_once)
            for step in range(1, target_tokens + 1) if repeat else [1]:
                rows = range(n)
                if op["phase"] == "decoder":
                    newest = newest_logits if op["kind"] == "logits" else newest_only
                    rows = range(step - 1 if newest else 0, step)
                if op["kind"] in MATRICES:
                    total += len(rows) * self.kept[op["name"]]
                if op["kind"] in ("attention_scores", "attention_values"):
                    scores = op
                    while scores["kind"] != "attention_scores":
                        scores = by_name[scores["inputs"][0]]
                    keys = step if by_name[scores["inputs"][1]]["phase"] == "decoder" else n
                    masked = skipping["masked_scores"] and scores["causal"]
                    total += self.widths[op["inputs"][1]] * sum(row + 1 if masked else keys for row in rows)
        return total
