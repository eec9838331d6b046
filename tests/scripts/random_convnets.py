"""Random convolutional networks as workloads of kind `network`, of operators that an NVDLA-like array has units for."""

import yaml


class Drawn:
    """Layers in order. `plain`: the array multiplies exactly as often as the network, without zeros that fill up groups,
    pixels or atoms."""

    def __init__(self, rng):
        self.rng, self.layers, self.shapes, self.macs = rng, [], {}, 0
        self.plain = rng.random() < 0.5
        channels = rng.choice([5, 8, 16, 33]) if self.plain else rng.choice([1, 3, 4, 7, 16])
        self.input = [channels, rng.randint(4, 20), rng.randint(4, 20)]
        self.shapes["input"] = tuple(self.input)
        for _ in range(rng.randint(2, 9)):
            getattr(self, rng.choice(["conv", "conv", "conv", "pool", "add", "concat", "table", "response"]))()
        self.end()

    def add_layer(self, op, shape, **fields):
        name = f"l{len(self.layers)}"
        self.layers.append({"op": op, "name": name, **fields})
        self.shapes[name] = shape
        return name

    def last(self):
        return list(self.shapes)[-1]

    def any(self):
        return self.rng.choice(list(self.shapes)[-3:])

    def side(self, size, kernel, stride, padding):
        return (size + 2 * padding - kernel) // stride + 1

    def pointwise(self, source, outputs):
        c, h, w = self.shapes[source]
        self.macs += outputs * h * w * c
        return self.add_layer("conv2d", (outputs, h, w), inputs=[source], outputs=outputs, kernel=1)

    def conv(self, outputs=None):
        source = self.any()
        c, h, w = self.shapes[source]
        kernel = self.rng.randint(1, min(h, w, 5))
        stride, padding = self.rng.randint(1, 3), self.rng.randint(0, kernel - 1)
        groups = 1
        outputs = outputs or self.rng.randint(1, 40)
        if not self.plain and self.rng.random() < 0.4:
            groups = self.rng.choice([g for g in range(1, c + 1) if c % g == 0])
            outputs = groups * self.rng.randint(1, max(1, 40 // groups))
        shape = (outputs, self.side(h, kernel, stride, padding), self.side(w, kernel, stride, padding))
        self.macs += outputs * shape[1] * shape[2] * kernel * kernel * c // groups
        relu = self.rng.random() < 0.5
        fields = {"kernel": kernel, "stride": stride, "padding": padding, "groups": groups, "relu": relu}
        return self.add_layer("conv2d", shape, inputs=[source], outputs=outputs, **fields)

    def pool(self):
        source = self.any()
        c, h, w = self.shapes[source]
        kernel = self.rng.randint(1, min(h, w, 4))
        stride, padding = self.rng.randint(1, 3), self.rng.randint(0, kernel // 2)
        shape = (c, self.side(h, kernel, stride, padding), self.side(w, kernel, stride, padding))
        fields = {"kernel": kernel, "stride": stride, "padding": padding}
        self.add_layer(self.rng.choice(["max_pool2d", "average_pool2d"]), shape, inputs=[source], **fields)

    def add(self):
        source = self.last()
        same = self.pointwise(source, self.shapes[source][0])
        self.add_layer("add", self.shapes[source], inputs=[source, same], relu=self.rng.random() < 0.5)

    def concat(self):
        # A second part of a plain network begins an atom of any configuration.
        first = self.conv(outputs=32 if self.plain else None)
        parts = [first, self.pointwise(first, 32 if self.plain else self.rng.randint(1, 20))]
        _, h, w = self.shapes[first]
        self.add_layer("concat", (sum(self.shapes[p][0] for p in parts), h, w), inputs=parts)

    def table(self):
        source = self.any()
        self.add_layer("activation", self.shapes[source], inputs=[source], function=self.rng.choice(["gelu", "silu", "tanh"]))

    def response(self):
        source = self.last()
        self.add_layer("local_response_norm", self.shapes[source], inputs=[source], size=self.rng.choice([3, 5, 7, 9]))

    def end(self):
        source = self.last()
        c, h, w = self.shapes[source]
        if max(h, w) <= 8 and self.rng.random() < 0.5:
            source = self.add_layer("global_average", (c, 1, 1), inputs=[source])
        size = 1
        for side in self.shapes[source]:
            size *= side
        outputs = self.rng.randint(1, 30)
        flat = self.add_layer("flatten", (size,), inputs=[source])
        self.add_layer("linear", (outputs,), inputs=[flat], outputs=outputs)
        self.macs += size * outputs

    def text(self, values):
        return yaml.safe_dump(
            {"kind": "network", "name": "Random", "source": "drawn", "input": self.input, "layers": self.layers, "values": values},
            sort_keys=False,
        )
