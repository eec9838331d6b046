"""The page of the paper: published values beside ours, from the tables of the other OPTIMUS studies.

    /usr/bin/python3 -m scripts.studies.optimus_page [-o FOLDER]

Reads optimus-ablation/, optimus-utilization/, optimus-host/ and optimus-translation/ beside FOLDER and fills the tables of FOLDER/README.md.
"""

import math
from pathlib import Path

import pandas as pd

from scripts.base import bands, csv_cells, terminal
from scripts.studies import energies, markdown, optimus_translation
from scripts.studies.ablation_design import BASELINE, FULL, HISTOGRAM, REMOVALS
from scripts.studies.ablation_readme import POWERS, row_of, throughput_of
from scripts.studies.optimus_host import MEASURED, METRICS, OPTIMUS, PUBLISHED, ROOFLINE, host_name
from scripts.sweeping.program import ROOT

ASSUMPTIONS = ROOT / "sim/accelerators/optimus/README.md"
NEAR = 0.1  # a ratio within a tenth of the paper's meets it
HARDWARE, PAPERS_CPU = "baseline hardware", "Intel i7-6900K"
# The paper's computers: rated power (Intel and NVIDIA data sheets), and energy over throughput ratios of its abstract.
RATED = {"Intel i7-6900K": (140, 2393.85 / 43.35), "NVIDIA Titan Xp": (250, 1464 / 25.45)}
GPU = ("24.23", "25.45", "1464")  # as PUBLISHED of optimus_host
WHY = {
    HARDWARE: "the paper's sizes, lengths, pruning and baseline are not known; readings in optimus-ablation give {}",
    MEASURED: "another computer and other software: see below",
    ROOFLINE: "the least time that the paper's CPU can take: see below",
}


def compared_table(host, ablation):
    """Paper, ours, ratio, why: the nine numbers of the abstract, and what stands beside them."""
    head = ["against", "metric", "paper", "ours", "ours / paper", "why they differ"]
    return markdown.table(head, _compared_rows(host, ablation))


def _compared_rows(host, ablation):
    full = row_of(ablation, HISTOGRAM, FULL)
    rows = []
    for metric, paper, name in zip(METRICS, PUBLISHED[HARDWARE], ("latency_ratio", "throughput_ratio", "energy_ratio")):
        ours = energies.text(full, name) if name == "energy_ratio" else f"{full[name]:.2f}"
        rows.append(_row(HARDWARE, metric, paper, ours, full[name], WHY[HARDWARE].format(_readings(ablation, name))))
    without = energies.text(full, "energy_ratio_without_leakage")
    rows += [[HARDWARE, "– without leakage", "–", without, "–", "the paper's share of leakage is not known"]]
    for kind in (MEASURED, ROOFLINE):
        rows += _against_cpu(host[host["kind"] == kind], kind)
    rows += [["NVIDIA Titan Xp", metric, paper, "–", "–", "no GPU here"] for metric, paper in zip(METRICS, GPU)]
    return rows


def farthest_table(host, ablation):
    """The numbers of the abstract for which there is one of ours, what is farthest off first."""
    rows = []
    for against, metric, paper, ours, ratio, _ in _compared_rows(host, ablation):
        if ratio != "–":
            rows.append([against, metric, paper, ours, float(ratio)])
        elif paper == "–":
            rows[-1][3] += f"; {metric.removeprefix('– ')} {ours}"
    rows.sort(key=lambda row: -abs(math.log(row[-1])))
    met = lambda ratio: "met" if abs(ratio - 1) < NEAR else "missed"
    return markdown.table(
        ["against", "metric", "paper", "ours", "ours / paper", ""], [[*row[:4], f"{row[4]:.2f}", met(row[4])] for row in rows]
    )


def _against_cpu(found, kind):
    """Rows beside those of the paper's CPU: of a measured computer, or of that CPU's roofline."""
    if found.empty:
        return []
    against, rows = f"CPU (paper: {PAPERS_CPU}; ours: {found['against'].iloc[0]})", []
    for metric, paper in zip(METRICS, PUBLISHED[PAPERS_CPU]):
        ours = found[found["metric"] == metric]
        if not ours.empty:
            ratio = ours.iloc[0]
            rows.append(_row(against, metric, paper, energies.text(ratio, "ratio"), ratio["ratio"], WHY[kind]))
        elif kind == MEASURED:
            reason = "RAPL is not readable; no power is assumed"
            rows.append([against, metric, f"{paper:.2f}", "not measured", "–", reason])
    return rows


def _row(against, metric, paper, text, ours, why):
    return [against, metric, f"{paper:.2f}", text, f"{ours / paper:.2f}", why]


def _readings(ablation, name):
    without = f"{name}_without_leakage"
    return spread(ablation, name) + (f", without leakage {spread(ablation, without)}" if without in ablation else "")


def spread(ablation, column):
    """Smallest and largest ratio of the variants over the histogram."""
    full = ablation[ablation["config"].str.startswith(FULL)]
    over = full[full["workload"].str.startswith(HISTOGRAM)][column]
    return f"{over.min():.1f} to {over.max():.1f}"


def claims_table(ablation, utilization):
    """What the abstract claims in words, and the number here that bears on it."""
    at = utilization[utilization["optimus.input_window.load_width_elements_per_cycle"] == 16]
    at = at.set_index(["machine", "optimus.mac_array.macs"])["mac_utilization_percent"]
    formats = ", ".join(f"{name} {at[name, 1024]:.0f} %" for name in ("CSC", "RCSC", "SA-RCSC, 8 ways"))
    slower = {name: throughput_of(ablation, FULL)[0] / throughput_of(ablation, name)[0] for name in REMOVALS}
    power, without = (energies.text(row_of(ablation, HISTOGRAM, FULL), name) for name in POWERS)
    rows = [
        ["high utilization with many MACs, by SA-RCSC", f"1,024 MACs, whole sentences: {formats}"],
        ["redundant work of decoding is skipped", f"without it {slower['without skipping']:.2f} times the cycles"],
        ["load cycles match compute cycles", f"without it {slower['without matching']:.2f} times the cycles"],
        [
            "power of OPTIMUS and of the baseline (19.01 / 19.00, inferred: 1.00)",
            f"{BASELINE} / full: {power}; without leakage {without}",
        ],
    ]
    return markdown.table(["claim of the abstract", "here"], rows)


def power_table(points):
    """Power of the full design beside what the paper's ratios leave it, if its computers drew their rated power."""
    full = points[(points["config"] == FULL) & (points["workload"] == HISTOGRAM)]
    values = {
        "OPTIMUS, simulated": lambda frame: frame["average_power_mw"] / 1000,
        "– without leakage": lambda frame: energies.without_leakage(frame) / frame["time_us"],
        "– share of leakage, %": lambda frame: 100 * frame["energy_leakage_uj"] / frame["energy_total_uj"],
    }
    rows = [[f"at most, from the {name} at {watts} W", f"{watts / ratio:.2f}"] for name, (watts, ratio) in RATED.items()]
    rows += [[name, bands.text([column.iloc[0] for column in bands.of(value, full)])] for name, value in values.items()]
    return markdown.table(["power", "W"], rows)


def host_table(host, latency):
    """Machines with their mean latencies, the computer with its software."""
    first = host.iloc[0]
    software = f"{first['framework']}, {first['precision']}, batch {first['batch']}; {first['clock']}"
    notes = {OPTIMUS: "1,024 MACs at 200 MHz", host_name(host): software}
    rows = []
    for name, mean in latency.groupby("machine", sort=False)["latency_ms"].mean().items():
        label = f"{name} ({notes[name]})" if name in notes else name
        rows.append([label, f"{mean:.4g}", f"{1e3 / mean:.4g}"])
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
    translation = read("optimus-translation/summary.csv")
    tables = {
        "farthest": farthest_table(host, ablation),
        "compared": compared_table(host, ablation),
        "claims": claims_table(ablation, read("optimus-utilization/summary.csv")),
        "power": power_table(read("optimus-ablation/summary.csv")),
        "sizes": optimus_translation.sizes_table(translation),
        "zero-inputs": optimus_translation.zero_inputs_table(translation),
        "assumptions": assumptions_table(),
    }
    if (out.parent / "optimus-host/host.csv").exists():
        tables["host"] = host_table(read("optimus-host/host.csv"), read("optimus-host/latency.csv"))
    out.mkdir(parents=True, exist_ok=True)
    markdown.fill(out / "README.md", tables)


if __name__ == "__main__":
    terminal.run("optimus_page", main)
