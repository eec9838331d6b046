"""Imports a netlist of look-up tables as a LUT program: BLIF, structural Verilog or VHDL (docs/lut-program.md).

    /usr/bin/python3 -m scripts.export.luts NETLIST -o PROGRAM.safetensors
    /usr/bin/python3 -m scripts.export.luts svhn_reg_fin.vhd --classes 10 --first-class high --signed \\
        --vectors bench.txt -o svhn.safetensors

Input i of the program is the i-th input bit: ports in the order of the file, bits of a vector by ascending index; outputs
likewise. Without --classes each output bit is a score of its own, 0 or 1, so that results are the netlist's bits. Tables of
13 to 20 inputs are split as scripts.export.split_luts does it.

VECTORS is a text file: a line a vector, input bits and, if they are known, a space and output bits, both as binary
numbers (leftmost: the last input or output); '#' begins a comment. Outputs that are given must be what the netlist computes.

Exit code: 0 if the program is written, 2 for a mistake in the netlist, the vectors or the options, 3 for a file that cannot
be read or written or a package that is missing.
"""

from __future__ import annotations

import argparse
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.base import input_file, terminal
from scripts.base.packages import missing

if TYPE_CHECKING:
    import numpy as np

    from scripts.export.lut_program import LutProgram
    from scripts.export.netlist import Netlist

MISTAKE, FILE = 2, 3
SUFFIXES = {".blif": "blif", ".v": "verilog", ".sv": "verilog", ".vhd": "vhdl", ".vhdl": "vhdl"}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = terminal.Parser(
        prog="python3 -m scripts.export.luts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("netlist", type=Path, help="one flat module, entity or model of tables and wires")
    parser.add_argument("-o", "--output", type=Path, required=True, help="program to write")
    parser.add_argument(
        "--format", choices=("blif", "verilog", "vhdl"), help="default: by the name's end, .blif, .v, .sv, .vhd or .vhdl"
    )
    parser.add_argument("--top", metavar="NAME", help="module, entity or model (default: the only one; of BLIF the first)")
    parser.add_argument("--outputs", metavar="PORT,...", help="output ports, in this order (default: all)")
    parser.add_argument(
        "--classes", type=terminal.positive, metavar="N", help="output bits are the scores of N classes, equally many each"
    )
    parser.add_argument(
        "--first-class", choices=("low", "high"), default="low",
        help="whether class 0 has the first output bits or the last (default: low, the first)",
    )  # fmt: skip
    parser.add_argument(
        "--first-bit", choices=("low", "high"), default="low",
        help="whether the first bit of a score is its least or most significant one (default: low, the least)",
    )  # fmt: skip
    parser.add_argument("--signed", action="store_true", help="scores are two's complement (default: unsigned)")
    stimulus = parser.add_mutually_exclusive_group()
    stimulus.add_argument("--vectors", type=Path, metavar="FILE", help="inputs, perhaps with expected outputs; see above")
    stimulus.add_argument("--random", type=terminal.positive, metavar="N", help="N vectors of random bits")
    parser.add_argument("--seed", type=_seed, default=1, help="of --random, 0 or more (default: 1)")
    parser.add_argument("--name", help="name of the program (default: that of the module)")
    parser.add_argument("--source", help="where the netlist comes from, for people (default: its file)")
    parser.add_argument("--licence", default="", help="licence of the netlist, for people")
    return parser.parse_args(arguments)


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 1 << 64:
        raise argparse.ArgumentTypeError(f"{text} is not 0 to {(1 << 64) - 1}")
    return int(text)


def read_netlist(path: Path, kind: str | None = None, top: str | None = None) -> Netlist:
    """ExportError 'FILE:LINE: what is wrong; what would be right', OSError."""
    from scripts.export.errors import ExportError
    from scripts.export.netlist import MOST_BYTES
    from scripts.export.netlist_blif import read_blif
    from scripts.export.netlist_verilog import read_verilog
    from scripts.export.netlist_vhdl import read_vhdl

    kind = kind or SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise ExportError(f"{path}: what is it? say --format blif, verilog or vhdl")
    if path.stat().st_size > MOST_BYTES:
        raise ExportError(f"{path}: more than {MOST_BYTES} bytes; split the netlist")
    text = input_file.read_bytes(path).decode("latin-1")  # names may hold any byte
    return {"blif": read_blif, "verilog": read_verilog, "vhdl": read_vhdl}[kind](text, str(path), top)


def import_netlist(options: argparse.Namespace) -> LutProgram:
    import numpy as np

    from scripts.export import netlist_rules
    from scripts.export.lut_program import LutProgram
    from scripts.export.metadata import Origin
    from scripts.export.netlist_levels import levelled
    from scripts.export.split_luts import split

    netlist = read_netlist(options.netlist, options.format, options.top)
    netlist_rules.check_size(netlist)
    found = levelled(netlist)
    names, signals = netlist_rules.output_bits(found, options.outputs, str(options.netlist))
    outputs = netlist_rules.grouped(signals, options, str(options.netlist))
    name = options.name or netlist_rules.printable_name(netlist.name)
    source = options.source if options.source is not None else netlist_rules.printable_name(options.netlist.name)
    origin = Origin(name, "netlist of look-up tables", "scripts/export/luts.py", source, options.licence)
    program = LutProgram(name, len(netlist.inputs), found.levels, outputs, origin, "", options.signed)
    add_vectors(program, options, np.array(signals, np.int32), names)
    return split(program)


def add_vectors(program: LutProgram, options: argparse.Namespace, signals: np.ndarray, names: list[str]) -> None:
    from scripts.export.lut_evaluation import all_scores
    from scripts.export.lut_program import LutVectors
    from scripts.export.netlist_vectors import VectorFile, drawn

    if options.vectors:
        file = VectorFile(options.vectors, program.inputs, len(signals))
        file.compare(program, signals, names)
        inputs, program.stimulus = file.inputs, f"vectors of {options.vectors.name}"
    elif options.random:
        inputs = drawn(program.inputs, options.random, options.seed)
        program.stimulus = f"random bits, seed {options.seed}"
    else:
        return
    program.vectors = LutVectors(inputs, all_scores(program, inputs))


def export(options: argparse.Namespace) -> str:
    """Writes the program; what it is, for people."""
    from scripts.export.lut_file import write_program

    if options.output.is_dir() or not options.output.parent.is_dir():
        problem = errno.EISDIR if options.output.is_dir() else errno.ENOENT
        raise OSError(problem, os.strerror(problem), str(options.output))
    program = import_netlist(options)
    write_program(options.output, program)
    luts = sum(level.luts for level in program.levels)
    vectors = len(program.vectors.inputs) if program.vectors else 0
    return (
        f"{program.inputs} inputs, {luts} LUTs in {len(program.levels)} levels, {program.classes} scores of "
        f"{program.score_bits} bits, {vectors} vectors"
    )


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:  # the packages that an import needs are imported here, --help works without them
        from scripts.export.errors import ExportError, TraceError
    except ImportError as error:
        return _fail(missing(error), FILE)
    try:
        told = export(options)
    except ImportError as error:
        return _fail(missing(error), FILE)
    except (ExportError, TraceError) as error:
        return _fail(error, FILE if isinstance(error.__cause__, OSError) else MISTAKE)
    except OSError as error:
        return _fail(f"{error.filename or options.output}: {error.strerror}", FILE)
    except MemoryError:
        return _fail(f"{options.netlist}: the netlist needs more memory than there is", MISTAKE)
    terminal.show(f"wrote {options.output}: {told}")
    return 0


def _fail(problem: object, code: int) -> int:
    terminal.say(f"error: {problem}")
    return code


if __name__ == "__main__":
    terminal.run("luts", main)
