"""The trained Transformer on both sizes of OPTIMUS, as it is and with inputs of zero skipped.

    /usr/bin/python3 -m scripts.studies.optimus_translation [-o FOLDER] [--lockstep PROGRAM] [-j JOBS]

Simulates scripts/sweeps/optimus-translation.yaml and writes FOLDER/summary.csv; the page of the paper shows its tables.
"""

from pathlib import Path

from scripts.base import terminal
from scripts.studies import energies, markdown, sweep_study
from scripts.sweeping.program import add_options

STUDY = "optimus-translation"
COLUMN_MARK, SKIPS, TILE = (f"optimus.mac_array.{key}" for key in ("sparse.column_mark", "skip_zero_inputs", "tile_tokens"))
WHOLE, QUICK = "translation", "translation-quick"


def plain(points):
    """As the presets are."""
    return points[points[COLUMN_MARK] == "delta"]


def sizes_table(points):
    """Both presets beside each other, each with the command that makes it."""
    rows = []
    for _, row in plain(points[points["workload"] == WHOLE]).iterrows():
        macs, area = f"{row['mac_utilization_percent']:.1f} %", f"{row['area_mm2']:.2f}"
        command = f"`lockstep run {row['machine']} {WHOLE}`"
        times = f"{row['cycles']:,}", f"{row['time_us'] / row['sentences']:.1f}"
        rows.append([f"`{row['machine']}`", *times, macs, *_energies(row), area, command])
    head = ["preset", "cycles of 100 sentences", "µs a sentence", "MACs used", "energy, µJ", "without leakage", "mm²", "made by"]
    return markdown.table(head, rows)


def zero_inputs_table(points):
    """What pointers cost and skipped inputs give, over the same machine without either."""
    rows = []
    for (workload, machine), found in points.groupby(["workload", "machine"], sort=False):
        first = found.iloc[0]
        for _, row in found.iterrows():
            ratios = [row["cycles"] / first["cycles"], *(energy(row) / energy(first) for energy in _ENERGIES)]
            skipped = 100 * row["skipped_macs"] / first["macs"] if row["skipped_macs"] > 0 else 0
            rows.append([f"`{machine}`", workload, _words(row), f"{row['cycles']:,}", f"{skipped:.1f}", *_energies(row), *(f"{r:.2f}" for r in ratios)])
    head = ["preset", "workload", "`--set optimus.mac_array.…`", "cycles", "MACs skipped, %", "energy, µJ", "without leakage"]
    return markdown.table([*head, "cycles, times plain", "energy", "without leakage"], rows)


def _words(row):
    """The settings that differ from those of the presets."""
    values = {"sparse.column_mark": row[COLUMN_MARK], "skip_zero_inputs": str(row[SKIPS]).lower(), "tile_tokens": row[TILE]}
    usual = {"sparse.column_mark": "delta", "skip_zero_inputs": "false", "tile_tokens": "auto"}
    return ", ".join(f"`{key}={value}`" for key, value in values.items() if str(value) != usual[key]) or "–"


_ENERGIES = (lambda row: row["energy_total_uj"], energies.without_leakage)


def _energies(row):
    return [f"{energy(row):,.1f}" for energy in _ENERGIES]


def main(words=None):
    parser = terminal.Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("results") / STUDY, metavar="FOLDER")
    add_options(parser)
    arguments = parser.parse_args(words)
    sweep_study.write(sweep_study.run(sweep_study.SWEEPS / f"{STUDY}.yaml", arguments.out / "raw", arguments), arguments.out)


if __name__ == "__main__":
    terminal.run("optimus_translation", main)
