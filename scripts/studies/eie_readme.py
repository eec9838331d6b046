"""The tables of the study's README, from its tables and what is published."""

from scripts.studies import markdown
from scripts.studies.eie_layers import PES
from scripts.studies.eie_power import ALL, WHOLE

CELLS = "sram_cells"
NEAR_PERCENT = 10  # a number that differs by less meets the published one


def times_table(times, densities):
    rows = []
    for row in times[times["densities"] == densities].itertuples():
        ours = f"{row.time_us:.2f} ({row.time_us_low:.2f}–{row.time_us_high:.2f})"
        theirs = [f"{row.published_theoretical_us:.1f}", f"{row.theoretical_us:.1f}", f"{row.published_us:.1f}", ours]
        shares = [f"{value:.1f}" for value in (row.padding_percent, row.empty_percent, row.load_balance_percent, row.weight_cycles_percent)]
        rows.append([row.layer, *theirs, f"{row.difference_percent:+.1f} %", *shares, f"{row.overhead_cycles:.0f}"])
    head = ["layer", "theoretical, published, µs", "ours", "actual, published, µs", "ours (least–most)", "difference"]
    head += ["padding zeros, % of stored entries", "empty columns, %", "load balance, %", "– empty columns as bubbles", "cycles around the passes"]
    return markdown.table(head, rows)


def targets_table(tables, published):
    """What the paper says, ours, and whether that is met: what is missed first, what is farthest off at its head."""
    rows = [*_times(tables["times"]), *_parts(tables, published), *_sentences(tables, published)]
    rows.sort(key=lambda row: (row[-1], -abs(row[3]) if row[3] is not None else 0))
    shown = [[*row[:3], "–" if row[3] is None else f"{row[3]:+.1f} %", "met" if row[-1] else "missed"] for row in rows]
    counts = f"Missed: {sum(not row[-1] for row in rows)} of {len(rows)}."
    return f"{counts}\n\n" + markdown.table(["target", "published", "ours", "difference", ""], shown)


def _number(name, theirs, ours, form):
    """A row of a number that is to be near the published one."""
    off = 100 * (ours / theirs - 1)
    return [name, f"{theirs:{form}}", f"{ours:{form}}", off, abs(off) < NEAR_PERCENT]


def _times(times):
    found = times[times["densities"] == "printed densities"].itertuples()
    return [_number(f"time of {row.layer}, µs", row.published_us, row.time_us, ".2f") for row in found]


def _parts(tables, published):
    """Of a PE, with the first kind of cells; power without leakage, which the paper does not tell apart."""
    power = tables["power"][tables["power"]["layer"] == ALL]
    first = lambda table: table[table[CELLS] == table[CELLS].iloc[0]].set_index("part")
    watts, area = first(power), first(tables["area"])["area_um2"]
    switching, whole = watts["switching_mw"], watts.loc[WHOLE, ["switching_mw", "leakage_mw"]].sum()
    rows = []
    for part in published["parts"]:
        name = part["part"]
        rows.append(_number(f"power of {name} without leakage, mW", part["power_mw"], switching[name], ".3f"))
        rows.append(_number(f"area of {name}, µm²", part["area_um2"], area[name], ",.0f"))
    rows.append(_number("power of PE with leakage, mW", published["parts"][-1]["power_mw"], whole, ".3f"))
    rows.append(_number(f"area of {PES} PEs, mm²", published["pes"]["area_mm2"], area[WHOLE] * PES / 1e6, ".1f"))
    reads = watts.loc[WHOLE, "cycles_per_read"]
    return [*rows, _number("cycles from one read of weights to the next", published["cycles_per_read"], reads, ".1f")]


def _sentences(tables, published):
    """What the paper says in words, and of the word with the least energy."""
    balance = tables["queue"].pivot(index="queue_depth", columns="layer", values="load_balance_percent")
    gain = (balance.loc[balance.index.max()] - balance.loc[8]).max()
    pes = tables["pes"][tables["pes"]["registers"] == tables["pes"]["registers"].iloc[0]]
    speedup = pes.pivot(index="layer", columns="pes", values="speedup")[PES]
    least = speedup.drop("NT-We").min()
    sums = tables["width"].groupby([CELLS, "width_bits"], sort=False)["energy_nj"].sum()
    best = [int(sums[cells].idxmin()) for cells in sums.index.unique(level=0)]
    half, worst = balance.loc[1].mean(), balance.loc[8].idxmin()
    bits = ", ".join(str(bits) for bits in dict.fromkeys(best))
    return [
        ["load balance with queues of one place, %", "about half", f"{half:.0f}", None, abs(half - 50) < NEAR_PERCENT],
        ["gain beyond 8 places, points of load balance", "little", f"{gain:.1f} at most", None, gain < NEAR_PERCENT],
        ["layer of the worst load balance", "NT-We", worst, None, worst == "NT-We"],
        [f"speed-up of {PES} PEs, all but NT-We", "near linear", f"{least:.0f} at least", None, least > (1 - NEAR_PERCENT / 100) * PES],
        ["word of weights with the least energy, bits", published["best_width_bits"], bits, None, set(best) == {published["best_width_bits"]}],
    ]


def by_layer_table(table, axis, value, head, form=".1f"):
    """A row a layer, a column a value of `axis`."""
    wide = table.pivot(index="layer", columns=axis, values=value).loc[list(table["layer"].unique())]
    rows = [[layer, *(f"{number:{form}}" for number in numbers)] for layer, numbers in zip(wide.index, wide.to_numpy())]
    return markdown.table([head, *wide.columns], rows)


def power_table(power, published):
    """Published and ours over all layers, mW of a PE: switching and leakage with each kind of cells."""
    parts = {row["part"]: row["power_mw"] for row in published["parts"]}
    ours = power[power["layer"] == ALL].set_index([CELLS, "part"])
    cells = list(power[CELLS].unique())
    rows = []
    for part in ours.loc[cells[0]].index:
        theirs = parts.get(part, "–")
        found = [ours.loc[(kind, part)] for kind in cells]
        rows.append([part, theirs, *(f"{row.switching_mw:.3f}" for row in found), *(f"{row.leakage_mw:.3f}" for row in found)])
    head = ["part", "published, mW", *(f"{_cells(power, c)}, mW" for c in cells), *(f"leakage, {_cells(power, c)}" for c in cells)]
    return markdown.table(head, rows)


def _cells(table, cells):
    """`auto (lstp_hp)`: the kind, and the one that it is in the banks of weights."""
    bank = table.loc[table[CELLS] == cells, "bank_cells"].iloc[0]
    return cells if bank == cells else f"{cells} ({bank})"


def layers_power_table(power, published):
    """mW of a PE, layer by layer, leakage apart, with the first kind of cells."""
    parts = {row["part"]: row["power_mw"] for row in published["parts"]}
    first = power[power[CELLS] == power[CELLS].iloc[0]]
    rows = [["published", *(parts[part] if part in parts else "–" for part in first["part"].unique()), "–", published["cycles_per_read"]]]
    for layer, found in first.groupby("layer", sort=False):
        leakage = found.set_index("part").loc[WHOLE, "leakage_mw"]
        values = *found["switching_mw"], leakage
        rows.append([layer, *(f"{value:.2f}" for value in values), f"{found['cycles_per_read'].iloc[0]:.1f}"])
    return markdown.table(["mW of a PE", *first["part"].unique(), "leakage", "cycles a read of weights"], rows)


def area_table(area, published):
    parts = {row["part"]: row["area_um2"] for row in published["parts"]}
    cells = list(area[CELLS].unique())
    ours = area.set_index([CELLS, "part"])["area_um2"]
    rows = []
    for part in area["part"].unique():
        theirs = f"{parts[part]:,}" if part in parts else "–"
        ratio = f"{ours[cells[0], part] / parts[part]:.2f}" if part in parts else "–"
        rows.append([part, theirs, *(f"{ours[kind, part]:,.0f}" for kind in cells), ratio])
    whole = published["pes"]["area_mm2"]
    all_pes = [ours[kind, WHOLE] * PES / 1e6 for kind in cells]
    rows.append([f"{PES} PEs, mm²", whole, *(f"{value:.1f}" for value in all_pes), f"{all_pes[0] / whole:.2f}"])
    return markdown.table(["part", "published, µm²", *(_cells(area, c) for c in cells), "first of ours / published"], rows)


def width_table(width, reads, energy):
    """nJ of all reads of the layers, a row a kind of cells, and the width with the least."""
    sums = width.groupby([CELLS, "width_bits"], sort=False).agg(reads=(reads, "sum"), each=("pj_each", "first"), energy=(energy, "sum"))
    rows = []
    for cells, found in sums.groupby(level=0, sort=False):
        found = found.droplevel(0)
        texts = [f"{row.energy:,.0f} ({row.reads / 1e3:,.0f} k × {row.each:.3g} pJ)" for row in found.itertuples()]
        rows.append([cells, *texts, f"{found['energy'].idxmin()} bits"])
    widths = [f"{bits} bits" for bits in width["width_bits"].unique()]
    return markdown.table(["cells", *widths, "least at"], rows)


def fill(readme, tables, published):
    """`published`: eie-published.yaml."""
    of_all_rows = tables["pes"][tables["pes"]["registers"] == tables["pes"]["registers"].iloc[0]]
    of_64 = tables["pes"][tables["pes"]["registers"] != tables["pes"]["registers"].iloc[0]]
    found = {
        "targets": targets_table(tables, published),
        "times": times_table(tables["times"], "printed densities"),
        "inferred": times_table(tables["times"], "inferred densities"),
        "queue": by_layer_table(tables["queue"], "queue_depth", "load_balance_percent", "load balance, %, at depth"),
        "speedup": by_layer_table(of_all_rows, "pes", "speedup", "speed-up with PEs"),
        "padding": by_layer_table(of_all_rows, "pes", "padding_percent", "padding zeros, %, with PEs"),
        "balance": by_layer_table(of_all_rows, "pes", "load_balance_percent", "load balance, %, with PEs"),
        "weight-cycles": by_layer_table(of_all_rows, "pes", "weight_cycles_percent", "%, with PEs"),
        "speedup-64": by_layer_table(of_64, "pes", "speedup", "speed-up with PEs"),
        "power": power_table(tables["power"], published),
        "layers-power": layers_power_table(tables["power"], published),
        "width": width_table(tables["width"], "weight_reads", "energy_nj"),
        "width-by-column": width_table(tables["width"], "reads_by_column", "energy_by_column_nj"),
        "area": area_table(tables["area"], published),
    }
    markdown.fill(readme, found)
