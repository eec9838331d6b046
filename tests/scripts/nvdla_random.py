"""Random register programs of NVDLA with what they compute, by nvdla_judge.py: every field that plays a part is drawn,
what plays none is junk."""

import random
import zlib
from dataclasses import dataclass, field

import nvdla_judge as judge

HARDWARE = {  # atom bytes, channels of a weight block, kernels of a group (int8, int16), element-wise stage
    "nv_small": dict(atom=8, channels=8, kernels=8, kernels16=0, ew=False),
    "nv_small_256": dict(atom=8, channels=32, kernels=8, kernels16=0, ew=False),
    "nv_small_256_full": dict(atom=8, channels=32, kernels=8, kernels16=0, ew=True),
    "nv_medium_512": dict(atom=16, channels=32, kernels=16, kernels16=0, ew=False),
    "nv_medium_1024_full": dict(atom=32, channels=32, kernels=32, kernels16=0, ew=True),
    "nv_large": dict(atom=32, channels=64, kernels=32, kernels16=0, ew=True),
    "nv_full": dict(atom=32, channels=64, kernels=32, kernels16=16, ew=True),
}
CONVOLUTION = ["CDMA", "CSC", "CMAC_A", "CMAC_B", "CACC"]
IDLE = ["D_CYA", "D_PERF_ENABLE", "D_NAN_FLUSH_TO_ZERO", "D_INF_INPUT_NUM", "D_STATUS_NAN_INPUT_NUM"]
KINDS = ["convolution", "image", "sdp", "pdp", "cdp", "flying pdp"]
MOST_PRODUCTS = 60_000


@dataclass
class Layer:
    """Statements that set one layer's registers, and what it takes."""

    units: list
    setup: list
    interrupt: str  # the unit that reports its end
    checked: tuple  # address and bytes of the region that it writes
    crc: int
    tables: set = field(default_factory=set)  # units whose tables it needs


class Program:
    def __init__(self, seed, kind=None):
        self.draw = random.Random(seed)
        self.kind = kind or self.draw.choice(KINDS)
        self.name = self.draw.choice(list(HARDWARE))
        self.hardware = HARDWARE[self.name]
        self.overrides_ew = not self.hardware["ew"] and self.draw.random() < 0.5
        self.has_ew = self.hardware["ew"] or self.overrides_ew
        self.memory = judge.Memory()
        self.free = 0x80000000 + (self.draw.choice([0, 0, 3]) << 32)
        self.files = {}
        self.loads = []
        self.group = {}
        self.distinct = []

    # --- Drawing ---

    def number(self, bits):
        """Of `bits` with a sign; often small or at its limits."""
        end = 1 << (bits - 1)
        return self.draw.choice(
            [*(self.draw.randrange(-end, end) for _ in range(5)), *(self.draw.randrange(-4, 5) for _ in range(2)), end - 1, -end]
        )

    def chance(self, share=0.5):
        return self.draw.random() < share

    def junk(self, bits=32):
        return self.draw.getrandbits(bits)

    # --- Memory ---

    def region(self, size, align):
        """Free addresses for so many bytes."""
        gap = self.draw.randrange(3) * align
        base = -(-(self.free + gap) // 256) * 256 + self.draw.randrange(3) * align
        self.free = base + size
        return base

    def place(self, size, item=None):
        """A cube's strides, at times with gaps. `item`: bytes of an atom."""
        width, height, channels = size
        atom = item or self.hardware["atom"]
        lanes = self.hardware["atom"] * 8 // self.bits
        unit = self.hardware["atom"]
        surfaces = judge.lanes_of(channels, lanes) // lanes
        line = width * atom + self.draw.choice([0, 0, 1, 3]) * unit
        surface = line * height + self.draw.choice([0, 0, 1, 5]) * unit
        if width == height == 1:
            surface = atom
        total = surface * (surfaces - 1) + line * (height - 1) + width * atom
        base = self.region(total, unit)
        return (base, line, surface), total

    def load(self, base, data):
        """A region with contents, by a data file."""
        self.memory.add(base, data)
        name = f"d{len(self.files)}.dat"
        self.files[name] = self.data_file(data)
        self.loads.append(f"mem_init({self.draw.choice(['pri_mem', 'sec_mem'])}, {base:#x}, {len(data):#x}, ALL_ZERO);")
        self.loads.append(f'mem_load(pri_mem, {base:#x}, "{name}"); // {name}')

    def data_file(self, data):
        """Text in one of the forms that occur; runs of zeros may be left out."""
        size = self.draw.choice([4, 16, 32])
        shown = self.draw.choice(["0x{:02x}", "0x{:02X}"])
        offset = self.draw.choice(["0x{:x}", "{}"])
        end = self.draw.choice(["", " ,", ","])
        lines = ["# a comment"]
        for at in range(0, len(data), size):
            piece = bytes(data[at : at + size])
            if not any(piece) and self.chance():
                continue
            count = len(piece)
            if piece.endswith(b"\0") and self.chance() and len(piece.rstrip(b"\0")):
                piece = piece.rstrip(b"\0")  # fewer bytes than the size are completed with zeros
            bytes_text = " ".join(shown.format(b) for b in piece)
            lines.append(f"{{offset:{offset.format(at)}, size:{count}, payload:{bytes_text}}}{end}")
        if len(lines) == 1:
            lines.append("{offset:0, size:4, payload:0x00}")
        return "\n".join(["{", *lines, "}"] if self.chance() else lines) + "\n"

    def cube_of(self, size, place, total, limit=None):
        """Random contents for a cube, of its surplus lanes too, gaps included."""
        if limit is None:
            data = self.draw.randbytes(total)
        else:
            data = bytes(total)
        self.load(place[0], data)

    def reserve(self, base, size):
        """Where a layer writes: old contents."""
        fill, value = self.draw.choice([("ALL_ZERO", 0), ("ONES", 255), ("AFIVE", 0xA5), ("FIVEA", 0x5A), ("ADDR", None)])
        self.memory.add(base, bytes((base + i) & 255 if value is None else value for i in range(size)))
        self.loads.append(f"mem_init(pri_mem, {base:#x}, {size}, {fill});")

    # --- Registers ---

    def write(self, unit, register, *fields, junk=True):
        """fields: (value, lowest bit, bits). What is outside of them is junk."""
        mask = sum(((1 << bits) - 1) << lsb for _, lsb, bits in fields)
        value = self.junk() & ~mask if junk and self.chance() else 0
        for number, lsb, bits in fields:
            value |= (number & ((1 << bits) - 1)) << lsb
        shown = self.draw.choice([hex, str])(value & 0xFFFFFFFF)
        return f"reg_write(NVDLA_{unit}.{register}_0, {shown});"

    def word(self, unit, register, value):
        return self.write(unit, register, (value, 0, 32))

    def place_words(self, unit, prefix, place):
        base, line, surface = place
        return [
            self.word(unit, f"{prefix}_BASE_ADDR_LOW", base),
            self.word(unit, f"{prefix}_BASE_ADDR_HIGH", base >> 32),
            self.word(unit, f"{prefix}_LINE_STRIDE", line),
            self.word(unit, f"{prefix}_SURFACE_STRIDE", surface),
        ]

    def size_words(self, unit, prefix, size):
        return [
            self.write(unit, f"{prefix}_{name}", (side - 1, 0, 13)) for name, side in zip(("WIDTH", "HEIGHT", "CHANNEL"), size)
        ]

    # --- Convolution ---

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

    # --- PDP and CDP ---

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

    # --- Programs ---

    def layer(self, units, statements, interrupt, base, total, tables):
        found = self.memory.get(base, total)
        self.distinct.append(len(set(found)))
        return Layer(units, statements, interrupt, (base, total), zlib.crc32(found), tables)

    def draw_layer(self, kind):
        self.bits = 16 if self.hardware["kernels16"] and self.chance() else 8
        if kind in ("convolution", "image"):
            return self.sdp_layer(kind, False)
        if kind == "flying pdp":
            return self.sdp_layer(self.draw.choice([None, "convolution", "image"]), True)
        return {"sdp": lambda: self.sdp_layer(None, False), "pdp": self.pdp_layer, "cdp": self.cdp_layer}[kind]()

    def grouped(self, layer, groups, lines):
        """Statements with the writes to S_POINTER that choose the layer's register groups."""
        done = [
            self.write(unit, "S_POINTER", (group, 0, 1)) for unit, group in groups.items()
        ]
        return done + lines

    def text(self):
        layers = [self.draw_layer(self.kind)]
        while self.chance(0.3) and len(layers) < 3:
            layers.append(self.draw_layer(self.draw.choice(KINDS)))
        together = len(layers) > 1 and self.chance() and not (layers[0].tables & layers[1].tables)
        # A unit runs its groups in turn.
        steps = []
        for number, layer in enumerate(layers):
            groups = {unit: self.group.get(unit, 0) for unit in dict.fromkeys([*layer.units, *self.written(layer)])}
            for unit in layer.units:
                self.group[unit] = 1 - self.group.get(unit, 0)
            enables = [(unit, f"reg_write(NVDLA_{unit}.D_OP_ENABLE_0, 1);") for unit in layer.units]
            self.draw.shuffle(enables)
            event = f"event_{number}"
            notice = f"intr_notify({layer.interrupt}_{groups[layer.interrupt]}, {event});"
            check = f"check_crc({event}, 1, {layer.checked[0]:#x}, {layer.checked[1]:#x}, {layer.crc:#010x});"
            pointers = {unit: groups[unit] for unit in layer.units}
            poll = ["poll_reg_equal(NVDLA_CDMA.S_CBUF_FLUSH_STATUS_0, 0x1);"] if "CDMA" in layer.units else []
            tail = [notice, check] if self.chance(0.8) else [check]
            start = poll + [statement for _, statement in enables] + tail
            early = [] if len(tail) == 2 else [notice]
            steps.append((self.grouped(layer, groups, layer.setup + early), self.grouped(layer, pointers, start)))
        lines = list(self.loads)
        if together:
            lines += steps[0][0] + steps[1][0] + steps[0][1] + steps[1][1]
            steps = steps[2:]
        for setup, start in steps:
            lines += setup + start
        for unit in ("SDP", "CDMA", "PDP"):
            lines.insert(len(self.loads), self.word(unit, self.draw.choice(IDLE), self.junk()))
        lines.insert(len(self.loads), "// registers")
        return "\n".join(lines) + "\n"

    def written(self, layer):
        """Units whose registers the statements set."""
        return [s.split("NVDLA_")[1].split(".")[0] for s in layer.setup]

    def write_to(self, folder):
        text = self.text()
        (folder / "program.cfg").write_text(text)
        for name, content in self.files.items():
            (folder / name).write_text(content)
        ew = "ew: true\n" if self.overrides_ew else ""
        path = folder / "program.yaml"
        path.write_text(f"kind: nvdla_program\nprogram: program.cfg\nconfiguration: {self.name}\n{ew}")
        return path


def d_shift(draw):
    """Right shift of BS and BN."""
    return draw.choice([0, 0, 0, 1, 1, 2, 3, 5, 9, 14, draw.randrange(64)])
