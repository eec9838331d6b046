"""The three machines of look-up tables at several sizes: what each takes, in tables, cycles and energy."""

import pandas as pd

from scripts.base import bands
from scripts.studies import energies

SPATIAL, SERIAL = "spatial", "spatial, features shifted in"
NUMBERS = [
    "samples", "transitions", "cycles", "initiation_interval_cycles", "latency_cycles", "configuration_cycles", "program_luts",
    "program_lut6", "program_lut6_simplified", "physical_luts", "accuracy_percent", "compared_values",
]  # fmt: skip
PARTS = {"dynamic": "transitions", "clock": "samples", "leakage": "samples"}  # what each is counted over
ENERGIES = [column for part in (*PARTS, "total") for column in bands.columns(f"energy_{part}_uj")]
RATIOS = ["energy_ratio", "energy_ratio_without_leakage"]  # over the spatial machine
PJ = 1e6  # in a uJ


def table(points, programs):
    """A row a program and machine, from the table of scripts/sweeps/poetbin-machines.yaml."""
    points = points[points["workload"].isin(programs)].reset_index(drop=True)
    numbers = points[[*NUMBERS, *ENERGIES]].apply(pd.to_numeric)
    found = points[["workload", "machine"]].rename(columns={"workload": "program"})
    found["group"] = [group(name) for name in found["machine"]]
    energy = per_sample(numbers)
    pj = {name.replace("energy_", "").replace("_uj", "_pj_per_sample"): PJ * column for name, column in energy.items()}
    spatial = energy[found["machine"] == SPATIAL].set_axis(found.loc[found["machine"] == SPATIAL, "program"])
    ratios = energies.ratios(energy, spatial.loc[found["program"]].reset_index(drop=True), RATIOS)
    whole = pd.concat([found, numbers[NUMBERS], pd.DataFrame(pj), ratios], axis=1)
    return whole.sort_values("program", kind="stable")


def per_sample(numbers):
    """Energies of an inference. What other cells change is a matter of memories, which are read for every sample alike."""
    found = {c: numbers[c] / numbers[over] for part, over in PARTS.items() for c in bands.columns(f"energy_{part}_uj")}
    total = sum(found[f"energy_{part}_uj"] for part in PARTS)
    changes = {end: (numbers[f"energy_total_uj_{end}"] - numbers["energy_total_uj"]) / numbers["samples"] for end in bands.ENDS}
    found |= {"energy_total_uj": total} | {f"energy_total_uj_{end}": total + change for end, change in changes.items()}
    return pd.DataFrame(found)


def group(machine):
    return "serial port" if machine == SERIAL else machine.split(",")[0]
