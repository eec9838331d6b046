"""Times this computer on the sentences of a simulated run: the same model in PyTorch, batch 1, kept keys and values.

    /usr/bin/python3 -m scripts.studies.host_cpu RUN -o host.csv [--threads N] [--repeats N] [--watts W]

RUN is the folder of a run (its workload and sentences.csv). A row a sentence: device, framework, threads, precision,
batch, seconds of the fastest repeat, and joules: from RAPL if this computer lets us read it, from --watts if you
state the power, else empty. Nothing is assumed about power. Seconds are CPU time with one thread, which is what an idle
computer takes however busy this one is, and wall clock with several; the column `clock` says which.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import pandas as pd

from scripts.base import csv_cells, terminal
from scripts.base.progress import Progress
from scripts.studies.host_energy import PackageEnergy


def parse_arguments(words):
    text = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(description=__doc__, formatter_class=text)
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="folder of a run")
    add("-o", "--out", type=Path, default=Path("host.csv"), metavar="CSV", help="[host.csv]")
    add("--threads", type=terminal.positive, default=1, help="of PyTorch [1]")
    add("--repeats", type=terminal.positive, default=3, help="the fastest counts: other work on the computer only slows it [3]")
    add("--watts", type=float, help="power that you measured while it translates")
    return parser.parse_args(words)


def device():
    """The processor's name as Linux states it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def measure(model, source, steps, repeats, clock):
    """Seconds of the fastest of `repeats` by `clock`, and joules of that one or None."""
    found = []
    for _ in range(repeats):
        energy, start = PackageEnergy(), clock()
        model.translate(source, steps)
        found.append((clock() - start, energy.joules()))
    return min(found, key=lambda pair: pair[0])


def clock_of(threads):
    return ("CPU time", time.process_time) if threads == 1 else ("wall clock", time.perf_counter)


def energy_of(seconds, measured, watts):
    """Joules and where they come from."""
    if measured is not None:
        return {"joules": measured, "energy_source": "RAPL, all packages"}
    if watts is not None:
        return {"joules": watts * seconds, "energy_source": f"{watts:g} W stated by the user"}
    return {"joules": None, "energy_source": "not measured: RAPL is not readable"}


def rows(arguments):
    import torch

    from scripts.studies.host_model import HostTransformer

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    shape = json.loads((arguments.run / "summary.json").read_text())["workload"]
    model = HostTransformer(shape).eval()
    sentences = csv_cells.read_frame(arguments.run / "sentences.csv")
    framework = f"PyTorch {torch.__version__}"
    fixed = {"device": device(), "framework": framework, "threads": arguments.threads}
    fixed |= {"precision": "float32, dense", "batch": 1}
    fixed["clock"], clock = clock_of(arguments.threads)
    model.translate(torch.zeros(2, dtype=torch.long), 2)  # allocations of the first call
    progress = Progress(len(sentences))
    for row in sentences.itertuples():
        source = torch.randint(0, max(1, shape["vocabulary"]), (row.source_tokens,))
        seconds, joules = measure(model, source, row.target_tokens, arguments.repeats, clock)
        done = f"{row.source_tokens} + {row.target_tokens} tokens: {seconds:.3f} s"
        progress.step(done)
        progress.milestone(done)
        lengths = {"source_tokens": row.source_tokens, "target_tokens": row.target_tokens}
        yield fixed | lengths | {"seconds": seconds} | energy_of(seconds, joules, arguments.watts)


def main(words=None):
    arguments = parse_arguments(words)
    csv_cells.write_frame(pd.DataFrame(rows(arguments)), arguments.out, float_format="%.6g")


if __name__ == "__main__":
    terminal.run("host_cpu", main)
