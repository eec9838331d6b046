"""What NVDLA's units compute, one number at a time: the judge of `lockstep check` for register programs.

Numbers are Python's, memory is a list of regions of bytes, a layer is a dictionary of what its registers say.
"""

import itertools


class Memory:
    """Regions that do not touch each other."""

    def __init__(self):
        self.regions = []

    def add(self, base, data):
        self.regions.append((base, bytearray(data)))

    def view(self, address, size):
        for base, data in self.regions:
            if base <= address and address + size <= base + len(data):
                return data, address - base
        raise KeyError(hex(address))

    def get(self, address, size):
        data, at = self.view(address, size)
        return bytes(data[at : at + size])

    def number(self, address, size, signed=True):
        return int.from_bytes(self.get(address, size), "little", signed=signed)

    def put(self, address, value, size):
        data, at = self.view(address, size)
        data[at : at + size] = (value % (1 << (8 * size))).to_bytes(size, "little")


def clamp(value, bits):
    return max(-(1 << (bits - 1)), min((1 << (bits - 1)) - 1, value))


def low(value, bits):
    """The low bits, as a number with a sign."""
    value %= 1 << bits
    return value - (1 << bits) if value >> (bits - 1) else value


def nearest(value, shift):
    """value / 2^shift; halves go away from zero."""
    if shift <= 0:
        return value
    half = (abs(value) + (1 << (shift - 1))) >> shift
    return half if value >= 0 else -half


def convert(value, offset, scale, shift, *bits):
    value = nearest((value - offset) * scale, shift)
    for width in bits:
        value = clamp(value, width)
    return value


# A cube is {(channel, y, x): value}, with all lanes of its atoms; a place is (base, line stride, surface stride).


def lanes_of(channels, lanes):
    return -(-channels // lanes) * lanes


def positions(size, lanes):
    width, height, channels = size
    return itertools.product(range(lanes_of(channels, lanes)), range(height), range(width))


def address(place, c, y, x, atom, lanes, size):
    base, line, surface = place
    return base + c // lanes * surface + y * line + x * atom + c % lanes * size


def read_cube(memory, size, place, atom, bytes_each):
    lanes = atom // bytes_each
    return {
        (c, y, x): memory.number(address(place, c, y, x, atom, lanes, bytes_each), bytes_each)
        for c, y, x in positions(size, lanes)
    }


def write_cube(memory, cube, place, atom, bytes_each):
    lanes = atom // bytes_each
    for (c, y, x), value in cube.items():
        memory.put(address(place, c, y, x, atom, lanes, bytes_each), value, bytes_each)


# --- Convolution ---

FOUR_BYTES = {  # PIXEL_FORMAT: the byte (or half-word) of channels 0 to 3
    **dict.fromkeys((12, 16, 6, 7), (0, 1, 2, 3)),
    **dict.fromkeys((13, 17, 26, 9), (2, 1, 0, 3)),
    **dict.fromkeys((14, 18, 27, 10), (1, 2, 3, 0)),
    **dict.fromkeys((15, 19), (3, 2, 1, 0)),
}
PACKED = {  # lowest bit of channels 0 to 3
    20: (0, 10, 20, 30),
    21: (20, 10, 0, 30),
    24: (20, 10, 0, 30),
    22: (2, 12, 22, 0),
    25: (2, 12, 22, 0),
    23: (22, 12, 2, 0),
}
WIDE = {6, 7, 9, 10}
TWO_PLANES = range(28, 36)
ONE_CHANNEL = range(5)


def pixel_size(fmt):
    """Channels, bytes of a pixel in plane 0 and in plane 1."""
    if fmt in ONE_CHANNEL:
        return 1, (1 if fmt == 0 else 2), 0
    if fmt in TWO_PLANES:
        return 3, (1 if fmt < 30 else 2), (2 if fmt < 30 else 4)
    return 4, (8 if fmt in WIDE else 4), 0


def raw_channel(memory, layer, c, y, x):
    """The pixel's channel as an unsigned number, and its width."""
    fmt = layer["pixel_format"]
    _, first, second = pixel_size(fmt)
    base, line, _ = layer["source"]
    at = base + y * line + (x + layer["x_offset"]) * first
    if fmt in TWO_PLANES and c > 0:
        base, line = layer["plane_1"]
        half = second // 2
        position = c - 1 if fmt % 2 == 0 else 2 - c
        at = base + y * line + (x + layer["x_offset"]) * second + position * half
        return memory.number(at, half, False), 8 * half
    if fmt in PACKED:
        bits = 2 if c == 3 else 10
        value = memory.number(at, 4, False) >> PACKED[fmt][c] & ((1 << bits) - 1)
        return value << (16 - bits), 16
    if fmt in FOUR_BYTES:
        each = 2 if fmt in WIDE else 1
        return memory.number(at + FOUR_BYTES[fmt][c] * each, each, False), 8 * each
    return memory.number(at, first, False), 8 * first


def image_input(memory, layer, bits):
    width, height, channels = layer["in"]
    found = {}
    for c, y, x in itertools.product(range(channels), range(height), range(width)):
        value, width_bits = raw_channel(memory, layer, c, y, x)
        if layer["signed_pixels"] or layer["pixel_format"] == 4:
            value = low(value, width_bits)
        if layer["converter"]:
            offset, scale, shift = layer["converter"]
            offset = layer["means"][c] if layer["means"] else offset
            value = convert(value, offset, scale, shift, 17, bits)
        found[c, y, x] = low(value, bits)
    return found


def feature_input(memory, layer, atom, bits):
    cube = read_cube(memory, layer["in"], layer["source"], atom, bits // 8)
    if layer["converter"]:
        cube = {at: convert(v, *layer["converter"], 17, bits) for at, v in cube.items()}
    return cube


def read_weights(memory, layer, hardware, bits):
    """{(kernel, row, column, channel): weight} by the order in which they lie in memory."""
    size = bits // 8
    groups = hardware["kernels"] if bits == 8 else hardware["kernels16"]
    _, _, channels = layer["in"]
    kernels, rows, columns = layer["kernels"], layer["rows"], layer["columns"]
    weights, at = {}, layer["weights"]
    blocks = hardware["channels"]
    for group in range(0, kernels, groups):
        members = range(group, min(group + groups, kernels))
        if not layer["image"]:
            order = [
                (k, r, s, c)
                for b in range(0, channels, blocks)
                for r in range(rows)
                for s in range(columns)
                for k in members
                for c in range(b, min(b + blocks, channels))
            ]
        elif layer["merged"] == 1:
            order = [
                (k, r, e // channels, e % channels)
                for b in range(0, columns * channels, blocks)
                for r in range(rows)
                for k in members
                for e in range(b, min(b + blocks, columns * channels))
            ]
        else:
            order = [
                (k, r, e // channels, e % channels)
                for top in range(0, rows, layer["merged"])
                for k in members
                for r in range(top, min(top + layer["merged"], rows))
                for e in range(columns * channels)
            ]
        for key in order:
            weights[key] = memory.number(at, size)
            at += size
    return weights


def convolve(memory, layer, hardware):
    """{(kernel, y, x): sum of 32 bits}, with zeros in the surplus lanes."""
    bits = layer["bits"]
    _, _, channels = layer["in"]
    inputs = image_input(memory, layer, bits) if layer["image"] else feature_input(memory, layer, hardware["atom"], bits)
    inputs = {at: v for at, v in inputs.items() if at[0] < channels}
    weights = read_weights(memory, layer, hardware, bits)
    step_x, step_y = layer["stride"]
    apart_x, apart_y = layer["dilation"]
    left, top = layer["pad"]
    out_width, out_height = layer["out"]
    result = {}
    for k, y, x in positions((out_width, out_height, layer["kernels"]), hardware["atom"] * 8 // bits):
        total = 0
        if k < layer["kernels"]:
            for r, s, c in itertools.product(range(layer["rows"]), range(layer["columns"]), range(channels)):
                at = (c, y * step_y + r * apart_y - top, x * step_x + s * apart_x - left)
                total += weights[k, r, s, c] * inputs.get(at, layer["pad_value"])
        result[k, y, x] = clamp(nearest(total, layer["clip"]), 32)
    return result


# --- Look-up tables ---


def table_place(x, start, exponential, offset, select, count, fraction_bits):
    """"under", "over", or the interval and the fraction."""
    d = x - start
    if d <= 0:
        return "under"
    if exponential:
        power = d.bit_length() - 1
        index = power - offset
        if index < 0:
            return "under"
        if index >= count:
            return "over"
        return index, ((d - (1 << power)) << fraction_bits) >> power
    index = d >> select if select >= 0 else d << -select
    if index >= count:
        return "over"
    rest = d % (1 << select) if select > 0 else 0
    return index, (rest << fraction_bits) >> select if select > 0 else 0


def look_up(tables, x, is_cdp):
    fraction_bits, bits = (16, 16) if is_cdp else (35, 32)
    found = {}
    for name, count in (("le", 64), ("lo", 256)):
        t = tables[name]
        found[name] = table_place(x, t["start"], t["exponential"], t["offset"], t["select"], count, fraction_bits)
    hits = [name for name in found if isinstance(found[name], tuple)]
    if len(hits) == 1:
        name = hits[0]
    elif found["le"] == found["lo"] == "under":
        name = tables["under"]
    elif found["le"] == found["lo"] == "over":
        name = tables["over"]
    else:
        name = tables["hybrid"]
    t, place = tables[name], found[name]
    if place == "under":
        start = t["start"] + ((1 << t["offset"]) if t["exponential"] and t["offset"] >= 0 else 0)
        y = t["entries"][0] + slope((x - start) * t["scale"][0], t["shift"][0])
    elif place == "over":
        y = t["entries"][-1] + slope((x - t["end"]) * t["scale"][1], t["shift"][1])
    else:
        index, f = place
        a, b = t["entries"][index : index + 2]
        if is_cdp:
            y = a + nearest((b - a) * f, 16)
        else:
            y = nearest(a * ((1 << 35) - f) + b * f, 35)
    return clamp(y, bits)


def slope(product, shift):
    return nearest(product, shift) if shift >= 0 else product << -shift


# --- SDP ---


def operand(memory, stream, kind, c, y, x, lanes):
    """A stream's operand for ALU or MUL."""
    both = stream["use"] == "both"
    item = stream["bytes"] * (2 if both else 1)
    base, line, surface = stream["place"]
    at = base + c * item
    if stream["per_element"]:
        at = base + c // lanes * surface + y * line + (x * lanes + c % lanes) * item
    if both and kind == "mul":
        at += stream["bytes"]
    return memory.number(at, stream["bytes"])


def take(memory, stage, kind, at, lanes):
    source = stage[kind]
    if source["memory"]:
        value = operand(memory, stage["stream"], kind, *at, lanes)
        if source.get("converter"):
            value = convert(value, *source["converter"], 32)
        return value
    return source["value"]


def apply_alu(op, v, other):
    return {"max": max(v, other), "min": min(v, other), "sum": v + other, "equal": int(v != other)}[op]


def scale_stage(memory, stage, v, at, lanes):
    """BS or BN."""
    if stage.get("alu"):
        shifted = clamp(take(memory, stage, "alu", at, lanes) << stage["alu"]["shift"], 32)
        v = apply_alu(stage["alu"]["op"], v, shifted)
    if stage.get("mul") and stage["mul"]["prelu"] and v >= 0:
        v = low(v, 32)
    else:
        if stage.get("mul"):
            v *= take(memory, stage, "mul", at, lanes)
        v = clamp(nearest(v, stage["shift"]), 32)
    return max(v, 0) if stage["relu"] else v


def ew_stage(memory, stage, v, at, lanes):
    if stage.get("mul") and not (stage["mul"]["prelu"] and v >= 0):
        v = clamp(nearest(v * take(memory, stage, "mul", at, lanes), stage["truncate"]), 32)
    if stage.get("alu"):
        v = clamp(apply_alu(stage["alu"]["op"], v, take(memory, stage, "alu", at, lanes)), 32)
    return look_up(stage["tables"], v, False) if stage["tables"] else v


def stages(memory, layer, cube, hardware):
    """All but the output converter."""
    lanes = hardware["atom"] * 8 // layer["bits"]
    result = {}
    for at, v in cube.items():
        for name in ("bs", "bn"):
            if layer[name]:
                v = scale_stage(memory, layer[name], v, at, lanes)
        if layer["ew"]:
            v = ew_stage(memory, layer["ew"], v, at, lanes)
        result[at] = v
    return result


def output(layer, cube):
    return {at: convert(v, *layer["out_converter"], 17, layer["out_bits"]) for at, v in cube.items()}


# --- PDP ---


def pool(layer, cube, lanes):
    width, height, _ = layer["in"]
    kernel_width, kernel_height = layer["kernel"]
    step_x, step_y = layer["stride"]
    left, top = layer["pad"]
    result = {}
    for c, y, x in positions(layer["out"], lanes):
        rows = [r for r in range(y * step_y - top, y * step_y - top + kernel_height) if 0 <= r < height]
        columns = [s for s in range(x * step_x - left, x * step_x - left + kernel_width) if 0 <= s < width]
        values = [cube[c, r, s] for r in rows for s in columns]
        if layer["method"] == "average":
            pads = [0] + layer["pad_values"]
            horizontal = pads[kernel_width - len(columns)]
            if layer["bits"] == 8:
                horizontal = low(horizontal, 11)
            total = sum(values) + len(rows) * horizontal + pads[kernel_height - len(rows)] * kernel_width
            total = nearest(nearest(total * layer["reciprocal"][0], 16) * layer["reciprocal"][1], 16)
            result[c, y, x] = low(total, layer["bits"])
        else:
            result[c, y, x] = max(values) if layer["method"] == "max" else min(values)
    return result


# --- CDP ---


def normalise(layer, cube):
    """Before the output converter."""
    _, _, channels = layer["in"]
    width = 9 if layer["bits"] == 8 else 17
    inner = {at: convert(v, *layer["in_converter"], width) if at[0] < channels else 0 for at, v in cube.items()}
    reach = layer["length"] // 2
    result = {}
    for (c, y, x), v in inner.items():
        q = v
        if layer["square"]:
            q = sum(inner.get((n, y, x), 0) ** 2 for n in range(c - reach, c + reach + 1))
        found = look_up(layer["tables"], q, True)
        result[c, y, x] = found * v if layer["multiply"] else found
    return result
