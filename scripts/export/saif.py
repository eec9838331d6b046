"""Writes the activity of a LUT program as SAIF: how long each net is 0 and 1, and how often it changes.

    /usr/bin/python3 -m scripts.export.saif PROGRAM.safetensors -o OUT.saif
    /usr/bin/python3 -m scripts.export.saif PROGRAM.safetensors --netlist NETLIST.v -o OUT.saif

The program's vectors are applied one after the other, each for a clock period, without delays: the changes (TC) of a level's
tables are its output_toggles in levels.csv of `lockstep run poetbin`. Without --netlist the nets have the names of the module
that `lockstep rtl poetbin` writes; with the netlist that the program was imported from, they have that netlist's
names, wires included (in Vivado: read_saif -strip_path).

Exit code: 0 if the file is written, 2 for a mistake in the program, the netlist or the options, 3 for a file that cannot be
read or written or a package that is missing.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.base import output_file, terminal
from scripts.base.packages import missing

if TYPE_CHECKING:
    import numpy as np

    from scripts.export.lut_program import LutProgram

MISTAKE, FILE = 2, 3
MOST_NS = 1_000_000
RTL_MODULE = "poetbin_spatial"
MARK = b"(SAIFILE"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = terminal.Parser(
        prog="python3 -m scripts.export.saif",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("program", type=Path, help="LUT program with vectors")
    parser.add_argument("-o", "--output", type=Path, required=True, help="SAIF file to write")
    parser.add_argument("--netlist", type=Path, help="what the program was imported from")
    parser.add_argument("--format", choices=("blif", "verilog", "vhdl"), help="of the netlist (default: by the name's end)")
    parser.add_argument("--top", metavar="NAME", help="of the netlist, as it was imported")
    parser.add_argument(
        "--clock-ns", type=_period, default=16, metavar="NS", help=f"clock period, 1 to {MOST_NS} (default: 16, 62.5 MHz)"
    )
    parser.add_argument(
        "--instance", metavar="PATH", help="instances from the top to the netlist, a/b/c (default: the module's name)"
    )
    return parser.parse_args(arguments)


def _period(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_NS:
        raise argparse.ArgumentTypeError(f"{text} is not 1 to {MOST_NS}")
    return int(text)


def counts(program: LutProgram, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int64[signals + 2] each: of every signal the vectors in which it is 1, and its changes; of the constants at the end."""
    import numpy as np

    from scripts.export.lut_evaluation import chunks

    signals = program.first_signal(len(program.levels)) + 2
    ones, changes, before = np.zeros(signals, np.int64), np.zeros(signals, np.int64), None
    for _, values in chunks(program, rows):
        ones += values.sum(axis=1, dtype=np.int64)
        changes += (values[:, 1:] != values[:, :-1]).sum(axis=1)
        if before is not None:
            changes += values[:, 0] != before
        before = values[:, -1]
    return ones, changes


def rtl_nets(program: LutProgram) -> Iterator[tuple[str, int]]:
    """Names of the generated module's nets with their signals."""
    yield from ((f"features[{i}]", i) for i in range(program.inputs))
    for k, level in enumerate(program.levels):
        yield from ((f"{level.name}_bits[{i}]", program.first_signal(k) + i) for i in range(level.luts))


def netlist_nets(program: LutProgram, options: argparse.Namespace) -> tuple[str, LutProgram, list[tuple[str, int]]]:
    """The module's name, the netlist as a program, and its nets with their signals."""
    import numpy as np

    from scripts.export.errors import ExportError
    from scripts.export.luts import read_netlist
    from scripts.export.lut_program import LutProgram
    from scripts.export.netlist_levels import CONSTANTS, levelled, wired
    from scripts.export.split_luts import split

    netlist = read_netlist(options.netlist, options.format, options.top)
    found = levelled(netlist)
    outputs = np.zeros((1, 1), np.int32)
    whole = LutProgram(program.name, len(netlist.inputs), found.levels, outputs, program.origin)
    if whole.inputs != program.inputs or not _equal(split(whole), program):
        raise ExportError(f"{options.program}: was not imported from {options.netlist}; import it again, or name its own netlist")
    signals = CONSTANTS | {net: signal for signal, net in enumerate(found.nets)}
    nets = [*found.nets, *(wires := wired(netlist))]
    sources = [*found.nets, *wires.values()]

    def name(net: tuple[str, int | None]) -> str:
        spelt = netlist.spelt.get(net[0], net[0])
        return spelt if net[1] is None else f"{spelt}[{net[1]}]"

    return netlist.name, whole, [(name(net), signals[source]) for net, source in zip(nets, sources)]


def _equal(one: LutProgram, other: LutProgram) -> bool:
    """Whether both have the same tables."""
    import numpy as np

    return len(one.levels) == len(other.levels) and all(
        np.array_equal(a.sources, b.sources) and np.array_equal(a.tables, b.tables) for a, b in zip(one.levels, other.levels)
    )


def escaped(name: str) -> str:
    return re.sub(r"([^A-Za-z0-9_])", r"\\\1", name)


def text_of(nets: list[tuple[str, int]], ones: np.ndarray, changes: np.ndarray, vectors: int, options: argparse.Namespace) -> str:
    period, path = options.clock_ns, [escaped(part) for part in options.instance.split("/")]
    lines = [
        "(SAIFILE", '(SAIFVERSION "2.0")', '(DIRECTION "backward")', f'(DESIGN "{path[-1]}")', '(VENDOR "Lockstep")',
        '(PROGRAM_NAME "scripts/export/saif.py")', "(DIVIDER /)", "(TIMESCALE 1 ns)", f"(DURATION {vectors * period})",
        *(f"(INSTANCE {part}" for part in path), "(NET",
    ]  # fmt: skip
    for name, signal in nets:
        high = int(ones[signal]) * period
        lines.append(
            f"({escaped(name)} (T0 {vectors * period - high}) (T1 {high}) (TX 0) (TZ 0) (TC {changes[signal]}) (IG 0))"
        )
    return "\n".join([*lines, ")", ")" * len(path), ")", ""])


def export(options: argparse.Namespace) -> str:
    """Writes the file; what it holds, for people."""
    from scripts.export.errors import ExportError
    from scripts.export.lut_file import read_program

    output_file.refuse_foreign(options.output, MARK, "a SAIF file", begin=64)
    program = read_program(options.program)
    if program.vectors is None:
        raise ExportError(f"{options.program}: no vectors, so nothing changes; import it with --vectors or --random")
    if options.netlist:
        module, evaluated, nets = netlist_nets(program, options)
    else:
        module, evaluated, nets = RTL_MODULE, program, list(rtl_nets(program))
    options.instance = options.instance or module
    rows = program.vectors.inputs
    ones, changes = counts(evaluated, rows)
    output_file.write(options.output, text_of(nets, ones, changes, len(rows), options))
    return f"{len(nets)} nets, {len(rows)} clocks of {options.clock_ns} ns; stimulus: {program.stimulus}"


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        from scripts.export.errors import ExportError, TraceError
    except ImportError as error:
        return _fail(missing(error), FILE)
    try:
        told = export(options)
    except ImportError as error:
        return _fail(missing(error), FILE)
    except (ExportError, TraceError) as error:
        return _fail(error, FILE if isinstance(error.__cause__, OSError) else MISTAKE)
    except output_file.ForeignFile as error:
        return _fail(f"{options.output}: {error.strerror}", MISTAKE)
    except OSError as error:
        return _fail(f"{error.filename or options.output}: {error.strerror}", FILE)
    except MemoryError:
        return _fail(f"{options.program}: the activity needs more memory than there is", MISTAKE)
    terminal.show(f"wrote {options.output}: {told}")
    return 0


def _fail(problem: object, code: int) -> int:
    terminal.say(f"error: {problem}")
    return code


if __name__ == "__main__":
    terminal.run("saif", main)
