"""The tables of the study's README, from ratios.csv."""

import pandas as pd

from scripts.studies import energies, markdown
from scripts.studies.ablation_design import FULL, HISTOGRAM, LADDER, NO_PROJECTION, READINGS, REMOVALS, WITHOUT_TILES

# J. Park et al., "OPTIMUS", MLSys 2020, abstract: against the baseline custom hardware.
PUBLISHED = {"latency": 16.01, "throughput": 19.00, "energy": 19.01}

ENERGIES = ["energy_ratio", "energy_ratio_without_leakage"]
POWERS = ["power_ratio", "power_ratio_without_leakage"]


def published_table(ratios_table):
    rows = []
    for _, row in full_rows(ratios_table).iterrows():
        ours = [row["latency_ratio"], row["throughput_ratio"], row["energy_ratio"]]
        shares = [f"{value / paper:.2f}" for value, paper in zip(ours, PUBLISHED.values())]
        projection = "with" if row["vocabulary"] else "without"
        cells = [f"{value:.2f}" for value in ours[:2]] + [energies.text(row, name) for name in ENERGIES]
        rows.append([sentences_name(row), projection, *cells, " / ".join(shares)])
    paper = ["**Park et al., abstract**", "not stated", *(f"**{value:.2f}**" for value in PUBLISHED.values()), "–", "1"]
    head = ["sentences", "output projection", "latency", "throughput", "energy efficiency", "without leakage", "ours / published"]
    return markdown.table(head, [paper, *rows])


def full_rows(ratios_table):
    """The full design: the histogram first, then lengths."""
    found = ratios_table[ratios_table["config"] == FULL]
    return found.sort_values(["source_tokens", "vocabulary"], ascending=[True, False], na_position="first")


def sentences_name(row):
    return "length histogram" if pd.isna(row["source_tokens"]) else f"n = T = {row['source_tokens']:.0f}"


def ladder_table(ratios_table):
    """Throughput against the baseline over the histogram, and the factor of each step."""
    rows, before = [], (1.0, 1.0)
    for machine in LADDER:
        now = throughput_of(ratios_table, machine)
        cells = [f"{number:.2f}" for total, last in zip(now, before) for number in (total, total / last)]
        row = row_of(ratios_table, HISTOGRAM, machine)
        rows.append([machine, *cells, *(energies.text(row, name) for name in ENERGIES)])
        before = now
    head = ["step", "with projection", "factor", "without projection", "factor"]
    head += ["energy, with projection", "without leakage"]
    return markdown.table(head, rows)


def removal_table(ratios_table):
    """How many times slower the full design is without one feature."""
    full = throughput_of(ratios_table, FULL)
    rows = []
    for machine in REMOVALS:
        now = throughput_of(ratios_table, machine)
        slower = [f"{best / value:.2f}" for best, value in zip(full, now)]
        rows.append([machine, *slower])
    return markdown.table(["full design", "times slower, with projection", "without projection"], rows)


def tile_table(ratios_table):
    """The full design with its tiles by cost and with the largest, over the histogram, against the baseline."""
    rows = []
    for tiles, machine in (("by cost (`auto`)", FULL), ("`largest`", WITHOUT_TILES)):
        rows.append([tiles, *_cells(row_of(ratios_table, HISTOGRAM, machine), ENERGIES)])
    return markdown.table(["tiles", "latency", "throughput", "energy", "energy without leakage"], rows)


def throughput_of(ratios_table, config):
    """Over the histogram, with and without the output projection."""
    names = (HISTOGRAM, HISTOGRAM + NO_PROJECTION)
    return tuple(value_of(ratios_table, workload, config, "throughput_ratio") for workload in names)


def value_of(table, workload, config, column):
    return row_of(table, workload, config)[column]


def row_of(table, workload, config):
    return table.set_index(["workload", "config"]).loc[(workload, config)]


def _cells(row, names):
    """Times, then the ratios `names` with their bands."""
    times = [f"{row[name]:.2f}" for name in ("latency_ratio", "throughput_ratio")]
    return times + [energies.text(row, name) for name in names]


def variant_table(ratios_table):
    rows = []
    cases = [("as defined", HISTOGRAM, FULL), ("no output projection", HISTOGRAM + NO_PROJECTION, FULL)]
    cases += [(name, HISTOGRAM, f"{FULL}, {name}") for name in READINGS]
    for name, workload, config in cases:
        rows.append([name, *_cells(row_of(ratios_table, workload, config), [*ENERGIES, *POWERS])])
    head = ["reading", "latency", "throughput", "energy", "energy without leakage"]
    head += ["power, baseline / full", "power without leakage"]
    return markdown.table(head, rows)


def fill(readme, ratios_table):
    """Puts the tables into their places in a README; without one it writes them alone."""
    tables = {
        "published": published_table(ratios_table),
        "ladder": ladder_table(ratios_table),
        "removals": removal_table(ratios_table),
        "tiles": tile_table(ratios_table),
        "variants": variant_table(ratios_table),
    }
    markdown.fill(readme, tables)
