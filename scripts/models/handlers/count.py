#!/usr/bin/python3
"""Counts what the handlers of DNNGuard's CPU execute as RV64GC code: instructions, loads and stores, for each element and for
each call. QEMU runs the code one instruction at a time and logs where each stands.

    scripts/models/handlers/count.py [--out FILE]

FILE [the committed table] is written anew. Debian packages: gcc-riscv64-linux-gnu, libc6-dev-riscv64-cross, qemu-user.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCES = ROOT / "sim" / "accelerators" / "dnnguard" / "handlers"
TABLE = HERE / "counts.csv"

TOOLS = "riscv64-linux-gnu-"
OPTIONS = ("-O2", "-march=rv64gc", "-mabi=lp64d", "-std=c11", "-static")

LOADS = frozenset("lb lbu lh lhu lw lwu ld flw fld".split())
STORES = frozenset("sb sh sw sd fsw fsd".split())

BEND = 0.1  # as far counts may lie from a straight line: how often `nearest` sorts is a matter of values

TRACE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
DISASSEMBLY = re.compile(r"^\s*([0-9a-f]+):\s+([0-9a-f]{4}|[0-9a-f]{8})\s+(\S+)")


@dataclass(frozen=True)
class Handler:
    name: str
    unit: str  # what its size counts
    sizes: tuple[int, int, int]


HANDLERS = (
    Handler("softmax", "element", (64, 256, 1024)),
    Handler("l1", "element", (64, 256, 1024)),
    Handler("l2", "element", (64, 256, 1024)),
    Handler("jensen_shannon", "element", (64, 256, 1024)),
    Handler("median_2x2", "pixel of lines of 16", (64, 256, 1024)),
    Handler("bit_depth", "element", (64, 256, 1024)),
    Handler("non_local_means", "pixel of lines of 16; search 11, patch 3", (16, 32, 48)),
    Handler("nearest", "value of 100 points; 20 nearest", (400, 1600, 6400)),
    Handler("lid", "neighbour", (20, 40, 80)),
    Handler("logistic", "element", (64, 256, 1024)),
    Handler("argmax", "element", (64, 256, 1024)),
    Handler("above", "element", (64, 256, 1024)),
)


@dataclass
class Counts:
    instructions: int = 0
    loads: int = 0
    stores: int = 0

    def add(self, mnemonic: str) -> None:
        # Atomic read-modify-writes do not occur in the handlers.
        self.instructions += 1
        self.loads += mnemonic in LOADS
        self.stores += mnemonic in STORES


def output_of(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compile_program(driver: Path, folder: Path) -> Path:
    """The driver's calls have to return to it, so they are no jumps; the handlers are compiled apart, as they are."""
    compiler = [TOOLS + "gcc", *OPTIONS, f"-I{ROOT}"]
    objects = []
    for source in [driver, *sorted(SOURCES.glob("*.c"))]:
        objects.append(str(folder / (source.stem + ".o")))
        extra = ["-fno-optimize-sibling-calls"] if source == driver else []
        output_of([*compiler, *extra, "-c", str(source), "-o", objects[-1]])
    program = folder / "program"
    output_of([*compiler, *objects, "-lm", "-o", str(program)])
    return program


def disassembled(text: str) -> dict[int, tuple[str, int]]:
    """Mnemonic and bytes of the instruction at each address."""
    found = (DISASSEMBLY.match(line) for line in text.splitlines())
    return {int(m[1], 16): (m[3], len(m[2]) // 2) for m in found if m}


def counts_of(trace: Iterable[str], code: dict[int, tuple[str, int]], entry: int) -> Counts:
    """Of the first call of what stands at `entry`, until it returns."""
    counts, before, end = Counts(), None, None
    for line in trace:
        found = TRACE.match(line)
        if not found:
            continue
        at = int(found[1], 16)
        if end is None and at == entry:
            if before is None:
                raise ValueError("the trace begins within the call")
            end = before + code[before][1]
        if at == end:
            return counts
        if end is not None:
            counts.add(code[at][0])
        before = at
    raise ValueError("the call has no end in the trace" if end else "the trace has no call")


class Program:
    def __init__(self, path: Path):
        self.path = path
        self.code = disassembled(output_of([TOOLS + "objdump", "-d", str(path)]))
        lines = (line.split() for line in output_of([TOOLS + "nm", str(path)]).splitlines())
        self.symbols = {words[2]: int(words[0], 16) for words in lines if len(words) == 3}

    def count(self, function: str, arguments: list[str]) -> Counts:
        command = ["qemu-riscv64", "-singlestep", "-d", "exec,nochain", str(self.path), *arguments]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            counts = counts_of(process.stderr, self.code, self.symbols[function])
            process.stderr.read()
        if process.returncode:
            raise ValueError(f"{' '.join(command)} ended with {process.returncode}")
        return counts


def row_of(handler: Handler, program: Program) -> dict[str, str]:
    """The slope between the least and the greatest size, and what is left of the least."""
    least, _, most = handler.sizes
    counts = [program.count("handler_" + handler.name, [handler.name, str(n)]) for n in handler.sizes]
    row = {"handler": handler.name, "unit": handler.unit}
    for field in ("instructions", "loads", "stores"):
        values = [getattr(c, field) for c in counts]
        slope = (values[2] - values[0]) / (most - least)
        row[f"{field}_per_unit"] = f"{round(slope, 2) + 0.0:.2f}"  # no -0
        row[f"{field}_per_call"] = f"{values[0] - slope * least:.0f}"
        expected = values[0] + slope * (handler.sizes[1] - least)
        if abs(values[1] - expected) > BEND * expected + 4:
            raise ValueError(f"{handler.name}: {field} are no straight line of {handler.unit}: {values}")
    return row


def compiler_name() -> str:
    return output_of([TOOLS + "gcc", "--version"]).splitlines()[0] + " " + " ".join(OPTIONS)


def table() -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        program = Program(compile_program(HERE / "run_handler.c", Path(folder)))
        return [row_of(handler, program) | {"compiler": compiler_name()} for handler in HANDLERS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=TABLE)
    out = parser.parse_args().out
    try:
        rows = table()
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: apt-get install gcc-riscv64-linux-gnu libc6-dev-riscv64-cross qemu-user",
              file=sys.stderr)
        return 2
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
