"""OPTIMUS against its baseline hardware, a measured computer and the roofline of a CPU, on the same sentences.

    /usr/bin/python3 -m scripts.studies.optimus_host [-o FOLDER] [--measure] [--watts W] [--cpu FILE] [--lockstep PROGRAM] [-j JOBS]

Simulates scripts/sweeps/optimus-host.yaml, times PyTorch on this computer unless FOLDER/host.csv holds these sentences
already (scripts/studies/host_cpu.py; --measure times it again), and computes the roofline of a CPU
(scripts/studies/cpu_roofline.py). Writes latency.csv (a row a machine and sentence), ratios.csv (ratios beside the published
ones), the figures, and the tables of FOLDER/README.md. Without host.csv and PyTorch no computer is measured.
"""

import importlib.util
import json
from pathlib import Path

import pandas as pd

from scripts.base import bands, csv_cells, terminal
from scripts.plotting import gallery
from scripts.studies import cpu_roofline, energies, host_cpu, markdown, sweep_study
from scripts.sweeping.errors import SweepError
from scripts.sweeping.program import add_options

STUDY = "optimus-host"
METRICS = ["latency", "throughput", "energy efficiency"]
WITHOUT_LEAKAGE = "energy efficiency, without leakage"
SIMULATED, MEASURED, ROOFLINE, PUBLISHED_KIND = "simulated", "measured", "roofline", "published"
OPTIMUS, BASELINE = "OPTIMUS, simulated", "baseline hardware, simulated"
# J. Park et al., "OPTIMUS", MLSys 2020, abstract: OPTIMUS against each.
PUBLISHED = {"baseline hardware": (16.01, 19.00, 19.01), "Intel i7-6900K": (41.62, 43.35, 2393.85)}
LENGTHS = ["source_tokens", "target_tokens"]


def host_times(run, arguments):
    """host.csv for the sentences of `run`, whichever computer it is of; or None without one and without PyTorch."""
    path = arguments.out / "host.csv"
    if path.exists() and not arguments.measure and csv_cells.read_frame(path)[LENGTHS].equals(sentences_of(run)[LENGTHS]):
        terminal.progress(f"{path}: measured before")
    elif importlib.util.find_spec("torch"):
        watts = ["--watts", str(arguments.watts)] if arguments.watts else []
        host_cpu.main([str(run), "-o", str(path), *watts])
    else:
        terminal.say("no PyTorch: this computer is not timed; install python3-torch libopenblas0-pthread")
        return None
    return csv_cells.read_frame(path)


def host_name(host):
    """The computer as it stands in tables and legends: processor and threads."""
    device, threads = host.iloc[0][["device", "threads"]]
    return f"{device}, {threads} thread{'s' if threads > 1 else ''}, {MEASURED}"


def cpu_name(cpu):
    return f"{cpu.name}, float32 {ROOFLINE}"


def sentences_of(run):
    return csv_cells.read_frame(run / "sentences.csv")


def shape_of(run):
    return json.loads((run / "summary.json").read_text())["workload"]


def latencies(runs, sweep, host, cpu):
    """Milliseconds of each machine for each sentence: a column a machine, beside the sentence's tokens."""
    full = sentences_of(runs["OPTIMUS"])
    table = full[LENGTHS].copy()
    for machine, name in (("OPTIMUS", OPTIMUS), ("baseline", BASELINE)):
        cycles_per_ms = sweep.loc[machine, "cycles"] / sweep.loc[machine, "time_us"] * 1e3
        table[name] = sentences_of(runs[machine])["cycles"] / cycles_per_ms
    if host is not None:
        table[host_name(host)] = 1e3 * host["seconds"]
    shape, lengths = shape_of(runs["OPTIMUS"]), full[LENGTHS].itertuples(index=False)
    table[cpu_name(cpu)] = [1e3 * cpu_roofline.seconds(cpu, shape, *tokens) for tokens in lengths]
    return table


def comparison(table, sweep, host):
    """A row a rival and metric: how many times better OPTIMUS is. `table` is that of latencies().

    Latency: mean over sentences of the ratios; throughput and energy: ratios of totals. Energy of a computer only where it was measured.
    """
    rows = []
    for name in table.columns.drop([*LENGTHS, OPTIMUS]):
        kind = name.rsplit(" ", 1)[-1]
        times = ((table[name] / table[OPTIMUS]).mean(), table[name].sum() / table[OPTIMUS].sum())
        rows += [_row(name, kind, metric, (ratio,)) for metric, ratio in zip(METRICS, times)]
        rows += _energies(name, kind, sweep, host)
    for name, ratios in PUBLISHED.items():
        label = f"{name}, {PUBLISHED_KIND}"
        rows += [_row(label, PUBLISHED_KIND, metric, (ratio,)) for metric, ratio in zip(METRICS, ratios)]
    return pd.DataFrame(rows)


def _energies(name, kind, sweep, host):
    ours = sweep.loc[["OPTIMUS"]].reset_index(drop=True)
    if kind == SIMULATED:
        found = energies.ratios(sweep.loc[["baseline"]].reset_index(drop=True), ours).iloc[0]
        of = {METRICS[2]: "energy_ratio", WITHOUT_LEAKAGE: "energy_ratio_without_leakage"}
        return [_row(name, kind, metric, found[bands.columns(ratio)]) for metric, ratio in of.items()]
    joules = host["joules"].sum(min_count=1) if kind == MEASURED else None
    if joules is None or pd.isna(joules):
        return []
    against = {METRICS[2]: lambda frame: frame["energy_total_uj"], WITHOUT_LEAKAGE: energies.without_leakage}
    found = {metric: bands.of(lambda frame: 1e6 * joules / value(frame), ours) for metric, value in against.items()}
    return [_row(name, kind, metric, [column[0] for column in columns]) for metric, columns in found.items()]


def _row(label, kind, metric, ratios):
    return {"against": label, "kind": kind, "metric": metric} | dict(zip(bands.columns("ratio"), ratios))


def ratios_table(ratios):
    """Of ratios.csv: a row a rival, a column a metric."""
    metrics = [*METRICS, WITHOUT_LEAKAGE]
    cells = {(row["against"], row["metric"]): energies.text(row, "ratio") for _, row in ratios.iterrows()}
    rows = [[name, *(cells.get((name, metric), "–") for metric in metrics)] for name in ratios["against"].unique()]
    return markdown.table(["OPTIMUS is better by (times) than", *metrics], rows)


def roofline_table(cpu, shape):
    """What a decoding step costs the CPU, of 25 source tokens and after 25 tokens."""
    macs, weights = cpu_roofline.step(shape, 25, 25)
    rows = [
        ["peak", f"{cpu.flops_per_s / 1e9:.1f} GFLOP/s"],
        ["memory", f"{cpu.bytes_per_s / 1e9:.1f} GB/s"],
        ["weights of a decoding step", f"{cpu_roofline.BYTES * weights / 1e6:.1f} MB"],
        ["– their time", f"{1e3 * cpu_roofline.BYTES * weights / cpu.bytes_per_s:.3f} ms"],
        ["operations of step 25, 25 source tokens", f"{2 * macs / 1e6:.1f} MFLOP"],
        ["– their time", f"{1e3 * 2 * macs / cpu.flops_per_s:.3f} ms"],
    ]
    return markdown.table([cpu_name(cpu), ""], rows)


def long(table):
    """A row a machine and sentence, as latency.csv has it."""
    return table.melt(LENGTHS, var_name="machine", value_name="latency_ms")[["machine", *LENGTHS, "latency_ms"]]


def parse_arguments(words):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("results") / STUDY, metavar="FOLDER")
    parser.add_argument("--measure", action="store_true", help="time this computer, also if another one was")
    parser.add_argument("--watts", type=float, help="power of this computer while it translates, as you measured it")
    parser.add_argument("--cpu", type=Path, default=cpu_roofline.DEFAULT, metavar="FILE", help="the CPU of the roofline")
    add_options(parser)
    return parser.parse_args(words)


def main(words=None):
    arguments = parse_arguments(words)
    out = arguments.out
    try:
        cpu = cpu_roofline.read(arguments.cpu)
    except SweepError as error:
        terminal.error("optimus_host", error)
        return error.exit_code
    found = sweep_study.run(sweep_study.SWEEPS / f"{STUDY}.yaml", out / "raw", arguments)
    runs = {row.machine: out / "raw/points" / row.folder for row in found.itertuples()}
    sweep_study.write(found, out)
    sweep = csv_cells.read_frame(out / "summary.csv").set_index("machine")
    host = host_times(runs["OPTIMUS"], arguments)
    table = latencies(runs, sweep, host, cpu)
    ratios = comparison(table, sweep, host)
    csv_cells.write_frame(long(table), out / "latency.csv", float_format="%.6g")
    csv_cells.write_frame(ratios, out / "ratios.csv", float_format="%.6g")
    gallery.draw(STUDY, out)
    tables = {"ratios": ratios_table(ratios), "roofline": roofline_table(cpu, shape_of(runs["OPTIMUS"]))}
    markdown.fill(out / "README.md", tables)
    return 0


if __name__ == "__main__":
    terminal.run("optimus_host", main)
