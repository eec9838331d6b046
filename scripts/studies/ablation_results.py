"""From the folders of the two sweeps to the rows of summary.csv and ratios.csv."""

import pandas as pd

from scripts.base import csv_cells
from scripts.plotting import tables
from scripts.studies import energies
from scripts.studies.ablation_design import HISTOGRAM, LADDER, NO_PROJECTION, REMOVALS, group_of, reference_of

METRICS = ["sentences", "target_tokens", "cycles", "time_us", *energies.METRICS, "macs"]
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
    places = {key: place for place, key in enumerate(zip(frame["workload"], frame["config"]))}
    pairs = zip(frame["workload"], frame["config"].map(reference_of))
    theirs = frame.iloc[[places[pair] for pair in pairs]].reset_index(drop=True)
    latency = [(one / other).mean() for one, other in zip(theirs["sentence_cycles"], frame["sentence_cycles"])]
    times = {"latency_ratio": latency, "throughput_ratio": theirs["cycles"] / frame["cycles"]}
    return pd.concat([frame[IDENTITY].assign(**times), energies.ratios(theirs, frame)], axis=1)
