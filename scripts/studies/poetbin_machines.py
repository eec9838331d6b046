"""The three machines of look-up tables at several sizes: what each takes, in tables, cycles and energy."""

import pandas as pd

SPATIAL, SERIAL = "spatial", "spatial, features shifted in"
NUMBERS = [
    "samples", "transitions", "cycles", "initiation_interval_cycles", "latency_cycles", "configuration_cycles", "program_luts",
    "program_lut6", "program_lut6_simplified", "physical_luts", "accuracy_percent", "compared_values",
]  # fmt: skip
PARTS = {"dynamic": "transitions", "clock": "samples", "leakage": "samples"}  # what each is counted over


def table(points, programs):
    """A row a program and machine, from the table of scripts/sweeps/poetbin-machines.yaml."""
    points = points[points["workload"].isin(programs)].reset_index(drop=True)
    numbers = points[[*NUMBERS, *(f"energy_{part}_uj" for part in PARTS)]].apply(pd.to_numeric)
    found = points[["workload", "machine"]].rename(columns={"workload": "program"})
    found["group"] = [group(name) for name in found["machine"]]
    energy = {f"{part}_pj_per_sample": 1e6 * numbers[f"energy_{part}_uj"] / numbers[over] for part, over in PARTS.items()}
    whole = pd.concat([found, numbers[NUMBERS]], axis=1).assign(**energy)
    return whole.sort_values("program", kind="stable")


def group(machine):
    return "serial port" if machine == SERIAL else machine.split(",")[0]
