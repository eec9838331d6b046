"""From finished points to the rows of summary.csv and ratios.csv."""

import json

import pandas as pd

from scripts.studies.runs import metrics, sentence_cycles, stalls

METRICS = ["sentences", "target_tokens", "cycles", "time_us", "energy_total_uj", "energy_dynamic_uj"]
METRICS += ["energy_clock_uj", "energy_leakage_uj", "average_power_mw", "macs"]
METRICS += ["mac_utilization_percent", "busy_mac_utilization_percent"]


def identity(runner, point):
    """Which point it is; source_tokens is empty when lengths differ."""
    workload = json.loads((runner.folder(point) / "summary.json").read_text())["workload"]
    return {
        "workload": point.workload,
        "vocabulary": workload["vocabulary"],
        "source_tokens": workload["sentences"].get("source_tokens", pd.NA),
        "group": point.group,
        "config": point.config,
    }


def summary(runner, points):
    """One row a point: headline metrics, then where the MAC-cycles of the array went."""
    rows = []
    for point in points:
        found = metrics(runner.folder(point))
        rows.append(
            identity(runner, point) | {name: found[name] for name in METRICS} | stalls(runner.folder(point))
        )
    return pd.DataFrame(rows).astype({"source_tokens": "Int64"})


def energy_without_leakage(row):
    return row["energy_dynamic_uj"] + row["energy_clock_uj"]


def ratios_of(runner, point, reference, rows):
    """Reference / point, above 1 when the point is better. Both ran the same sentences."""
    ours, theirs = rows.loc[(point.workload, point.config)], rows.loc[(point.workload, reference.config)]
    per_sentence = sentence_cycles(runner.folder(reference)) / sentence_cycles(runner.folder(point))
    return {
        "latency_ratio": per_sentence.mean(),
        "throughput_ratio": theirs["cycles"] / ours["cycles"],
        "energy_ratio": theirs["energy_total_uj"] / ours["energy_total_uj"],
        "energy_ratio_without_leakage": energy_without_leakage(theirs) / energy_without_leakage(ours),
        "power_ratio": theirs["average_power_mw"] / ours["average_power_mw"],
    }


def ratios(runner, points, summary_table):
    """One row a point: how many times better than the baseline."""
    rows = summary_table.set_index(["workload", "config"])
    by_name = {(p.workload, p.config): p for p in points}
    table = [
        identity(runner, p) | ratios_of(runner, p, by_name[p.workload, p.reference], rows) for p in points
    ]
    return pd.DataFrame(table).astype({"source_tokens": "Int64"})
