"""Random register programs of NVDLA with what they compute, by nvdla_judge.py: every field that plays a part is drawn,
what plays none is junk."""

import random
import zlib
from dataclasses import dataclass, field

import nvdla_judge as judge
from nvdla_random_convolution import Convolutions
from nvdla_random_pools import Pools
from nvdla_random_sdp import PostProcessing
from nvdla_statements import Statements

HARDWARE = {  # atom bytes, channels of a weight block, kernels of a group (int8, int16), element-wise stage
    "nv_small": dict(atom=8, channels=8, kernels=8, kernels16=0, ew=False),
    "nv_small_256": dict(atom=8, channels=32, kernels=8, kernels16=0, ew=False),
    "nv_small_256_full": dict(atom=8, channels=32, kernels=8, kernels16=0, ew=True),
    "nv_medium_512": dict(atom=16, channels=32, kernels=16, kernels16=0, ew=False),
    "nv_medium_1024_full": dict(atom=32, channels=32, kernels=32, kernels16=0, ew=True),
    "nv_large": dict(atom=32, channels=64, kernels=32, kernels16=0, ew=True),
    "nv_full": dict(atom=32, channels=64, kernels=32, kernels16=16, ew=True),
}
IDLE = ["D_CYA", "D_PERF_ENABLE", "D_NAN_FLUSH_TO_ZERO", "D_INF_INPUT_NUM", "D_STATUS_NAN_INPUT_NUM"]
KINDS = ["convolution", "image", "sdp", "pdp", "cdp", "flying pdp"]


@dataclass
class Layer:
    """Statements that set one layer's registers, and what it takes."""

    units: list
    setup: list
    interrupt: str  # the unit that reports its end
    checked: tuple  # address and bytes of the region that it writes
    crc: int
    tables: set = field(default_factory=set)  # units whose tables it needs


class Program(Statements, Convolutions, PostProcessing, Pools):
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
