"""Makes a workload of matrix products from a topology file of SCALE-Sim.

    /usr/bin/python3 -m scripts.export.scale_sim TOPOLOGY.csv -o WORKLOAD.yaml [--density D] [--activation-density D] [--seed N]

Reads both forms: "Layer, M, N, K", and "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels,
Num Filter, Strides" with one stride or one for each direction. A column "Sparsity" holds N:M, N weights of M kept. Map
sizes include padding, as in SCALE-Sim.

A product M x N x K becomes a matrix of N rows and K columns that multiplies M vectors. A convolution becomes the product
that it is: a row for each filter, a column for each element of a window, a vector for each place of the window. There are
(map - filter + stride) / stride places along a side, rounded up as in SCALE-Sim: a last window may lie in part behind the map.

Exit code: 0 if the workload is written, 2 for a mistake in the file or the command line, 3 for a file that cannot be read
or written.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scripts.base import input_file, output_file, terminal
from scripts.base.printable import printable
from scripts.export.errors import ExportError

MISTAKE, FILE = 2, 3
MOST_BYTES = 1 << 20
MOST_SIDE, MOST_VECTORS = 1 << 20, 1 << 16  # of a matrix in a workload
MAX_NAME = 240  # of 256 letters of a matrix; equal names get a number
LEAST_SHARE = 0.000001  # of weights or inputs in a workload
MARK = "# Made by scripts.export.scale_sim"
_PRODUCT = ("layer", "m", "n", "k")
_CONVOLUTION = ("layername", "ifmapheight", "ifmapwidth", "filterheight", "filterwidth", "channels", "numfilter")
_STRIDES = ({"strides"}, {"stride"}, {"strideheight", "stridewidth"}, {"strideh", "stridew"})


class TopologyError(ExportError):
    """A file that is no topology; the message names the file, and the line where there is one."""


@dataclass(frozen=True)
class Product:
    name: str
    rows: int
    columns: int
    vectors: int
    kept: float = 1  # of its weights


def read_topology(path: Path) -> list[Product]:
    """Its layers in order. TopologyError, OSError."""
    content = input_file.read_bytes(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TopologyError(f"{path}: more than {MOST_BYTES} bytes; no topology is that long")
    try:
        lines = re.split("\r\n|\n|\r", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise TopologyError(f"{path}: not UTF-8 at byte {error.start}") from error
    return _Reader(path).read(lines)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path, self.line = path, 0
        self.columns: list[str] = []
        self.names: Counter[str] = Counter()

    def read(self, lines: list[str]) -> list[Product]:
        products = []
        for self.line, text in enumerate(lines, 1):
            fields = [field.strip() for field in text.split("#")[0].split(",")]
            if not any(fields):
                continue
            if not self.columns:
                self.columns = self.header(fields)
            else:
                products.append(self.product(fields))
        if not products:
            raise TopologyError(f"{self.path}: has no layers; expected a header line and a line a layer")
        return products

    def header(self, fields: list[str]) -> list[str]:
        names = [re.sub(r"[^a-z]", "", field.lower()) for field in fields]
        while names and not names[-1]:
            names.pop()
        plain = [name for name in names if name not in ("sparsity", "sparsityratio")]
        convolution = tuple(plain[:7]) == _CONVOLUTION and set(plain[7:]) in _STRIDES
        if (tuple(plain) != _PRODUCT and not convolution) or len(set(names)) != len(names):
            raise self.error(
                "no header of a topology; expected 'Layer, M, N, K' or 'Layer name, IFMAP Height, IFMAP Width, "
                "Filter Height, Filter Width, Channels, Num Filter, Strides'"
            )
        return names

    def product(self, fields: list[str]) -> Product:
        while len(fields) > len(self.columns) and not fields[-1]:
            fields.pop()
        if len(fields) != len(self.columns):
            raise self.error(f"{len(fields)} fields; expected {len(self.columns)} as in the header")
        row = dict(zip(self.columns, fields))
        name = self.name_of(row.pop("layer", None) or row.pop("layername", ""))
        kept = self.kept(row.pop("sparsity", None) or row.pop("sparsityratio", "1:1"))
        sizes = {column: self.whole(column, text) for column, text in row.items()}
        rows, columns, vectors = self.matrix(sizes)
        self.check(rows, columns, vectors)
        return Product(name, rows, columns, vectors, kept)

    def name_of(self, name: str) -> str:
        if not name:
            raise self.error("a layer without a name")
        if len(name) > MAX_NAME or not (name.isascii() and name.isprintable()):
            raise self.error(f"the layer '{printable(name)}'; expected 1 to {MAX_NAME} printable ASCII characters")
        self.names[name] += 1
        return name if self.names[name] == 1 else f"{name}#{self.names[name]}"

    def kept(self, text: str) -> float:
        ratio = re.fullmatch(r"([0-9]{1,4}):([0-9]{1,4})", text.replace(" ", ""))
        if not ratio or not 0 < int(ratio[1]) <= int(ratio[2]):
            raise self.error(f"sparsity '{printable(text)}'; expected N:M with 0 < N <= M, as 2:4")
        return int(ratio[1]) / int(ratio[2])

    def whole(self, column: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
            raise self.error(f"{column} is '{printable(text)}'; expected a whole number from 1 on")
        return int(text)

    def matrix(self, size: dict[str, int]) -> tuple[int, int, int]:
        """Rows, columns, vectors."""
        if "m" in size:
            return size["n"], size["k"], size["m"]
        strides = [size[name] for name in self.columns if name.startswith("stride")]
        places = 1
        for side, stride in (("height", strides[0]), ("width", strides[-1])):
            if size["filter" + side] > size["ifmap" + side]:
                raise self.error(f"a filter of {side} {size['filter' + side]} on a map of {size['ifmap' + side]}")
            places *= -(-(size["ifmap" + side] - size["filter" + side] + stride) // stride)
        return size["numfilter"], size["filterheight"] * size["filterwidth"] * size["channels"], places

    def check(self, rows: int, columns: int, vectors: int) -> None:
        if max(rows, columns) > MOST_SIDE or vectors > MOST_VECTORS:
            raise self.error(
                f"a product of {rows} rows, {columns} columns and {vectors} vectors; a workload takes at most "
                f"{MOST_SIDE} rows or columns and {MOST_VECTORS} vectors"
            )

    def error(self, message: str) -> TopologyError:
        return TopologyError(f"{self.path}: line {self.line}: {message}")


def workload(products: list[Product], source: str, options: argparse.Namespace) -> str:
    """The workload file."""
    lines = [f"{MARK} from {source}: masks and zero inputs are drawn.", "kind: matrices", "masks: iid"]
    lines += [f"seed: {options.seed}", "matrices:"]
    for product in products:
        density = min(1, max(LEAST_SHARE, product.kept * options.density))
        fields = {
            "name": _quoted(product.name),
            "rows": product.rows,
            "columns": product.columns,
            "vectors": product.vectors,
            "density": f"{density:.6g}",
            "activation_density": f"{options.activation_density:.6g}",
        }
        lines.append("  - {" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + "}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In double quotes, as the workload's YAML has them: no escape for characters beyond U+FFFF."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in plain)


def _share(text: str) -> float:
    value = float(text)
    if not LEAST_SHARE <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not {LEAST_SHARE:g} to 1")
    return value


def parse(arguments: list[str] | None) -> argparse.Namespace:
    text = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(
        prog="python3 -m scripts.export.scale_sim", description=__doc__, formatter_class=text
    )
    add = parser.add_argument
    add("topology", type=Path, help="CSV file of SCALE-Sim, as those of its folder topologies/")
    add("-o", "--output", type=Path, required=True, help="workload to write")
    add("--density", type=_share, default=1.0, help="share of weights kept, of those that N:M leaves [1]")
    add("--activation-density", type=_share, default=1.0, help="share of inputs that are not zero [1]")
    add("--seed", type=int, choices=range(1 << 31), default=1, metavar="N", help="of masks and inputs [1]")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        products = read_topology(options.topology)
    except TopologyError as error:
        return _fail(error, MISTAKE)
    except OSError as error:
        return _fail(f"{options.topology}: cannot read: {error.strerror}", FILE)
    try:
        output_file.refuse_foreign(options.output, MARK.encode(), "a workload made from a topology")
        output_file.write(options.output, workload(products, printable(options.topology.name), options))
    except OSError as error:
        return _fail(f"{options.output}: cannot write: {error.strerror}", FILE)
    terminal.show(f"wrote {options.output}: {len(products)} products")
    return 0


def _fail(problem: object, code: int) -> int:
    terminal.say(f"error: {problem}")
    return code


if __name__ == "__main__":
    terminal.run("scale_sim", main)
