"""Random convolutions of cubes and images, and the statements that set them."""

import nvdla_judge as judge

MOST_PRODUCTS = 60_000


class Convolutions:
    """Of a program with Statements."""

    def draw_window(self, size, layer):
        width, height, channels = size
        d = self.draw
        layer["columns"], layer["rows"] = d.randrange(1, 5), d.randrange(1, 5)
        layer["kernels"] = d.choice([1, 3, 8, 9, 16, 17, 33, 40])
        layer["stride"] = d.randrange(1, 4), d.randrange(1, 4)
        layer["dilation"] = d.randrange(1, 4), d.randrange(1, 4)
        layer["pad"] = d.randrange(5), d.randrange(5)
        layer["pad_value"] = self.number(layer["bits"])
        layer["out"] = d.randrange(1, 6), d.randrange(1, 6)
        layer["clip"] = d.choice([0, 1, 4, 7, 12, 20, 31]) if layer["bits"] == 8 else d.choice([0, 8, 14, 20, 31])
        products = lambda: layer["columns"] * layer["rows"] * channels * layer["kernels"] * layer["out"][0] * layer["out"][1]
        while products() > MOST_PRODUCTS:
            if layer["kernels"] > 17:
                layer["kernels"] //= 2
            else:
                layer["out"] = max(1, layer["out"][0] - 1), max(1, layer["out"][1] - 1)
                layer["rows"] = max(1, layer["rows"] - 1)
            if layer["out"] == (1, 1) and layer["rows"] == 1:
                break

    def draw_convolution(self, image):
        d = self.draw
        layer = dict(bits=self.bits, image=image, merged=1, converter=None, means=None)
        if image:
            self.draw_image(layer)
        else:
            channels = d.choice([1, 5, 8, 9, 16, 20, 33, 70])
            layer["in"] = d.randrange(1, 7), d.randrange(1, 7), channels
            layer["source"], total = self.place(layer["in"])
            self.cube_of(layer["in"], layer["source"], total)
            if self.chance(0.3):
                layer["converter"] = self.number(16), self.number(16), d.randrange(0, 30)
        self.draw_window(layer["in"], layer)
        if image:
            layer["dilation"] = 1, layer["dilation"][1]
            for merged in (4, 2):
                if layer["columns"] * layer["in"][2] * merged <= self.hardware["channels"] and self.chance():
                    layer["merged"] = merged
        count = layer["columns"] * layer["rows"] * layer["in"][2] * layer["kernels"] * self.bits // 8
        layer["weights"] = self.region(-(-count // 128) * 128, 128)
        layer["weight_bytes"] = -(-count // 128) * 128
        self.load(layer["weights"], d.randbytes(count) + bytes(layer["weight_bytes"] - count))
        return layer

    def draw_image(self, layer):
        d = self.draw
        formats = [f for f in range(36) if f not in (5, 8, 11)]
        layer["pixel_format"] = fmt = d.choice(formats)
        channels, first, second = judge.pixel_size(fmt)
        width, height = d.randrange(1, 9), d.randrange(1, 7)
        layer["in"] = width, height, channels
        layer["x_offset"] = d.choice([0, 0, 1, 7, 31])
        layer["signed_pixels"] = self.chance(0.3)
        wide = first > 1 and fmt not in range(12, 20) and fmt not in (26, 27)
        if wide and self.bits == 8 or self.chance(0.6):
            width_bits = 16 if wide else 8
            scale = d.choice([1, 3, -2, self.number(16)])
            shift = max(0, width_bits + abs(scale).bit_length() - self.bits) if self.chance(0.8) else d.randrange(64)
            middle = lambda: (1 << (width_bits - 1)) - 1 if self.chance(0.6) else self.number(width_bits)
            layer["converter"] = middle(), scale, shift
            if self.chance():
                layer["means"] = [middle() for _ in range(4)]
        planes = []
        for bytes_each in (first, second):
            line = (width + layer["x_offset"]) * max(bytes_each, 1) + d.choice([0, 0, 5, 32])
            size = line * height
            base = self.region(size, 32)
            if bytes_each:
                self.load(base, d.randbytes(size))
            planes.append((base, line))
        layer["source"] = (*planes[0], self.junk())
        layer["plane_1"] = planes[1]

    def convolution_setup(self, c):
        d, image, precision = self.draw, c["image"], (0 if c["bits"] == 8 else 1)
        width, height, channels = c["in"]
        left, top = c["pad"]
        fields = lambda *more: [(0, 0, 1), (precision, 12, 2), *more]
        misc = fields((precision, 8, 2), (0, 16, 1), (0, 20, 1), (self.junk(1), 24, 1), (self.junk(1), 28, 1))
        plane = [(width - 1, 0, 13), (height - 1, 16, 13)]
        columns = 1 if image else c["columns"]
        extended = c["columns"] * channels if image else channels
        padding = [(left if not image else self.junk(5), 0, 5), (top, 16, 5)]
        cvt = c["converter"] or (self.junk(16), self.junk(16), self.junk(6))
        means = c["means"] or [self.junk(16) for _ in range(4)]
        dilation = [(c["dilation"][0] - 1 if columns > 1 else self.junk(5), 0, 5), (c["dilation"][1] - 1 if c["rows"] > 1 else self.junk(5), 16, 5)]
        base, line, surface = c["source"]
        plane_1 = c.get("plane_1", (self.junk(), self.junk()))
        out = [(c["out"][0] - 1, 0, 13), (c["out"][1] - 1, 16, 13)]
        kernel_bytes = c["columns"] * c["rows"] * channels * c["bits"] // 8
        merged = {1: 0, 2: 1, 4: 2}[c["merged"]]
        pad_value = (c["pad_value"], 0, c["bits"])
        statements = [
            self.write("CDMA", "D_MISC_CFG", *misc),
            self.write(
                "CDMA", "D_DATAIN_FORMAT", (image, 0, 1), (c.get("pixel_format", self.junk(6)), 8, 6),
                (0 if image else self.junk(1), 16, 1), (c.get("signed_pixels", self.junk(1)), 20, 1),
            ),
            self.write("CDMA", "D_DATAIN_SIZE_0", *plane),
            self.write("CDMA", "D_DATAIN_SIZE_1", (channels - 1, 0, 13)),
            self.write("CDMA", "D_DATAIN_SIZE_EXT_0", *plane),
            self.write("CDMA", "D_PIXEL_OFFSET", (c.get("x_offset", self.junk(5)), 0, 5)),
            self.word("CDMA", "D_DAIN_ADDR_HIGH_0", base >> 32),
            self.word("CDMA", "D_DAIN_ADDR_LOW_0", base),
            self.word("CDMA", "D_DAIN_ADDR_HIGH_1", plane_1[0] >> 32),
            self.word("CDMA", "D_DAIN_ADDR_LOW_1", plane_1[0]),
            self.word("CDMA", "D_LINE_STRIDE", line),
            self.word("CDMA", "D_LINE_UV_STRIDE", plane_1[1]),
            self.word("CDMA", "D_SURF_STRIDE", surface),
            self.word("CDMA", "D_DAIN_MAP", self.junk()),
            self.write("CDMA", "D_BATCH_NUMBER", (0, 0, 5)),
            self.word("CDMA", "D_BATCH_STRIDE", self.junk()),
            self.write("CDMA", "D_ENTRY_PER_SLICE", (self.junk(14), 0, 14)),
            self.write("CDMA", "D_WEIGHT_FORMAT", (0, 0, 1)),
            self.write("CDMA", "D_WEIGHT_SIZE_0", (kernel_bytes - 1, 0, 18)),
            self.write("CDMA", "D_WEIGHT_SIZE_1", (c["kernels"] - 1, 0, 13)),
            self.word("CDMA", "D_WEIGHT_ADDR_HIGH", c["weights"] >> 32),
            self.word("CDMA", "D_WEIGHT_ADDR_LOW", c["weights"]),
            self.word("CDMA", "D_WEIGHT_BYTES", c["weight_bytes"]),
            self.word("CDMA", "D_WGS_ADDR_LOW", self.junk()),
            self.write("CDMA", "D_MEAN_FORMAT", (bool(c["means"]) if image else self.junk(1), 0, 1)),
            self.write("CDMA", "D_MEAN_GLOBAL_0", (means[0], 0, 16), (means[1], 16, 16)),
            self.write("CDMA", "D_MEAN_GLOBAL_1", (means[2], 0, 16), (means[3], 16, 16)),
            self.write("CDMA", "D_CVT_CFG", (c["converter"] is not None, 0, 1), (cvt[2], 4, 6)),
            self.write("CDMA", "D_CVT_OFFSET", (cvt[0], 0, 16)),
            self.write("CDMA", "D_CVT_SCALE", (cvt[1], 0, 16)),
            self.word("CDMA", "D_CONV_STRIDE", self.junk()),
            self.write("CDMA", "D_ZERO_PADDING", (left if image else self.junk(5), 0, 5), (self.junk(6), 8, 6), (top, 16, 5)),
            self.word("CDMA", "D_ZERO_PADDING_VALUE", self.junk()),
            self.write("CDMA", "D_BANK", (self.junk(5), 0, 5), (self.junk(5), 16, 5)),
            self.write("CSC", "D_MISC_CFG", *misc),
            self.write("CSC", "D_DATAIN_FORMAT", (image, 0, 1)),
            self.write("CSC", "D_DATAIN_SIZE_EXT_0", *plane),
            self.write("CSC", "D_DATAIN_SIZE_EXT_1", (channels - 1, 0, 13)),
            self.write("CSC", "D_BATCH_NUMBER", (0, 0, 5)),
            self.write("CSC", "D_POST_Y_EXTENSION", (merged, 0, 2)),
            self.write("CSC", "D_WEIGHT_FORMAT", (0, 0, 1)),
            self.write("CSC", "D_WEIGHT_SIZE_EXT_0", (columns - 1, 0, 5), (c["rows"] - 1, 16, 5)),
            self.write("CSC", "D_WEIGHT_SIZE_EXT_1", (extended - 1, 0, 13), (c["kernels"] - 1, 16, 13)),
            self.word("CSC", "D_WEIGHT_BYTES", c["weight_bytes"]),
            self.write("CSC", "D_DATAOUT_SIZE_0", *out),
            self.write("CSC", "D_DATAOUT_SIZE_1", (c["kernels"] - 1, 0, 13)),
            self.write("CSC", "D_ATOMICS", (c["out"][0] * c["out"][1] - 1, 0, 21)),
            self.write("CSC", "D_CONV_STRIDE_EXT", (c["stride"][0] - 1, 0, 3), (c["stride"][1] - 1, 16, 3)),
            self.write("CSC", "D_DILATION_EXT", *dilation),
            self.write("CSC", "D_ZERO_PADDING", *padding),
            self.write("CSC", "D_ZERO_PADDING_VALUE", pad_value),
            self.word("CSC", "D_PRA_CFG", self.junk()),
            self.write("CMAC_A", "D_MISC_CFG", *fields()),
            self.write("CMAC_B", "D_MISC_CFG", *fields()),
            self.write("CACC", "D_MISC_CFG", *fields()),
            self.write("CACC", "D_DATAOUT_SIZE_0", *out),
            self.write("CACC", "D_DATAOUT_SIZE_1", (c["kernels"] - 1, 0, 13)),
            self.word("CACC", "D_DATAOUT_ADDR", self.junk()),
            self.write("CACC", "D_CLIP_CFG", (c["clip"], 0, 5)),
        ]
        d.shuffle(statements)
        return statements
