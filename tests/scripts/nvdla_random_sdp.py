"""Random layers of SDP, by itself or behind a convolution, its look-up tables, and the statements that set them."""

import nvdla_judge as judge

CONVOLUTION = ["CDMA", "CSC", "CMAC_A", "CMAC_B", "CACC"]


def d_shift(draw):
    """Right shift of BS and BN."""
    return draw.choice([0, 0, 0, 1, 1, 2, 3, 5, 9, 14, draw.randrange(64)])


class PostProcessing:
    """Of a program with Statements and Convolutions."""

    # --- Look-up tables ---

    def draw_tables(self, is_cdp, inputs):
        """Tables around values that come."""
        d = self.draw
        bits = 38 if is_cdp else 32
        tables = dict(zip(("under", "over", "hybrid"), (d.choice(["le", "lo"]) for _ in range(3))))
        low, high = min(inputs), max(inputs)
        for name, count in (("le", 64), ("lo", 256)):
            start = d.choice([low - 1, low, d.randint(low - 5, high + 1), self.number(20)])
            span = max(1, high - start)
            select = max(0, (span // count).bit_length()) + d.choice([-1, 0, 0, 0, 1, -5, 20])
            exponential = name == "le" and self.chance()
            select = max(-32 if is_cdp else -128, min(31 if is_cdp else 127, select))
            if self.chance(0.1):
                select = self.number(6 if is_cdp else 8)
            tables[name] = dict(
                start=judge.clamp(start, bits),
                end=judge.clamp(d.choice([high, d.randint(low - 5, high + 5), self.number(bits)]), bits),
                exponential=exponential,
                offset=d.choice([0, 0, 1, 5, -3, d.randrange(-128, 63), d.randrange(0, 20)]) if exponential else 0,
                select=select,
                scale=[self.number(16), self.number(16)],
                shift=[self.number(5), self.number(5)],
                entries=[self.number(16) for _ in range(count + 1)],
            )
        return tables

    def table_statements(self, unit, tables):
        is_cdp = unit == "CDP"
        s = []
        for name, table_id in (("le", 0), ("lo", 1)):
            t = tables[name]
            cut = self.draw.randrange(len(t["entries"]))
            for first, part in ((0, t["entries"][:cut]), (cut, t["entries"][cut:])):
                s.append(self.write(unit, "S_LUT_ACCESS_CFG", (first, 0, 10), (table_id, 16, 1), (1, 17, 1)))
                s += [self.write(unit, "S_LUT_ACCESS_DATA", (entry, 0, 16)) for entry in part]
            upper = name.upper()
            for limit in ("start", "end"):
                register = f"S_LUT_{upper}_{limit.upper()}"
                if is_cdp:
                    s.append(self.word(unit, register + "_LOW", t[limit]))
                    s.append(self.write(unit, register + "_HIGH", (t[limit] >> 32, 0, 6)))
                else:
                    s.append(self.word(unit, register, t[limit]))
            s.append(self.write(unit, f"S_LUT_{upper}_SLOPE_SCALE", (t["scale"][0], 0, 16), (t["scale"][1], 16, 16)))
            s.append(self.write(unit, f"S_LUT_{upper}_SLOPE_SHIFT", (t["shift"][0], 0, 5), (t["shift"][1], 5, 5)))
        lo = lambda which: (tables[which] == "lo", {"under": 4, "over": 5, "hybrid": 6}[which], 1)
        s.append(self.write(unit, "S_LUT_CFG", (not tables["le"]["exponential"], 0, 1), lo("under"), lo("over"), lo("hybrid")))
        offset = tables["le"]["offset"] if tables["le"]["exponential"] else self.junk(8)
        select = self.junk(8) if tables["le"]["exponential"] else tables["le"]["select"]
        wide = 6 if is_cdp else 8
        s.append(
            self.write(unit, "S_LUT_INFO", (offset, 0, 8), (select, 8, wide), (tables["lo"]["select"], 16, wide))
        )
        return s

    # --- SDP ---

    def draw_stream(self, size, uses, element_bytes):
        lanes = self.hardware["atom"] * 8 // self.bits
        use = "both" if len(uses) == 2 or self.chance(0.3) else uses[0]
        stream = dict(use=use, bytes=element_bytes, per_element=self.chance())
        item = element_bytes * (2 if use == "both" else 1)
        if stream["per_element"]:
            stream["place"], total = self.place(size, item * lanes)
        else:
            total = judge.lanes_of(size[2], lanes) * item
            stream["place"] = self.region(total, 32), self.junk(), self.junk()
        self.load(stream["place"][0], self.draw.randbytes(total))
        return stream

    def draw_scale(self, size):
        """BS or BN; at times none."""
        if self.chance(0.35):
            return None
        d, stage, uses = self.draw, dict(relu=self.chance(0.3), shift=d_shift(self.draw)), []
        if self.chance(0.7):
            shift = d.choice([0, 0, 0, 1, 5, d.randrange(16, 32), d.randrange(64)])
            stage["alu"] = dict(op=d.choice(["max", "min", "sum"]), value=self.number(16), memory=self.chance(0.4), shift=shift)
        if self.chance(0.7):
            stage["mul"] = dict(prelu=self.chance(0.4), value=self.number(d.choice([4, 16])), memory=self.chance(0.4))
        uses = [kind for kind in ("alu", "mul") if kind in stage and stage[kind]["memory"]]
        if uses:
            stage["stream"] = self.draw_stream(size, uses, d.choice([1, 2]))
        return stage

    def draw_ew(self, size):
        if self.chance(0.3):
            return None
        d = self.draw
        stage = dict(truncate=d.choice([0, 1, 5, 12, 31, 63, 64, 1000]), tables=None)
        for kind, share in (("alu", 0.6), ("mul", 0.6)):
            if self.chance(share):
                converter = self.number(32), self.number(16), d.randrange(64) if self.chance(0.2) else d.randrange(20)
                stage[kind] = dict(memory=self.chance(0.5), value=self.number(32) if self.chance() else self.number(9))
                stage[kind]["converter"] = converter if self.chance() else None
        if "alu" in stage:
            stage["alu"]["op"] = d.choice(["max", "min", "sum", "sum", "equal"])
        if "mul" in stage:
            stage["mul"]["prelu"] = self.chance(0.3)
        uses = [kind for kind in ("alu", "mul") if kind in stage and stage[kind]["memory"]]
        if uses:
            stage["stream"] = self.draw_stream(size, uses, d.choice([1, 2]))
        return stage

    def draw_converter(self, values, bits):
        """One that brings most values into range; at times any."""
        d = self.draw
        if self.chance(0.15):
            return self.number(32), self.number(16), d.randrange(64)
        offset = d.choice([0, 0, d.choice(values), self.number(8)])
        scale = d.choice([1, 1, -1, 3, self.number(16) or 1])
        most = max(abs((v - offset) * scale) for v in values)
        return offset, scale, max(0, min(63, most.bit_length() - bits + d.choice([0, 1, 2])))

    def stage_words(self, name, stage):
        cfg = f"D_DP_{name}"
        stage = stage or {}
        off = not stage
        alu, mul = stage.get("alu"), stage.get("mul")
        some = lambda value, bits: value if not off else self.junk(bits)
        ops = {"max": 0, "min": 1, "sum": 2, "equal": 3}
        last = stage.get("tables") is None if name == "EW" else not stage.get("relu", False)
        s = [
            self.write(
                "SDP", f"{cfg}_CFG", (off, 0, 1), (some(alu is None, 1), 1, 1), (ops[alu["op"]] if alu else self.junk(2), 2, 2),
                (some(mul is None, 1), 4, 1), (mul["prelu"] if mul else self.junk(1), 5, 1), (some(last, 1), 6, 1),
            )
        ]
        source = lambda part: (part["memory"] if part else self.junk(1), 0, 1)
        value = lambda part, bits: (part["value"] if part and not part["memory"] else self.junk(bits), 0, bits)
        if name != "EW":
            shift = alu["shift"] if alu else self.junk(6)
            s.append(self.write("SDP", f"{cfg}_ALU_CFG", source(alu), (shift, 8, 6)))
            s.append(self.write("SDP", f"{cfg}_ALU_SRC_VALUE", value(alu, 16)))
            s.append(self.write("SDP", f"{cfg}_MUL_CFG", source(mul), (stage.get("shift", self.junk(6)), 8, 6)))
            s.append(self.write("SDP", f"{cfg}_MUL_SRC_VALUE", value(mul, 16)))
            return s
        for kind, part in (("ALU", alu), ("MUL", mul)):
            converter = part.get("converter") if part else None
            bypass = converter is None if part else self.junk(1)
            offset, scale, shift = converter or (self.junk(), self.junk(16), self.junk(6))
            s.append(self.write("SDP", f"{cfg}_{kind}_CFG", source(part), (bypass, 1, 1)))
            s.append(self.write("SDP", f"{cfg}_{kind}_SRC_VALUE", value(part, 32)))
            s.append(self.word("SDP", f"{cfg}_{kind}_CVT_OFFSET_VALUE", offset))
            s.append(self.write("SDP", f"{cfg}_{kind}_CVT_SCALE_VALUE", (scale, 0, 16)))
            s.append(self.write("SDP", f"{cfg}_{kind}_CVT_TRUNCATE_VALUE", (shift, 0, 6)))
        s.append(self.write("SDP", f"{cfg}_TRUNCATE_VALUE", (stage.get("truncate", self.junk(10)), 0, 10)))
        return s

    def stream_words(self, name, reader, stream):
        if stream is None:
            fields = [(1, 0, 1), (self.junk(2), 1, 2), (self.junk(1), 3, 1), (self.junk(1), 4, 1)]
            place = self.junk(40), self.junk(), self.junk()
        else:
            use = {"mul": 0, "alu": 1, "both": 2}[stream["use"]]
            fields = [(0, 0, 1), (use, 1, 2), (stream["bytes"] - 1, 3, 1), (stream["per_element"], 4, 1)]
            place = stream["place"]
        return [self.write("SDP_RDMA", reader, *fields), *self.place_words("SDP_RDMA", f"D_{name}", place)]

    def sdp_layer(self, flying, to_pdp):
        d = self.draw
        layer = dict(bits=self.bits)
        units, statements = ["SDP"], []
        if flying:
            c = self.draw_convolution(flying == "image")
            cube = judge.convolve(self.memory, c, self.hardware)
            size = (*c["out"], c["kernels"])
            statements += self.convolution_setup(c)
            units += CONVOLUTION
        else:
            size = d.randrange(1, 6), d.randrange(1, 6), d.choice([1, 7, 8, 9, 20, 33])
            source, total = self.place(size)
            self.cube_of(size, source, total)
            cube = judge.read_cube(self.memory, size, source, self.hardware["atom"], self.bits // 8)
        layer["bs"], layer["bn"] = self.draw_scale(size), self.draw_scale(size)
        ew = self.draw_ew(size)
        layer["ew"] = None
        tables = None
        if ew and self.has_ew:
            layer["ew"] = ew
            if self.chance(0.5):
                inputs = list(judge.stages(self.memory, layer, cube, self.hardware).values())
                tables = ew["tables"] = self.draw_tables(False, inputs)
        wide = judge.lanes_of(size[2], self.hardware["atom"]) == size[2] and self.hardware["kernels16"]
        layer["out_bits"] = d.choice([8, 16]) if wide and not to_pdp else self.bits
        values = judge.stages(self.memory, layer, cube, self.hardware)
        layer["out_converter"] = self.draw_converter(list(values.values()), layer["out_bits"])
        result = judge.output(layer, values)
        streams = {"BS": layer["bs"], "BN": layer["bn"], "EW": ew if layer["ew"] else None}
        reads = any(stage and "stream" in stage for stage in streams.values())
        for name, reader in (("BS", "D_BRDMA_CFG"), ("BN", "D_NRDMA_CFG"), ("EW", "D_ERDMA_CFG")):
            stage = {"BS": layer["bs"], "BN": layer["bn"], "EW": ew}[name]
            statements += self.stage_words(name, stage)
            statements += self.stream_words(name, reader, (streams[name] or {}).get("stream"))
        precision = lambda bits: 0 if bits == 8 else 1
        offset, scale, shift = layer["out_converter"]
        statements += [
            *self.size_words("SDP", "D_DATA_CUBE", size),
            *self.size_words("SDP_RDMA", "D_DATA_CUBE", size),
            self.write("SDP", "D_FEATURE_MODE_CFG", (bool(flying), 0, 1), (to_pdp, 1, 1), (0, 2, 1), (0, 8, 5)),
            self.write("SDP_RDMA", "D_FEATURE_MODE_CFG", (bool(flying), 0, 1), (0, 1, 1), (precision(self.bits), 2, 2), (0, 8, 5)),
            self.write("SDP", "D_DATA_FORMAT", (precision(self.bits), 0, 2), (precision(layer["out_bits"]), 2, 2)),
            self.word("SDP", "D_CVT_OFFSET", offset),
            self.write("SDP", "D_CVT_SCALE", (scale, 0, 16)),
            self.write("SDP", "D_CVT_SHIFT", (shift, 0, 6)),
        ]
        statements += self.place_words("SDP_RDMA", "D_SRC", source if not flying else (self.junk(), self.junk(), self.junk()))
        if reads or not flying:
            units.append("SDP_RDMA")
        elif self.chance():
            units.append("SDP_RDMA")  # it has nothing to read and is done at once
        if to_pdp:
            statements += self.place_words("SDP", "D_DST", (self.junk(), self.junk(), self.junk()))
            return self.pdp_layer(units, statements, size, result, tables)
        before = self.bits
        self.bits = layer["out_bits"]
        destination, total = self.place(size)
        self.reserve(destination[0], total)
        lanes = self.hardware["atom"] * 8 // self.bits
        equal = layer["ew"] and layer["ew"].get("alu") and layer["ew"]["alu"]["op"] == "equal"
        if not equal:
            kept = {at: v for at, v in result.items() if at[0] < judge.lanes_of(size[2], lanes)}
            judge.write_cube(self.memory, kept, destination, self.hardware["atom"], self.bits // 8)
        self.bits = before
        statements += self.place_words("SDP", "D_DST", destination)
        d.shuffle(statements)
        if tables:
            statements += self.table_statements("SDP", tables)
        return self.layer(units, statements, "SDP", destination[0], total, {"SDP"} if tables else set())
