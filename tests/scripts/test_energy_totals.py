"""Every row of energy.csv, priced again from the energy files alone: nothing of the program's own code."""

import csv
import itertools
import json
import math

import pytest

yaml = pytest.importorskip("yaml", reason="needs python3-yaml")

from lockstep_program import ROOT, lockstep, run_ok  # noqa: E402

QUANTITIES = {"sram_read": "read_pj", "sram_write": "write_pj", "sram_leakage": "leakage"}
SETTINGS = {"auto": (), "lstp_hp": ("sram_cells=lstp_hp",), "hp at 400 MHz": ("sram_cells=hp", "clock_mhz=400")}


def runs():
    names = [path.stem for path in sorted((ROOT / "arch-configs").glob("*tiny*.yaml"))]
    workloads = ("tiny", "tiny-synthetic", "tiny-luts")
    return [pair for pair in itertools.product(names, workloads) if lockstep("check", *pair).returncode == 0]


class Memories:
    """The price of a memory as the README of the energy files states it."""

    def __init__(self, path, node):
        with path.open() as file:
            self.rows = [row for row in csv.DictReader(file) if int(row["node_nm"]) == node]
        for row in self.rows:
            row["leakage"] = float(row["leakage_mw"]) + float(row["gate_leakage_mw"])

    def least(self, cells, capacity, width, quantity):
        """Over all memories at least as large and wide."""
        return min(
            float(row[quantity])
            for row in self.rows
            if row["cells"] == cells and int(row["capacity_bytes"]) >= capacity and int(row["width_bits"]) >= width
        )

    def price(self, cells, capacity, width, quantity):
        """A word wider than the widest is banks side by side, never less than fewer of them."""
        widest = max(int(row["width_bits"]) for row in self.rows)
        whole = max(round(capacity), math.ceil(width / 8))
        counts = range(1, math.ceil(width / widest) + 1)
        return max((1 if quantity == "access_ns" else n) * self.bank(cells, math.ceil(whole / n), min(width, widest), quantity) for n in counts)

    def bank(self, cells, capacity, width, quantity):
        sizes = sorted({int(row["capacity_bytes"]) for row in self.rows})
        times = max(1, capacity / sizes[-1]) if quantity == "leakage" else 1
        capacity = min(max(capacity, sizes[0]), sizes[-1])
        above = next(size for size in sizes if size >= capacity)
        below = max((size for size in sizes if size <= capacity))
        low, high = (self.least(cells, size, width, quantity) for size in (below, above))
        along = math.log(capacity / below) / math.log(above / below) if above > below else 0
        return times * math.exp(math.log(low) + along * (math.log(high) - math.log(low)))


class Tables:
    def __init__(self, architecture):
        data = yaml.safe_load((ROOT / f"arch-configs/{architecture}.yaml").read_text())
        files = [ROOT / "arch-configs" / name for name in data["energy_tables"]]
        contents = [yaml.safe_load(path.read_text()) for path in files]
        self.rows = [row for content in contents for row in content["rows"]]
        sram = next(content["sram"] for content in contents if "sram" in content)
        self.memories = Memories(files[0].parent / sram["file"], sram["node_nm"])

    def row(self, event, width):
        fitting = [row for row in self.rows if row["event"] == event and row["width_bits"] >= width]
        return min(fitting, key=lambda row: row["width_bits"])["value_pj"]


def other_price(item, tables, period_ns, choice):
    """Of a memory below 64 bytes, what it would cost as what it is not, or more: flip-flops, or the SRAM that is fast enough."""
    capacity, width = 1024 * float(item["bank_kib"]), int(item["width_bits"])
    leaks = item["part"] == "leakage"
    if item["cells"] != "flip_flops":
        return 8 * capacity * tables.row("register_leakage", 0) * period_ns if leaks else tables.row("register", width)
    limit = period_ns * int(item["access_cycles"])
    fast = [cells for cells in choice if tables.memories.price(cells, capacity, width, "access_ns") <= limit]
    if not fast:
        return math.inf
    if leaks:  # of a bank; the item's is of a bit
        return tables.memories.price(fast[0], capacity, width, "leakage") * period_ns / (8 * capacity)
    return min(tables.memories.price(fast[0], capacity, width, quantity) for quantity in ("read_pj", "write_pj"))


def price(item, tables, period_ns):
    """pJ of one event, or of one bank or bit in one cycle."""
    event, width = item["event"], int(item["width_bits"])
    if event in QUANTITIES:
        found = tables.memories.price(item["cells"], 1024 * float(item["bank_kib"]), width, QUANTITIES[event])
    else:
        found = tables.row(event, width)
    if event == "wire":
        return found * float(item["wire_mm"])
    return found * period_ns if event.endswith("_leakage") else found


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("architecture, workload", runs())
def test_every_row_is_its_count_times_the_price_of_the_energy_files(architecture, workload, setting, tmp_path):
    options = [part for text in SETTINGS[setting] for part in ("--set", text)]
    run_ok("run", architecture, workload, "-o", tmp_path / "out", *options)
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    with (tmp_path / "out/energy.csv").open() as file:
        items = list(csv.DictReader(file))
    tables, cycles = Tables(architecture), summary["metrics"]["cycles"]["value"]
    period_ns = 1000 / summary["architecture"]["clock_mhz"]
    choice = [text.split("=")[1] for text in SETTINGS[setting] if "sram_cells" in text] or ["lstp", "lstp_hp", "hp"]
    units = {}
    for item in items:
        each, count = float(item["pj_each"]), int(item["count"])
        assert each == pytest.approx(price(item, tables, period_ns), rel=1e-9), item
        assert float(item["pj_total"]) == pytest.approx(count * each, rel=1e-12), item
        if item["bank_kib"] and float(item["bank_kib"]) < 64 / 1024:
            assert each <= other_price(item, tables, period_ns, choice) * (1 + 1e-9), item
        if item["event"] == "sram_leakage":
            assert count == int(item["banks"]) * cycles, item
        if item["cells"] == "flip_flops" and item["part"] == "leakage":
            assert count == int(item["banks"]) * 8 * 1024 * float(item["bank_kib"]) * cycles, item
        parts = units.setdefault(item["unit"], dict.fromkeys(("dynamic_pj", "clock_pj", "leakage_pj"), 0.0))
        parts[f"{item['part']}_pj"] += float(item["pj_total"])
    for unit, parts in units.items():
        for name, total in parts.items():
            assert summary["energy"]["units"][unit][name] == pytest.approx(total, rel=1e-9, abs=1e-12), (unit, name)
    total = sum(sum(parts.values()) for parts in units.values())
    assert summary["energy"]["total_pj"] == pytest.approx(total, rel=1e-9)
    assert summary["metrics"]["energy_total_uj"]["value"] == pytest.approx(total / 1e6, rel=1e-9)


def test_bands_reach_from_the_least_leaking_cells_to_the_fastest(tmp_path):
    """Each end of a band is what a run with those cells says, and the choice of cells does not move it."""
    found, bands = {}, []
    for cells in ("auto", "lstp", "lstp_hp", "hp"):
        run_ok("run", "optimus-tiny", "tiny", "-o", tmp_path / cells, "--set", f"sram_cells={cells}")
        summary = json.loads((tmp_path / cells / "summary.json").read_text())
        found[cells] = {name: metric["value"] for name, metric in summary["metrics"].items()}
        bands.append(summary["bands"])
    assert bands[0] == bands[1] == bands[2] == bands[3]
    for name in ("energy_total_uj", "energy_dynamic_uj", "energy_leakage_uj", "average_power_mw"):
        values = [found[cells][name] for cells in ("lstp", "lstp_hp", "hp")]
        assert bands[0][name] == {"low": min(values), "high": max(values)}
    assert found["auto"] == found["lstp"]
