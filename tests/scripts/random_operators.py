"""Random operators of every kind on what a network holds already."""

import numpy as np
from random_numbers import Numbers

from scripts.export import masks
from scripts.export.graph_shapes import TARGET, Map, Tokens
from scripts.export.network_rules import NETWORKS
from scripts.export.windows import sides

WIDE = 400  # elements of a row or a map that further operators read


class NotHere(Exception):
    """Nothing that was drawn so far fits the kind."""


class Operators(Numbers):
    """Of a builder, which has the network's kind and model and the phase that it is in, adds operators and says what
    may be read.
    """

    # Weights

    def embedding(self):
        sentences = {s: phase for s, phase in NETWORKS[self.kind].sentences.items() if phase == self.phase}
        if not sentences:
            raise NotHere
        pieces = self.whole(1, 20) if "source" in sentences else self.model["vocabulary"]
        features = self.pick([1, 2, 4, 8, self.whole(1, 16)])
        fields = self.scale(1, 24, ("token_multiplier", "position_multiplier"))
        if self.one_in(2):
            fields["positions"] = self.int8(self.model["max_tokens"], features)
        else:
            del fields["position_multiplier"]
        return self.add("embedding", list(sentences), table=self.int8(pieces, features), **fields)

    def constant(self):
        return self.add("constant", [], value=self.int8(*self.drawn_shape()))

    def weights(self, rows, *columns, logits=False):
        weight = self.int8(rows, *columns)
        fields = {}
        if self.one_in(2):
            kept = self.rng.random((rows, weight[0].size)) < self.pick([0, 0.3, 0.9, 1])
            weight = (weight * kept.reshape(weight.shape)).astype(np.int8)
            fields["mask"] = masks.pack(kept)
        sums = 128 * np.abs(weight.reshape(rows, -1).astype(np.int64)).sum(1)
        spread = 60 * np.sqrt((weight.reshape(rows, -1).astype(float) ** 2).sum(1)).max() + 1
        bias = self.int32(rows, int(spread))
        if self.one_in(4):
            bias[0] = self.pick([1, -1]) * (2**31 - 1 - sums[0])
        fields |= self.scale(50 / spread)
        multiplier = np.minimum(fields["multiplier"] * self.rng.uniform(0.5, 1.5, rows), 2**31 - 1).astype(np.int32)
        if logits:
            bound = np.minimum(((2**31 - 2) << min(fields["shift"], 31)) // (sums + np.abs(bias) + 1), 2**31 - 1)
            multiplier = np.minimum(multiplier, bound).astype(np.int32)
        return fields | {"weight": weight, "bias": bias, "multiplier": multiplier}

    def linear(self):
        x = self.tokens()
        rows = self.pick([1, 8, self.whole(1, 16)])
        fields = self.weights(rows, self.shape(x).features)
        return self.add("linear", [x], relu=bool(self.one_in(3)), **fields)

    def logits(self):
        """In the middle of networks that may have them there."""
        if NETWORKS[self.kind].chooses_tokens:
            raise NotHere
        return self.final_logits(self.tokens(), self.whole(1, 12))

    def final_logits(self, x, rows):
        return self.add("logits", [x], **self.weights(rows, self.shape(x).features, logits=True))

    def conv2d(self):
        x = self.map()
        shape = self.shape(x)
        groups = self.pick([1, shape.channels, self.pick([g for g in range(1, 9) if shape.channels % g == 0])])
        outputs = groups * self.whole(1, max(1, 12 // groups))
        kernel, stride, dilation, padding = self.windows(shape, 4)
        fields = self.weights(outputs, shape.channels // groups, *kernel)
        fields |= {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}
        return self.add("conv2d", [x], relu=bool(self.one_in(3)), **fields)

    def windows(self, shape, beyond):
        """Padding up to `beyond` a window's or a map's own size, such that some window fits."""
        kernel = [self.pick([1, 2, 3, self.whole(1, 5)]) for _ in "yx"]
        stride = [self.pick([1, 1, 2, self.whole(1, 7)]) for _ in "yx"]
        dilation = [self.pick([1, 1, self.whole(1, 3)]) for _ in "yx"]
        padding = [0] * 4 if self.one_in(2) else [self.whole(0, 2 + beyond * self.one_in(3)) for _ in range(4)]
        for i, side in enumerate(sides((shape.height, shape.width), kernel, stride, padding, dilation)):
            if side.positions < 1:
                kernel[i] = dilation[i] = 1
        return kernel, stride, dilation, padding

    # Maps

    def pool(self, **fields):
        x = self.map()
        shape, dilated = self.shape(x), "count_padding" not in fields
        kernel, stride, dilation, padding = self.windows(shape, 0)
        dilation = dilation if dilated else [1, 1]
        size, ceil_mode = (shape.height, shape.width), bool(self.one_in(2))
        for i, side in enumerate(sides(size, kernel, stride, padding, dilation, ceil_mode)):
            padding[i], padding[i + 2] = min(side.before, side.extent - 1), min(side.behind, side.extent - 1)
        for i, side in enumerate(sides(size, kernel, stride, padding, dilation, ceil_mode)):
            if side.positions < 1 or side.has_empty_window():
                kernel[i], padding[i], padding[i + 2] = 1, 0, 0
        fields |= {"kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
        return self.add(
            "max_pool2d" if dilated else "average_pool2d", [x], **fields, **({"dilation": dilation} if dilated else {})
        )

    def max_pool2d(self):
        return self.pool()

    def average(self):
        shift = self.whole(0, 20)
        return {"multiplier": self.pick([0, 1 << shift, self.whole(0, 3 << shift), 2**24 - 1]), "shift": shift}

    def average_pool2d(self):
        return self.pool(count_padding=bool(self.one_in(2)), **self.average())

    def global_average(self):
        return self.add("global_average", [self.input(lambda shape: shape.rows != TARGET)], **self.average())

    def upsample(self):
        x = self.input(lambda shape: isinstance(shape, Map) and shape.height * shape.width <= 40)
        factor = [self.pick([1, 2, self.whole(1, 3)]) for _ in "yx"]
        return self.add("upsample", [x], factor=factor, fill=self.pick(["nearest", "zeros"]))

    def flatten(self):
        if self.one_in(2):
            return self.add("flatten", [self.map()], to="tokens")
        narrow = lambda s: isinstance(s.rows, int) and np.prod(s.sides({})) <= WIDE  # noqa: E731
        return self.add("flatten", [self.input(narrow)], to="features")

    def unflatten(self):
        x = self.input(lambda shape: isinstance(shape, Tokens) and shape.rows == 1)
        features = self.shape(x).features
        height = self.pick([n for n in range(1, 13) if features % n == 0])
        width = self.pick([n for n in range(1, 13) if features // height % n == 0])
        return self.add("unflatten", [x], shape=[features // height // width, height, width])

    def local_response_norm(self):
        table = self.rng.integers(0, 65536, self.pick([2, self.whole(2, 40)])).astype(np.uint16)
        table_shift = self.pick([0, 31, self.whole(8, 16)])
        size, shift = self.pick([1, 2, self.whole(1, 9), 255]), self.whole(10, 20)
        return self.add("local_response_norm", [self.map()], table=table, size=size, table_shift=table_shift, shift=shift)

    # Elements

    def pair(self):
        x = self.input()
        shape = self.shape(x)
        one = Map(shape.features, 1, 1) if isinstance(shape, Map) else Tokens(1, shape.features)
        if self.one_in(3) and not self.readable(lambda s: s == one):
            self.add("constant", [], value=self.int8(*one.sides({})))
        return [x, self.input(lambda s: s in (shape, one) and (s == one or not self.one_in(3)))]

    def add_up(self):
        fields = self.scale(0.7, 24, ("x_multiplier", "y_multiplier"))
        return self.add("add", self.pair(), relu=bool(self.one_in(3)), **fields)

    def multiply(self):
        return self.add("multiply", self.pair(), **self.scale(1 / 25))

    def concat(self):
        x = self.input(lambda shape: shape.features <= 48)
        shape = self.shape(x)
        axis = "tokens" if isinstance(shape, Tokens) and isinstance(shape.rows, int) and self.one_in(2) else "features"

        def fits(other):
            if type(other) is not type(shape) or other.features > 48:
                return False
            if axis == "tokens":
                return isinstance(other.rows, int) and other.features == shape.features and other.rows < 100
            if isinstance(other, Map):
                return (other.height, other.width) == (shape.height, shape.width)
            return other.rows == shape.rows

        names = [x, *(self.input(fits) for _ in range(self.pick([1, 1, self.whole(1, 4)])))]
        scales = self.scale(1, 24, [str(i) for i in range(len(names))])
        shift = scales.pop("shift")
        return self.add("concat", names, axis=axis, multipliers=list(scales.values()), shift=shift)

    def split(self):
        x = self.input()
        shape = self.shape(x)
        if isinstance(shape, Tokens) and shape.rows != TARGET and self.one_in(2):
            if not isinstance(shape.rows, int):
                return self.add("split", [x], axis="tokens", begin=0, size=1)
            axis, whole = "tokens", shape.rows
        else:
            axis, whole = "features", shape.features
        begin = self.whole(0, whole - 1)
        return self.add("split", [x], axis=axis, begin=begin, size=self.whole(1, whole - begin))

    def activation(self):
        return self.add("activation", [self.input()], table=self.int8(256))

    def norm(self):
        x = self.tokens()
        shape = self.shape(x)
        most = self.pick([3, 2**16 - 1])  # with small ones, the rounding of the mean shows
        fields = {"x_multiplier": self.whole(0, most), "y_multiplier": self.whole(0, most), "shift": self.whole(18, 26)}
        inputs = [x]
        if self.one_in(2):
            inputs.append(self.input(lambda s: s == shape))
        else:
            del fields["y_multiplier"]
        most = self.pick([2**24 - 1, 20000])
        fields |= {"gamma": self.int32(shape.features, most), "beta": self.int32(shape.features, self.pick([2**31 - 1, 2**28]))}
        return self.add("norm", inputs, norm=self.pick(["layer", "rms"]), **fields)

    def rotary(self):
        x = self.input(lambda s: isinstance(s, Tokens) and s.features >= 2)
        shape = self.shape(x)
        heads = self.pick([h for h in range(1, shape.features) if shape.features % h == 0 and shape.features // h >= 2])
        size = shape.features // heads
        pairs, rows = self.whole(1, size // 2), shape.rows if isinstance(shape.rows, int) else self.model["max_tokens"]
        fields = self.scale(1, 24)
        most = max(1, min(2**24 - 1, 2 ** min(fields["shift"], 30)))
        tables = {key: self.int32(rows * pairs, most).reshape(rows, pairs) for key in ("cosine", "sine")}
        return self.add("rotary", [x], heads=heads, pairs=self.pick(["halves", "neighbours"]), **tables, **fields)

    # Attention

    def attention_scores(self):
        """With its softmax and its values, now and then several of them."""
        q = self.tokens()
        of_target = self.shape(q).rows == TARGET
        k = self.input(lambda s: isinstance(s, Tokens) and (of_target or s.rows != TARGET), cross=True)
        kv_heads, repeat, size = self.pick([1, 1, 2]), self.pick([1, 1, 2, 3]), self.pick([1, 2, 4])
        heads = kv_heads * repeat
        q, k = self.projected(q, heads * size), self.projected(k, kv_heads * size)
        q_rows, k_rows = self.shape(q).rows, self.shape(k).rows
        both = {"heads": heads, "kv_heads": kv_heads}
        fields = both | self.scale(1 / (60 * np.sqrt(size)))
        fields["mask"] = "causal" if k_rows == TARGET or (not of_target and self.one_in(3)) else "none"
        if q_rows == k_rows and self.one_in(3):
            fields["window"] = self.pick([1, 2, self.whole(1, 9), 65536])
        fixed = isinstance(q_rows, int) or isinstance(k_rows, int)
        if self.one_in(3) and (q_rows == k_rows or not fixed):
            rows = q_rows if fixed else self.model["max_tokens"]
            most = self.pick([2**31 - 1, 1 << min(fields["shift"] + 5, 30)])
            fields["bias"] = self.int32(heads * (2 * rows - 1), most).reshape(heads, -1)
        scores = self.add("attention_scores", [q, k], **fields)
        for _ in range(self.pick([1, 1, 1, 2])):
            self.values_of(scores, both, k_rows)

    def values_of(self, scores, both, k_rows):
        step = self.pick([0.01, 0.05, 0.5])
        p = self.add("softmax", [scores], table=np.rint(65535 * np.exp(-np.arange(256) * step)).astype(np.uint16))
        for _ in range(self.pick([1, 1, 1, 2])):
            v = self.input(lambda s: isinstance(s, Tokens) and s.rows == k_rows, cross=True)
            if self.shape(v).features % both["kv_heads"] or self.shape(v).features > 48:
                v = self.projected(v, both["kv_heads"] * self.whole(1, 4))
            self.add("attention_values", [p, v], **both, **self.scale(1 / 100))

    def projected(self, x, features):
        """As wide as that: itself, or a matrix of its own in its own phase, if that is open still."""
        if self.shape(x).features == features:
            return x
        if self.phase and self.rules.earlier[x]["phase"] != self.phase:
            phase, self.phase = self.phase, self.rules.earlier[x]["phase"]
            made = self.add("linear", [x], relu=False, **self.weights(features, self.shape(x).features))
            self.phase = phase
            return made
        return self.add("linear", [x], relu=False, **self.weights(features, self.shape(x).features))
