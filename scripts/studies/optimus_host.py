"""OPTIMUS against its baseline hardware and against this computer, on the same sentences.

    /usr/bin/python3 -m scripts.studies.optimus_host [-o FOLDER] [--lockstep PROGRAM] [-j JOBS] [--measure] [--watts W]

Simulates scripts/sweeps/optimus-host.yaml, times PyTorch on this computer (scripts/studies/host_cpu.py; kept in
FOLDER/host.csv until the computer is another one or --measure is given), and writes latency.csv (a row a sentence),
ratios.csv (ratios beside the published ones) and the figures. Without PyTorch only the hardware is compared.
"""

import importlib.util
from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.plotting import gallery
from scripts.studies import host_cpu, sweep_study
from scripts.sweeping.program import add_options

STUDY = "optimus-host"
METRICS = ["latency", "throughput", "energy efficiency"]
# J. Park et al., "OPTIMUS", MLSys 2020, abstract: OPTIMUS against each.
PUBLISHED = {"baseline": (16.01, 19.00, 19.01), "Intel i7-6900K": (41.62, 43.35, 2393.85)}


def host_times(run, arguments):
    """host.csv of this computer for the sentences of `run`, or None without PyTorch."""
    path = arguments.out / "host.csv"
    if path.exists() and not arguments.measure and _is_current(csv_cells.read_frame(path), run):
        terminal.progress(f"{path}: measured before on this computer")
    elif importlib.util.find_spec("torch"):
        watts = ["--watts", str(arguments.watts)] if arguments.watts else []
        host_cpu.main([str(run), "-o", str(path), *watts])
    else:
        terminal.say("no PyTorch: this computer is not timed; install python3-torch libopenblas0-pthread")
        return None
    return csv_cells.read_frame(path)


def _is_current(host, run):
    lengths = ["source_tokens", "target_tokens"]
    return set(host["device"]) == {host_cpu.device()} and host[lengths].equals(sentences_of(run)[lengths])


def sentences_of(run):
    return csv_cells.read_frame(run / "sentences.csv")


def latencies(runs, sweep, host):
    """A row a sentence: milliseconds of each machine."""
    full = sentences_of(runs["OPTIMUS"])
    table = full[["source_tokens", "target_tokens"]].copy()
    for name, folder in runs.items():
        cycles_per_ms = sweep.loc[name, "cycles"] / sweep.loc[name, "time_us"] * 1e3
        table[f"{name.lower()}_ms"] = sentences_of(folder)["cycles"] / cycles_per_ms
    if host is not None:
        table["host_ms"] = 1e3 * host["seconds"]
    return table


def comparison(table, sweep, host):
    """A row a metric and rival: how many times better OPTIMUS is; energy of the host only where it was measured."""
    joules = sweep["energy_total_uj"] / 1e6
    ours, theirs = table["optimus_ms"], table["baseline_ms"]
    rows = _rows("baseline hardware, simulated", theirs, ours, joules["baseline"], joules["OPTIMUS"])
    rows += _published("baseline hardware, published", PUBLISHED["baseline"])
    if host is not None:
        measured = host["joules"].sum(min_count=1)
        rows += _rows("this computer, measured", table["host_ms"], ours, measured, joules["OPTIMUS"])
        rows += _published("Intel i7-6900K, published", PUBLISHED["Intel i7-6900K"])
    return pd.DataFrame(rows).dropna()


def _rows(label, theirs, ours, their_joules, our_joules):
    """Latency: mean over sentences of the ratios; throughput and energy: ratios of totals."""
    ratios = ((theirs / ours).mean(), theirs.sum() / ours.sum(), their_joules / our_joules)
    return [{"against": label, "metric": metric, "ratio": ratio} for metric, ratio in zip(METRICS, ratios)]


def _published(label, ratios):
    return [{"against": label, "metric": metric, "ratio": ratio} for metric, ratio in zip(METRICS, ratios)]


def main(words=None):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("results") / STUDY, metavar="FOLDER")
    parser.add_argument("--measure", action="store_true", help="time this computer again")
    parser.add_argument("--watts", type=float, help="power of this computer while it translates, as you measured it")
    add_options(parser)
    arguments = parser.parse_args(words)
    out = arguments.out
    found = sweep_study.run(sweep_study.SWEEPS / f"{STUDY}.yaml", out / "raw", arguments)
    runs = {row.machine: out / "raw/points" / row.folder for row in found.itertuples()}
    sweep_study.write(found, out)
    sweep = csv_cells.read_frame(out / "summary.csv").set_index("machine")
    host = host_times(runs["OPTIMUS"], arguments)
    table = latencies(runs, sweep, host)
    csv_cells.write_frame(table, out / "latency.csv", float_format="%.6g")
    csv_cells.write_frame(comparison(table, sweep, host), out / "ratios.csv", float_format="%.6g")
    gallery.draw(STUDY, out)


if __name__ == "__main__":
    terminal.run("optimus_host", main)
