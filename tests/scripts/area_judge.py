"""Recomputes the areas of a result from the energy files: shares no code with the program or the other scripts.

Rules, as the energy files state them: a component takes the row of the least width that is at least its own; a memory of
less than 64 bytes is flip-flops and multiplexers, or SRAM where that is smaller; SRAM costs the least of all rows at least as large and wide,
between two capacities on the line through both in the logarithms, and a bank beyond the largest capacity in proportion; a
word wider than the widest is banks of that word side by side, each with its share, and no less than fewer of them; its
cells are the first of lstp, lstp_hp and hp that are fast enough for the cycles of an access. Logic has an overhead, SRAM none.
"""

import json
import math
from pathlib import Path

import yaml

CELLS = ("lstp", "lstp_hp", "hp")


def csv_lines(path):
    """Rows as dicts; a cell in quotes may hold commas."""
    header, *lines = [_split(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


def _split(line):
    cells, quoted = [""], False
    for c in line:
        if c == '"':
            quoted = not quoted
        elif c == "," and not quoted:
            cells.append("")
        else:
            cells[-1] += c
    return cells


class Prices:
    """What the energy files of an architecture state."""

    def __init__(self, files):
        self.areas, self.overhead, self.memories = {}, None, {}
        for file in files:
            content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
            for row in content.get("areas", []):
                self.areas[row["component"], row["width_bits"]] = row
            self.overhead = content.get("logic_area_overhead", {}).get("factor", self.overhead)
            if "sram" in content:
                self._read_memories(Path(file).parent / content["sram"]["file"], content["sram"]["node_nm"])

    def _read_memories(self, path, node):
        for row in csv_lines(path):
            if int(row["node_nm"]) == node:
                place = (row["cells"], int(row["capacity_bytes"]), int(row["width_bits"]))
                self.memories[place] = {"area": float(row["area_mm2"]), "access": float(row["access_ns"])}

    def component(self, name, width):
        return self.areas[name, min(w for n, w in self.areas if n == name and w >= width)]

    def memory(self, cells, size, width, what):
        """Of one bank, or of those side by side that hold its words."""
        size = max(size, -(-width // 8))
        most = -(-width // max(w for c, _, w in self.memories if c == cells))
        times = range(1, most + 1)
        return max((n if what == "area" else 1) * self._one(cells, -(-size // n), width, what) for n in times)

    def _one(self, cells, size, width, what):
        sizes = sorted({s for c, s, _ in self.memories if c == cells})
        width = min(width, max(w for c, _, w in self.memories if c == cells))
        inside = min(max(size, sizes[0]), sizes[-1])
        above = min(s for s in sizes if s >= inside)
        price = self._least(cells, above, width, what)
        if above > inside:
            below = max(s for s in sizes if s < inside)
            along = math.log(inside / below) / math.log(above / below)
            price = self._least(cells, below, width, what) ** (1 - along) * price**along
        return price * (max(1, size / sizes[-1]) if what == "area" else 1)

    def _least(self, cells, size, width, what):
        return min(row[what] for (c, s, w), row in self.memories.items() if c == cells and s >= size and w >= width)

    def cells(self, size, width, period_ns):
        return next(c for c in CELLS if self.memory(c, size, width, "access") <= period_ns)


def _near(found, expected):
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-15)


def _expected(row, prices, period_ns):
    """um2 of one, overhead and cells of a row of area.csv, from its shape alone."""
    width = int(row["width_bits"])
    if row["component"] == "sram":
        size = round(float(row["bank_kib"]) * 1024)
        cells = prices.cells(size, width, period_ns * int(row["access_cycles"]))
        return 1e6 * prices.memory(cells, size, width, "area"), 1, cells
    return prices.component(row["component"], width)["area_um2"], prices.overhead, "flip_flops" if row["bank_kib"] else ""


def _count(row):
    """What the shape of a memory says of the count; None for other logic."""
    if not row["bank_kib"]:
        return None
    banks, bits = int(row["banks"]), 8 * round(float(row["bank_kib"]) * 1024)
    return {"sram": banks, "flip_flop_enable": banks * bits}.get(row["component"])


def _small_and_dear(row, prices, period_ns):
    """A memory below 64 bytes that would be smaller as what it is not."""
    if not row["bank_kib"] or float(row["bank_kib"]) >= 64 / 1024 or row["component"] == "multiplexer":
        return False
    bits, word = 8 * round(float(row["bank_kib"]) * 1024), int(row["width_bits"])
    cell, way = (prices.component(name, 1)["area_um2"] for name in ("flip_flop_enable", "multiplexer"))
    if row["component"] == "sram":
        return float(row["um2_each"]) > prices.overhead * (bits * cell + max(0, bits - word) * way)
    limit = period_ns * int(row["access_cycles"])
    fast = [c for c in CELLS if prices.memory(c, bits // 8, 1, "access") <= limit]
    # The row does not say how wide a word is: at most all of the memory, without a multiplexer.
    return any(prices.overhead * bits * cell > 1e6 * prices.memory(c, bits // 8, bits, "area") for c in fast[:1])


def faults(folder, energy_files):
    """Lines about everything in the result that does not follow from the energy files."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    prices, period_ns = Prices(energy_files), 1000 / summary["architecture"]["clock_mhz"]
    found, sums = [], {}
    for number, row in enumerate(csv_lines(folder / "area.csv"), 2):
        each, overhead, cells = _expected(row, prices, period_ns)
        total = int(row["count"]) * each * overhead / 1e6
        right = [_near(float(row["um2_each"]), each), _near(float(row["overhead"]), overhead), row["cells"] == cells]
        if _small_and_dear(row, prices, period_ns):
            found.append(f"area.csv:{number}: {row['unit']}, {row['component']}: smaller as the other kind of memory")
        if not all(right) or not _near(float(row["mm2_total"]), total) or _count(row) not in (None, int(row["count"])):
            found.append(f"area.csv:{number}: {row['unit']}, {row['component']}: not {total} mm2 of {each} um2 each")
        part = "sram_mm2" if row["component"] == "sram" else "logic_mm2"
        for unit in (row["unit"], None):
            sums.setdefault(unit, {"sram_mm2": 0, "logic_mm2": 0})[part] += total
    return found + _wrong_sums(summary, sums)


def _wrong_sums(summary, sums):
    whole = sums.pop(None)
    blocks = [("all", summary["area"], whole)]
    blocks += [(unit, summary["area"]["units"].get(unit, {}), parts) for unit, parts in sums.items()]
    found = [] if sums.keys() == summary["area"]["units"].keys() else ["summary.json: other units than in area.csv"]
    for unit, block, parts in blocks:
        expected = parts | {"total_mm2": sum(parts.values())}
        if any(not _near(block.get(part, -1), value) for part, value in expected.items()):
            found.append(f"summary.json: area of {unit} is not {expected}")
    if not _near(summary["metrics"]["area_mm2"]["value"], sum(whole.values())):
        found.append("summary.json: area_mm2 is not the sum")
    return found
