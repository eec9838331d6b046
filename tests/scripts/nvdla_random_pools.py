"""Random layers of PDP and CDP, and the statements that set them."""

import nvdla_judge as judge


class Pools:
    """Of a program with Statements and PostProcessing."""

    def pdp_layer(self, units=(), statements=(), size=None, cube=None, tables=None):
        d = self.draw
        flying = cube is not None
        if not flying:
            size = d.randrange(1, 9), d.randrange(1, 9), d.choice([1, 7, 8, 9, 20, 33])
            source, total = self.place(size)
            self.cube_of(size, source, total)
            cube = judge.read_cube(self.memory, size, source, self.hardware["atom"], self.bits // 8)
        layer = {"bits": self.bits, "in": size, "method": d.choice(["average", "average", "max", "min"])}
        axes = []
        for side in size[:2]:
            kernel = d.randrange(1, 9)
            step = d.randrange(1, 9) if self.chance(0.3) else d.randrange(1, 4)
            pad = d.randrange(min(kernel, 8))
            most = (side + pad - 1) // step + 1  # windows that begin before the end
            axes.append((kernel, step, pad, d.randint(1, most)))
        (kernel_x, step_x, left, out_x), (kernel_y, step_y, top, out_y) = axes
        layer |= dict(kernel=(kernel_x, kernel_y), stride=(step_x, step_y), pad=(left, top), out=(out_x, out_y, size[2]))
        value = self.number(self.bits) if self.bits == 8 else self.number(14)
        layer["pad_values"] = [n * value for n in range(1, 8)]
        if self.chance(0.2):
            layer["pad_values"] = [self.number(d.choice([10, 19])) for _ in range(7)]
        layer["reciprocal"] = [65536 // side if self.chance(0.8) else self.junk(17) for side in (kernel_x, kernel_y)]
        result = judge.pool(layer, cube, self.hardware["atom"] * 8 // self.bits)
        destination, total = self.place(layer["out"])
        self.reserve(destination[0], total)
        judge.write_cube(self.memory, result, destination, self.hardware["atom"], self.bits // 8)
        precision = (0 if self.bits == 8 else 1, 0, 2)
        method = {"average": 0, "max": 1, "min": 2}[layer["method"]]
        splits = d.choice([1, 1, 2, 3])
        statements = [
            *statements,
            *self.size_words("PDP", "D_DATA_CUBE_IN", size),
            *self.size_words("PDP", "D_DATA_CUBE_OUT", layer["out"]),
            self.write("PDP", "D_OPERATION_MODE_CFG", (method, 0, 2), (not flying, 4, 1), (splits - 1, 8, 8)),
            self.write("PDP", "D_PARTIAL_WIDTH_IN", (self.junk(30), 0, 30)),
            self.write("PDP", "D_PARTIAL_WIDTH_OUT", (self.junk(30), 0, 30)),
            self.write(
                "PDP", "D_POOLING_KERNEL_CFG", (kernel_x - 1, 0, 4), (kernel_y - 1, 8, 4), (step_x - 1, 16, 4), (step_y - 1, 20, 4)
            ),
            self.write("PDP", "D_RECIP_KERNEL_WIDTH", (layer["reciprocal"][0], 0, 17)),
            self.write("PDP", "D_RECIP_KERNEL_HEIGHT", (layer["reciprocal"][1], 0, 17)),
            self.write("PDP", "D_POOLING_PADDING_CFG", (left, 0, 3), (top, 4, 3), (self.junk(3), 8, 3), (self.junk(3), 12, 3)),
            *(
                self.write("PDP", f"D_POOLING_PADDING_VALUE_{n}_CFG", (layer["pad_values"][n - 1], 0, 19))
                for n in range(1, 8)
            ),
            self.word("PDP", "D_SRC_BASE_ADDR_LOW", self.junk()),
            *self.place_words("PDP", "D_DST", destination),
            self.write("PDP", "D_DATA_FORMAT", precision),
        ]
        units = [*units, "PDP"]
        if not flying:
            units.append("PDP_RDMA")
            statements += [
                *self.size_words("PDP_RDMA", "D_DATA_CUBE_IN", size),
                *self.place_words("PDP_RDMA", "D_SRC", source),
                self.write("PDP_RDMA", "D_DATA_FORMAT", precision),
                self.write("PDP_RDMA", "D_FLYING_MODE", (1, 0, 1)),
                self.word("PDP_RDMA", "D_POOLING_KERNEL_CFG", self.junk()),
            ]
        d.shuffle(statements)
        if tables:
            statements += self.table_statements("SDP", tables)
        return self.layer(units, statements, "PDP", destination[0], total, {"SDP"} if tables else set())

    def cdp_layer(self):
        d = self.draw
        size = d.randrange(1, 4), d.randrange(1, 4), d.choice([1, 2, 7, 8, 9, 20, 33])
        source, total = self.place(size)
        self.cube_of(size, source, total)
        cube = judge.read_cube(self.memory, size, source, self.hardware["atom"], self.bits // 8)
        layer = {"bits": self.bits, "in": size, "length": d.choice([3, 5, 7, 9])}
        layer["square"], layer["multiply"] = self.chance(0.7), self.chance(0.7)
        shift = d.randrange(32) if self.chance(0.2) else d.randrange(3)
        layer["in_converter"] = self.number(self.bits), d.choice([1, 1, 2, -1, self.number(16)]), shift
        layer["tables"] = dict(le=None)
        most = (1 << (self.bits + 1)) ** 2 if layer["square"] else 1 << self.bits
        inputs = [0 if layer["square"] else -most, d.choice([most, most // 50, most // 1000])]
        layer["tables"] = self.draw_tables(True, inputs)
        values = judge.normalise(layer, cube)
        offset, scale, shift = self.draw_converter(list(values.values()), self.bits)
        offset_bits = 25 if self.bits == 8 else 32
        layer["out_converter"] = judge.low(offset, offset_bits), scale, shift
        result = {at: judge.convert(v, *layer["out_converter"], self.bits) for at, v in values.items()}
        destination, total = self.place(size)
        self.reserve(destination[0], total)
        judge.write_cube(self.memory, result, destination, self.hardware["atom"], self.bits // 8)
        precision = (0 if self.bits == 8 else 1, 0, 2)
        statements = [
            *self.size_words("CDP_RDMA", "D_DATA_CUBE", size),
            *self.place_words("CDP_RDMA", "D_SRC", source),
            self.write("CDP_RDMA", "D_DATA_FORMAT", precision),
            self.word("CDP_RDMA", "D_OPERATION_MODE", self.junk()),
            *self.place_words("CDP", "D_DST", destination),
            self.write("CDP", "D_DATA_FORMAT", precision),
            self.write("CDP", "D_FUNC_BYPASS", (not layer["square"], 0, 1), (not layer["multiply"], 1, 1)),
            self.write("CDP", "D_LRN_CFG", (layer["length"] // 2 - 1, 0, 2)),
            self.write("CDP", "D_DATIN_OFFSET", (layer["in_converter"][0], 0, self.bits)),
            self.write("CDP", "D_DATIN_SCALE", (layer["in_converter"][1], 0, 16)),
            self.write("CDP", "D_DATIN_SHIFTER", (layer["in_converter"][2], 0, 5)),
            self.write("CDP", "D_DATOUT_OFFSET", (layer["out_converter"][0], 0, offset_bits)),
            self.write("CDP", "D_DATOUT_SCALE", (scale, 0, 16)),
            self.write("CDP", "D_DATOUT_SHIFTER", (shift, 0, 6)),
        ]
        d.shuffle(statements)
        statements += self.table_statements("CDP", layer["tables"])
        return self.layer(["CDP", "CDP_RDMA"], statements, "CDP", destination[0], total, {"CDP"})
