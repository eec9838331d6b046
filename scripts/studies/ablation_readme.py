"""The tables of the study's README, from ratios.csv."""

import pandas as pd

from scripts.studies import markdown
from scripts.studies.ablation_design import FULL, HISTOGRAM, LADDER, NO_PROJECTION, READINGS, REMOVALS, WITHOUT_TILES

# J. Park et al., "OPTIMUS", MLSys 2020, abstract: against the baseline custom hardware.
PUBLISHED = {"latency": 16.01, "throughput": 19.00, "energy": 19.01}

ENERGIES = ["energy_ratio", "energy_ratio_without_leakage"]


def published_table(ratios_table):
    rows = []
    for row in full_rows(ratios_table).itertuples():
        ours = [row.latency_ratio, row.throughput_ratio, row.energy_ratio]
        shares = [value / paper for value, paper in zip(ours, PUBLISHED.values())]
        projection = "with" if row.vocabulary else "without"
        cells = [f"{v:.2f} ({s:.2f})" for v, s in zip(ours, shares)]
        rows.append([sentences_name(row), projection, *cells, f"{row.energy_ratio_without_leakage:.2f}"])
    paper = ["**Park et al., abstract**", "not stated", *(f"**{value:.2f}**" for value in PUBLISHED.values()), "–"]
    head = ["sentences", "output projection", "latency", "throughput", "energy efficiency", "without leakage"]
    return markdown.table(head, [paper, *rows])


def full_rows(ratios_table):
    """The full design: the histogram first, then lengths."""
    found = ratios_table[ratios_table["config"] == FULL]
    return found.sort_values(["source_tokens", "vocabulary"], ascending=[True, False], na_position="first")


def sentences_name(row):
    return "length histogram" if pd.isna(row.source_tokens) else f"n = T = {row.source_tokens:.0f}"


def ladder_table(ratios_table):
    """Throughput against the baseline over the histogram, and the factor of each step."""
    rows, before = [], (1.0, 1.0)
    for machine in LADDER:
        now = throughput_of(ratios_table, machine)
        cells = [f"{number:.2f}" for total, last in zip(now, before) for number in (total, total / last)]
        energies = [value_of(ratios_table, HISTOGRAM, machine, column) for column in ENERGIES]
        rows.append([machine, *cells, *(f"{energy:.2f}" for energy in energies)])
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
    columns = ["latency_ratio", "throughput_ratio", *ENERGIES]
    rows = []
    for tiles, machine in (("by cost (`auto`)", FULL), ("`largest`", WITHOUT_TILES)):
        rows.append([tiles, *(f"{value_of(ratios_table, HISTOGRAM, machine, column):.2f}" for column in columns)])
    return markdown.table(["tiles", "latency", "throughput", "energy", "energy without leakage"], rows)


def throughput_of(ratios_table, config):
    """Over the histogram, with and without the output projection."""
    names = (HISTOGRAM, HISTOGRAM + NO_PROJECTION)
    return tuple(value_of(ratios_table, workload, config, "throughput_ratio") for workload in names)


def value_of(table, workload, config, column):
    return table.set_index(["workload", "config"]).loc[(workload, config), column]


def variant_table(ratios_table):
    columns = ["latency_ratio", "throughput_ratio", *ENERGIES, "power_ratio"]
    rows = []
    cases = [("as defined", HISTOGRAM, FULL), ("no output projection", HISTOGRAM + NO_PROJECTION, FULL)]
    cases += [(name, HISTOGRAM, f"{FULL}, {name}") for name in READINGS]
    for name, workload, config in cases:
        values = (value_of(ratios_table, workload, config, column) for column in columns)
        rows.append([name, *(f"{value:.2f}" for value in values)])
    head = ["reading", "latency", "throughput", "energy", "energy without leakage", "power, baseline / full"]
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
