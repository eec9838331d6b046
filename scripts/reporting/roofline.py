"""Attainable against achieved: the block `roofline` of summary.json, one point for each link of each run."""

from scripts.reporting import charts, tables
from scripts.reporting.markup import tag
from scripts.reporting.numbers import percent, readable

MISSING = (
    "{name}: the machine states no peak and no links (roofline is null in summary.json), so there is nothing to "
    "draw. It needs RunResult::roofline (sim/core/roofline.h)."
)


def section(runs):
    points, missing = [], []
    for number, run in enumerate(runs):
        found = _points(run, number, len(runs) > 1)
        points += found
        if not found:
            missing.append(tag("p", MISSING.format(name=run.name), class_="caption"))
    if not points:
        return tables.section("roofline", "Roofline", *missing)
    unit = next(run.summary["roofline"]["work_unit"] for run in runs if run.summary.get("roofline"))
    lead = (
        "A link that moves p a cycle lets the machine do intensity × p of work in a cycle; its arithmetic sets the "
        "flat roof. The lowest roof over a run's points is what is attainable."
    )
    names = [tag("li", charts.key(p["shape"], p["colour"]), p["name"]) for p in points]
    legend = tag("ul", *names, class_="legend")
    content = [charts.roofline(points, unit), legend, _table(points, unit), *missing]
    return tables.section("roofline", "Roofline", *content, lead=lead)


def _points(run, number, several):
    block, cycles = run.summary.get("roofline"), run.summary["metrics"].get("cycles", {}).get("value")
    if not block or not cycles or not block["work"]:
        return []
    points = []
    for index, link in enumerate(block["links"]):
        if link["amount"] > 0 and link["peak_per_cycle"] > 0:
            points.append(
                {
                    "name": f"{run.name}: {link['name']}" if several else link["name"],
                    "roof": link["name"],
                    "shape": index,
                    "colour": number if several else index,
                    "unit": link["unit"],
                    "amount": link["amount"],
                    "cycles": cycles,
                    "intensity": block["work"] / link["amount"],
                    "achieved": block["work"] / cycles,
                    "peak": block["peak_per_cycle"],
                    "bandwidth": link["peak_per_cycle"],
                }
            )
    return points


def _table(points, unit):
    header = ["link", "moved", "per cycle", "of its peak", f"intensity ({unit} each)"]
    header += [f"roof ({unit}/cycle)", "achieved", "of the roof"]
    rows = []
    for p in points:
        roof, rate = min(p["peak"], p["intensity"] * p["bandwidth"]), p["amount"] / p["cycles"]
        moved = [f"{readable(p['amount'])} {p['unit']}", readable(rate), percent(rate, p["bandwidth"])]
        work = [readable(p["intensity"]), readable(roof), readable(p["achieved"]), percent(p["achieved"], roof)]
        rows.append((p["name"], *moved, *work))
    return tables.static(header, rows, set(range(1, len(header))))
