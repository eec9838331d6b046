"""The tables of the study's README, from its CSV files."""

import pandas as pd

from scripts.base import bands
from scripts.studies import energies, markdown
from scripts.studies.poetbin_activity import TEST_ORDER
from scripts.studies.poetbin_energy import COMPUTING, READING
from scripts.studies.poetbin_machines import RATIOS

# Measured by simulating and simplifying the netlist in the authors' repository, MNIST (github.com/onsabbatical/PoET-BiN).
NETLIST_RATES = {"trees": 0.413, "mat1": 0.297, "mat2": 0.220, "scores": 0.189}


def accuracy_table(stages):
    programs = list(stages["program"].unique())
    rows = []
    for stage, found in stages.groupby("stage", sort=False):
        by_program = found.set_index("program")
        cells = [cell for name in programs for cell in _stage_cells(by_program.loc[name])]
        rows.append([stage, *cells])
    head = [f"{name}: {column}" for name in programs for column in ("test accuracy, %", "CPU, s", "clock, s")]
    return markdown.table(["stage", *head], rows)


def _stage_cells(row):
    seconds = ["" if pd.isna(row[c]) else f"{row[c]:.0f}" for c in ("cpu_seconds", "wall_seconds")]
    return [f"{row['test_accuracy_percent']:.2f}", *seconds]


def luts_table(luts, machines):
    simplified = machines.groupby("program")["program_lut6_simplified"].first()
    rows = []
    for name, levels in luts.groupby("program", sort=False):
        counts = " + ".join(map(str, levels["luts"]))
        sums = levels[["luts", "lut6", "lut6_without_constant_pins"]].sum()
        rows.append([name, counts, *sums, simplified[name]])
    columns = ["tables by level", "tables", "LUT6", "LUT6 without constant pins", "LUT6, simplified"]
    return markdown.table(["program", *columns], rows)


def activity_table(toggles):
    rows = []
    for (name, stimulus), levels in toggles.groupby(["program", "stimulus"], sort=False):
        rates = [f"{rate:.3f}" for rate in levels["toggle_rate"]]
        sums = [f"{levels[c].sum():.0f}" for c in ("output_toggles", "pin_toggles", "inner_toggles")]
        inputs = f"{levels['input_toggles'].iloc[0]:.0f}"
        rows.append([name, stimulus, inputs, *rates, *sums])
    levels = list(toggles["level"].unique())
    head = ["program", "stimulus", "features", *levels, "outputs", "pins", "LUT6 outputs"]
    return markdown.table(head, rows)


def netlist_table(toggles):
    """Rates of the first inputs in order, beside those of the authors' netlist."""
    ours = toggles[toggles["stimulus"] == TEST_ORDER]
    rows = [["authors' MNIST netlist, 100 test vectors", *(f"{rate:.3f}" for rate in NETLIST_RATES.values())]]
    for name, levels in ours.groupby("program", sort=False):
        by_level = levels.set_index("level")["toggle_rate"]
        rows.append([name, *(f"{by_level[level]:.3f}" for level in NETLIST_RATES)])
    return markdown.table(["program", *NETLIST_RATES], rows)


def energy_table(joules):
    rows = []
    for (name, classifier), found in joules.groupby(["program", "classifier"], sort=False):
        by_count = found.set_index("counted")
        cells = [_energy_cells(by_count.loc[c]) if c in by_count.index else [""] * 3 for c in (COMPUTING, READING)]
        rows.append([name, classifier, *cells[0], *cells[1]])
    over = ["over the tables", "and their leakage"]
    return markdown.table(["program", "classifier", "computing, nJ", *over, "with weights read, nJ", *over], rows)


def _energy_cells(row):
    ratios = [energies.text(row, name, ".3g") for name in ("times_the_tables", "times_the_tables_with_leakage")]
    return [_nj(row, "total_pj", ".4g"), *ratios]


def _nj(row, name, form=".3g"):
    return bands.text([row[column] / 1000 for column in bands.columns(name)], form)


def machines_table(machines):
    rows = []
    for _, row in machines.iterrows():
        cycles = [f"{row['initiation_interval_cycles']:.4g}", row["latency_cycles"], row["configuration_cycles"]]
        energy = [_nj(row, f"{part}_pj_per_sample") for part in ("dynamic", "clock", "leakage", "total")]
        ratios = [energies.text(row, name, ".3g") for name in RATIOS]
        rows.append([row["program"], row["machine"], row["physical_luts"], *cycles, *energy, *ratios])
    columns = ["tables in hardware", "clocks an inference", "latency, clocks", "configuration, clocks"]
    columns += ["dynamic, nJ", "clock, nJ", "leakage, nJ", "total, nJ", "total over spatial", "– without leakage"]
    return markdown.table(["program", "machine", *columns], rows)


def fill(readme, found):
    tables = {
        "accuracy": accuracy_table(found["accuracy"]),
        "luts": luts_table(found["tables"], found["machines"]),
        "activity": activity_table(found["toggles"]),
        "netlist": netlist_table(found["toggles"]),
        "machines": machines_table(found["machines"]),
        "energy": energy_table(found["joules"]),
    }
    markdown.fill(readme, tables)
