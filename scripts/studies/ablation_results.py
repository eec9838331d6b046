"""From the folders of the two sweeps to the rows of summary.csv and ratios.csv."""

import pandas as pd

from scripts.base import csv_cells
from scripts.plotting import tables
from scripts.studies.ablation_design import HISTOGRAM, LADDER, NO_PROJECTION, REMOVALS, group_of, reference_of

METRICS = ["sentences", "target_tokens", "cycles", "time_us", "energy_total_uj", "energy_dynamic_uj"]
METRICS += ["energy_clock_uj", "energy_leakage_uj", "average_power_mw", "macs"]
METRICS += ["mac_utilization_percent", "busy_mac_utilization_percent"]
IDENTITY = ["workload", "vocabulary", "source_tokens", "group", "config"]


def points(folder):
    """A row a point of a sweep, with its identity, its numbers and the cycles of its sentences."""
    frame = tables.read([str(folder)])
    frame = frame.rename(columns={"machine": "config", "workload.vocabulary": "vocabulary"})
    tokens = frame.get("workload.sentences.source_tokens", pd.Series(pd.NA, frame.index))
    frame["source_tokens"] = tokens.where(frame["workload"] != HISTOGRAM).astype("Int64")
    lengths = frame["workload"] + frame["source_tokens"].astype("string").fillna("")
    frame["workload"] = lengths + frame["vocabulary"].eq(0).map({True: NO_PROJECTION, False: ""})
    frame["group"] = frame["config"].map(group_of)
    files = [folder / "points" / name / "sentences.csv" for name in frame["folder"]]
    frame["sentence_cycles"] = [csv_cells.read_frame(file)["cycles"] for file in files]
    return frame


def in_order(frame):
    """With projection first; lengths before the histogram; ladder, removals, readings."""
    places = {name: place for place, name in enumerate([*LADDER, *REMOVALS])}
    keys = {
        "reading": frame["group"] == "reading",
        "projection": frame["vocabulary"] == 0,
        "length": frame["source_tokens"].astype("Int64").fillna(10**6),
        "machine": frame["config"].map(places).fillna(0),
    }
    order = pd.DataFrame(keys).sort_values(list(keys), kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def summary(frame):
    """Headline metrics, then where the MAC-cycles of the array went."""
    causes = [c for c in frame if c.endswith("_mac_cycles")]
    return frame[[*IDENTITY, *METRICS, *causes, "mac_cycles"]]


def ratios(frame):
    """How many times better each point is than its baseline on the same sentences."""
    rows = frame.set_index(["workload", "config"])
    found = [_ratios(row, rows.loc[(row["workload"], reference_of(row["config"]))]) for _, row in frame.iterrows()]
    return pd.concat([frame[IDENTITY], pd.DataFrame(found)], axis=1)


def _ratios(ours, theirs):
    return {
        "latency_ratio": (theirs["sentence_cycles"] / ours["sentence_cycles"]).mean(),
        "throughput_ratio": theirs["cycles"] / ours["cycles"],
        "energy_ratio": theirs["energy_total_uj"] / ours["energy_total_uj"],
        "energy_ratio_without_leakage": _without_leakage(theirs) / _without_leakage(ours),
        "power_ratio": theirs["average_power_mw"] / ours["average_power_mw"],
    }


def _without_leakage(row):
    return row["energy_dynamic_uj"] + row["energy_clock_uj"]
