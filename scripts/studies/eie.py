"""EIE on the array of OPTIMUS beside what its paper measured: times, queues, PEs, power, width of words, area.

    /usr/bin/python3 -m scripts.studies.eie [-o FOLDER] [--lockstep PROGRAM] [-j JOBS]

Runs scripts/sweeps/eie-*.yaml, each in FOLDER/raw/NAME/, and writes runs.csv (a row a density, seed and layer), times.csv,
queue.csv, pes.csv, power.csv, width.csv, area.csv, the figures and the tables of FOLDER/README.md. Published numbers:
eie-published.yaml.
"""

from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.plotting import gallery
from scripts.studies import eie_layers, eie_power, eie_readme, sweep_study
from scripts.studies.eie_layers import MHZ, PES
from scripts.sweeping.program import add_options
from scripts.sweeping.strict_yaml import load

STUDY = "eie"
PUBLISHED = Path(__file__).with_name("eie-published.yaml")
PRINTED, INFERRED = "printed densities", "inferred densities"


def published(block):
    """A list of eie-published.yaml as a table."""
    return pd.DataFrame([dict(row) for row in load(PUBLISHED)[block]])


def microseconds(cycles):
    return cycles / MHZ


def runs(found, points):
    table = eie_layers.of_sweep(found, points, {"workload": "densities", "workload.seed": "seed"})
    return shares(eie_layers.with_padding(table))


def shares(table):
    balance, weights = eie_layers.load_balance_percent(table), eie_layers.weight_cycles_percent(table)
    return table.assign(load_balance_percent=balance, weight_cycles_percent=weights)


def times(table):
    """A row a density and layer: ours over the seeds, beside the published times."""
    mean = table.groupby(["densities", "layer"], sort=False).mean(numeric_only=True).reset_index()
    cycles = table.groupby(["densities", "layer"], sort=False)["cycles"]
    ends = {f"time_us_{end}": microseconds(series.to_numpy()) for end, series in (("low", cycles.min()), ("high", cycles.max()))}
    found = mean[["densities", "layer", "kept_percent"]].assign(
        theoretical_us=microseconds((mean["macs"] + mean["padding"]) / PES),
        time_us=microseconds(mean["cycles"]),
        **ends,
        padding_percent=eie_layers.padding_percent(mean),
        empty_percent=100 * mean["empty"] / mean["entries"],
        load_balance_percent=mean["load_balance_percent"],
        weight_cycles_percent=mean["weight_cycles_percent"],
        overhead_cycles=mean["overhead"] / PES,
    )
    theirs = published("layers").rename(columns={"theoretical_us": "published_theoretical_us", "actual_us": "published_us"})
    found = found.merge(theirs, on="layer", how="left", validate="many_to_one")
    return found.assign(difference_percent=100 * (found["time_us"] / found["published_us"] - 1))


def queue(found, points):
    table = eie_layers.of_sweep(found, points, {"optimus.input_window.columns": "queue_depth"})
    table = shares(eie_layers.with_padding(table)).assign(time_us=microseconds(table["cycles"]))
    return table[["queue_depth", "layer", "load_balance_percent", "weight_cycles_percent", "time_us"]]


def pes(found, points):
    settings = {"machine": "registers", "optimus.mac_array.macs": "pes", "optimus.mac_array.accumulators_per_mac": "size"}
    table = eie_layers.of_sweep(found, points, settings)
    parts = [eie_layers.with_padding(rows, *sizes) for sizes, rows in table.groupby(["pes", "size"], sort=False)]
    table = shares(pd.concat(parts).sort_index())
    one = table[table["pes"] == 1].set_index(["registers", "layer"])["cycles"]
    alone = one.loc[list(zip(table["registers"], table["layer"]))].to_numpy()
    speedups = table.assign(speedup=alone / table["cycles"], padding_percent=eie_layers.padding_percent(table))
    shown = ["speedup", "padding_percent", "load_balance_percent", "weight_cycles_percent"]
    return speedups[["registers", "pes", "layer", "cycles", *shown]]


def width(found, points):
    settings = {"sram_cells": "sram_cells", "optimus.memories.weight_entries_per_fetch": "entries_per_read"}
    return eie_power.widths(found, points, eie_layers.with_padding(eie_layers.of_sweep(found, points, settings)))


TABLES = {  # sweep -> file -> what makes it
    "eie-times": {"runs": runs},
    "eie-queue": {"queue": queue},
    "eie-pes": {"pes": pes},
    "eie-power": {"power": eie_power.powers, "area": eie_power.areas},
    "eie-width": {"width": width},
}


def simulated(name, arguments, folder):
    """The tables of one sweep, by file."""
    found = sweep_study.run(sweep_study.SWEEPS / f"{name}.yaml", folder, arguments)
    return {file: make(found, folder / "points") for file, make in TABLES[name].items()}


def derived(out):
    """Writes what follows from the tables of the sweeps, and the page; all of it from the files, so that these make it again."""
    read = lambda name: csv_cells.read_frame(out / f"{name}.csv", float_precision="round_trip")
    tables = {file: read(file) for files in TABLES.values() for file in files}
    for name, make in (("times", lambda: times(tables["runs"])), ("compared", lambda: compared(tables))):
        write(make(), out, name)
        tables[name] = read(name)
    eie_readme.fill(out / "README.md", tables, load(PUBLISHED))


def write(table, out, name):
    csv_cells.write_frame(table, out / f"{name}.csv", float_format="%.6g")


def compared(tables):
    """What figures show beside each other: a row a quantity, layer or part, and kind; times with their ends over the seeds."""
    layers, parts, ours = published("layers"), published("parts"), tables["times"][tables["times"]["densities"] == PRINTED]
    names = {"layer": "name", "time_us": "value", "time_us_low": "value_low", "time_us_high": "value_high"}
    kinds = [
        _compared("time_us", "published, theoretical", layers["layer"], layers["theoretical_us"]),
        _compared("time_us", "simulated, theoretical", ours["layer"], ours["theoretical_us"]),
        _compared("time_us", "published, actual", layers["layer"], layers["actual_us"]),
        ours[list(names)].rename(columns=names).assign(quantity="time_us", kind="simulated, actual"),
    ]
    power = tables["power"][tables["power"]["layer"] == eie_power.ALL]
    for quantity, column, table in (("power_mw", "switching_mw", power), ("area_um2", "area_um2", tables["area"])):
        kinds.append(_compared(quantity, "published", parts["part"], parts[quantity]))
        for cells, rows in table.groupby("sram_cells", sort=False):
            rows = rows[rows["part"] != eie_power.OTHERS]
            kinds.append(_compared(quantity, f"simulated, {cells} cells", rows["part"], rows[column]))
    return pd.concat(kinds)[["quantity", "name", "kind", "value", "value_low", "value_high"]]


def _compared(quantity, kind, names, values):
    return pd.DataFrame({"quantity": quantity, "kind": kind, "name": names, "value": values})


def main(words=None):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("results") / STUDY, metavar="FOLDER")
    add_options(parser)
    arguments = parser.parse_args(words)
    out = arguments.out
    for sweep in TABLES:
        for name, table in simulated(sweep, arguments, out / "raw" / sweep).items():
            write(table, out, name)
    derived(out)
    gallery.draw(STUDY, out)


if __name__ == "__main__":
    terminal.run("eie", main)
