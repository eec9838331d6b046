"""The page of the paper: published values beside ours, from the tables of the other OPTIMUS studies.

    /usr/bin/python3 -m scripts.studies.optimus_page [-o FOLDER]

Reads optimus-ablation/, optimus-utilization/ and optimus-host/ beside FOLDER and fills the tables of FOLDER/README.md.
"""

from pathlib import Path

from scripts.base import csv_cells, terminal
from scripts.studies import markdown
from scripts.studies.ablation_design import BASELINE, FULL, HISTOGRAM, REMOVALS
from scripts.studies.ablation_readme import throughput_of, value_of
from scripts.studies.optimus_host import METRICS
from scripts.sweeping.program import ROOT

ASSUMPTIONS = ROOT / "sim/accelerators/optimus/README.md"
HARDWARE, CPU = "baseline hardware", "CPU (paper: Intel i7-6900K, ours: this computer)"
# The paper's computers: rated power (Intel and NVIDIA data sheets), and energy over throughput ratios of its abstract.
RATED = {"Intel i7-6900K": (140, 2393.85 / 43.35), "NVIDIA Titan Xp": (250, 1464 / 25.45)}
COMPUTER = "this computer, measured"  # in ratios.csv
GPU = ("24.23", "25.45", "1464")  # as PUBLISHED of optimus_host
WHY = {
    HARDWARE: "the paper's sizes, lengths, pruning and baseline are not known; readings in optimus-ablation give {}",
    CPU: "another computer and other software: see below",
}


def compared_table(host, ablation):
    """Paper, ours, ratio, why: the nine numbers of the abstract."""
    rows = [_row(HARDWARE, *numbers, ablation) for numbers in _against_baseline(ablation, host)]
    without = value_of(ablation, HISTOGRAM, FULL, "energy_ratio_without_leakage")
    rows += [[HARDWARE, "– without leakage", "–", f"{without:.2f}", "–", "the paper's share of leakage is not known"]]
    found = host.set_index(["against", "metric"])["ratio"]
    for metric in METRICS:
        published = found.get(("Intel i7-6900K, published", metric))
        if published is not None:
            rows.append(_row(CPU, metric, published, found.get((COMPUTER, metric)), ablation))
    rows += [["NVIDIA Titan Xp", metric, paper, "–", "–", "no GPU here"] for metric, paper in zip(METRICS, GPU)]
    return markdown.table(["against", "metric", "paper", "ours", "ours / paper", "why they differ"], rows)


def _against_baseline(ablation, host):
    found = host[host["against"] == "baseline hardware, published"].set_index("metric")["ratio"]
    ours = (value_of(ablation, HISTOGRAM, FULL, f"{name}_ratio") for name in ("latency", "throughput", "energy"))
    return [(metric, found[metric], value) for metric, value in zip(METRICS, ours)]


def _row(against, metric, paper, ours, ablation):
    if ours is None:
        return [against, metric, f"{paper:.2f}", "not measured", "–", "RAPL is not readable; no power is assumed"]
    readings = spread(ablation, metric) if against == HARDWARE else ""
    return [against, metric, f"{paper:.2f}", f"{ours:.2f}", f"{ours / paper:.2f}", WHY[against].format(readings)]


def spread(ablation, metric):
    """Smallest and largest ratio of the variants over the histogram."""
    column = {"latency": "latency_ratio", "throughput": "throughput_ratio"}.get(metric, "energy_ratio")
    full = ablation[ablation["config"].str.startswith(FULL)]
    over = full[full["workload"].str.startswith(HISTOGRAM)][column]
    return f"{over.min():.1f} to {over.max():.1f}"


def claims_table(ablation, utilization):
    """What the abstract claims in words, and the number here that bears on it."""
    at = utilization[utilization["optimus.input_window.load_width_elements_per_cycle"] == 16]
    at = at.set_index(["machine", "optimus.mac_array.macs"])["mac_utilization_percent"]
    formats = ", ".join(f"{name} {at[name, 1024]:.0f} %" for name in ("CSC", "RCSC", "SA-RCSC, 8 ways"))
    slower = {name: throughput_of(ablation, FULL)[0] / throughput_of(ablation, name)[0] for name in REMOVALS}
    power = value_of(ablation, HISTOGRAM, FULL, "power_ratio")
    rows = [
        ["high utilization with many MACs, by SA-RCSC", f"1,024 MACs, whole sentences: {formats}"],
        ["redundant work of decoding is skipped", f"without it {slower['without skipping']:.2f} times the cycles"],
        ["load cycles match compute cycles", f"without it {slower['without matching']:.2f} times the cycles"],
        ["power of OPTIMUS and of the baseline (19.01 / 19.00, inferred: 1.00)", f"{BASELINE} / full: {power:.2f}"],
    ]
    return markdown.table(["claim of the abstract", "here"], rows)


def power_table(points):
    """Power of the full design beside what the paper's ratios leave it, if its computers drew their rated power."""
    full = points[(points["config"] == FULL) & (points["workload"] == HISTOGRAM)].iloc[0]
    power = full["average_power_mw"] / 1000
    leakage = 100 * full["energy_leakage_uj"] / full["energy_total_uj"]
    rows = [[f"at most, from the {name} at {watts} W", f"{watts / ratio:.2f}"] for name, (watts, ratio) in RATED.items()]
    rows += [["OPTIMUS, simulated", f"{power:.2f}, of which {leakage:.1f} % leakage"]]
    return markdown.table(["power", "W"], rows)


def host_table(host, latency):
    """Computer, software and mean latencies."""
    first = host.iloc[0]
    how = f"{first['device']}, {first['framework']}, {first['threads']} thread, {first['precision']}"
    means = {name: latency[f"{name}_ms"].mean() for name in ("optimus", "baseline", "host")}
    rows = [["OPTIMUS, 1,024 MACs at 200 MHz, simulated", f"{means['optimus']:.2f}", f"{1e3 / means['optimus']:.1f}"]]
    rows += [["baseline hardware, simulated", f"{means['baseline']:.2f}", f"{1e3 / means['baseline']:.1f}"]]
    rows += [[f"{how}, batch {first['batch']}; {first['clock']}", f"{means['host']:.0f}", f"{1e3 / means['host']:.2f}"]]
    return markdown.table(["machine", "mean latency (ms)", "sentences/s"], rows)


def assumptions_table():
    """As the machine's own page has it."""
    section = ASSUMPTIONS.read_text().split("## What the paper leaves open\n\n")[1]
    return section.split("\n\n")[0]


def main(words=None):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("results/optimus"), metavar="FOLDER")
    out = parser.parse_args(words).out
    read = lambda path: csv_cells.read_frame(out.parent / path)
    ablation, host = read("optimus-ablation/ratios.csv"), read("optimus-host/ratios.csv")
    tables = {
        "compared": compared_table(host, ablation),
        "claims": claims_table(ablation, read("optimus-utilization/summary.csv")),
        "power": power_table(read("optimus-ablation/summary.csv")),
        "assumptions": assumptions_table(),
    }
    if (out.parent / "optimus-host/host.csv").exists():
        tables["host"] = host_table(read("optimus-host/host.csv"), read("optimus-host/latency.csv"))
    out.mkdir(parents=True, exist_ok=True)
    markdown.fill(out / "README.md", tables)


if __name__ == "__main__":
    terminal.run("optimus_page", main)
