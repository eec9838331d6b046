"""What random register programs of NVDLA are made of: numbers, cubes in memory, statements that write registers."""

import nvdla_judge as judge


class Statements:
    """Of a program with `draw`, `hardware`, `memory`, `free`, `files`, `loads` and `bits`."""

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
