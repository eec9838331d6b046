"""The network that ran, as a picture: a row a layer, arcs to what it reads, bars of the cycles of its unit."""

from scripts.reporting import charts, tables
from scripts.reporting.markup import tag
from scripts.reporting.numbers import percent, short

ROW = 20
LANE = 11  # between arcs
NAME_WIDTH = 300  # at most
GAP = 14
VALUE_WIDTH = 120
MOST_LANES = 24
MOST_LAYERS = 600


def section(run):
    """None when the result has no layers that read each other."""
    layers, links = run.table("layers"), run.table("links")
    if not has_columns(layers, "layer", "unit", "busy_cycles") or not has_columns(links, "layer", "reads"):
        return None
    names = layers.column("layer").values[:MOST_LAYERS]
    arcs = place(reads(names, links))
    if not arcs:
        return None
    units = layers.column("unit").values
    used = sorted(set(units), key=units.index)
    lead = "Layers in the order of their execution, with the cycles in which their unit worked on them."
    content = [charts.legend(used), picture(run, layers, names, arcs, used)]
    if len(layers.column("layer").values) > MOST_LAYERS:
        content.append(tag("p", f"The first {MOST_LAYERS} layers.", class_="caption"))
    return tables.section("network", "The network", *content, lead=lead)


def has_columns(table, *names):
    """Numbers where they are cycles."""
    if table is None or not table.rows or any(table.column(name) is None for name in names):
        return False
    return all(table.column(name).is_number == name.endswith("_cycles") for name in names)


def reads(names, links):
    """(row read, row that reads) of each link, shortest first."""
    rows = {name: row for row, name in enumerate(names)}
    pairs = zip(links.column("reads").values, links.column("layer").values)
    found = {(rows[read], rows[by]) for read, by in pairs if read in rows and by in rows}
    return sorted(found, key=lambda arc: (arc[1] - arc[0], arc))


def place(arcs):
    """(lane, row read, row that reads): arcs of one lane do not lie over each other; 0 is nearest to the names.

    Arcs from one row share a lane where they can, so that what many read is one line with branches. Those that find
    no lane share the last.
    """
    lanes, placed = [], []
    for first, last in arcs:
        for lane, taken in enumerate(lanes):
            if all(f == first or last <= f or l <= first for f, l in taken):
                break
        else:
            lane = min(len(lanes), MOST_LANES - 1)
            if lane == len(lanes):
                lanes.append([])
        lanes[lane].append((first, last))
        placed.append((lane, first, last))
    return placed


def picture(run, layers, names, arcs, used):
    left = (max(lane for lane, _, _ in arcs) + 2) * LANE
    busy, units = layers.column("busy_cycles").values, layers.column("unit").values
    bars = left + min(NAME_WIDTH, max(len(name) for name in names) * charts.LETTER) + GAP
    longest, room = max(busy) or 1, charts.WIDTH - bars - VALUE_WIDTH
    total = run.summary["metrics"]["cycles"]["value"]
    shapes = [_arc(names, left, *arc) for arc in arcs]
    for row, name in enumerate(names):
        y, x = row * ROW, bars
        title = f"{name}: {short(busy[row])} cycles, {percent(busy[row], total)} of the run, on {units[row]}"
        width = room * busy[row] / longest
        shapes.append(tag("circle", cx=left, cy=y + ROW / 2, r=3, class_="node"))
        shapes.append(tag("text", tag("title", title), _fitting(name), x=left + 8, y=y + 14))
        shapes.append(charts.bar(x, y + 3, width, ROW - 6, charts.colours(used)[used.index(units[row])], title))
        shown = f"{short(busy[row])}, {percent(busy[row], total)}"
        shapes.append(tag("text", shown, x=round(x + width + 6, 2), y=y + 14, class_="value"))
    return charts.drawing(shapes, len(names) * ROW, "layers, what they read, and their cycles")


def _fitting(name):
    most = int(NAME_WIDTH / charts.LETTER)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _arc(names, left, lane, first, last):
    """Out to the lane, down, and back; of neighbours a straight line."""
    title = tag("title", f"{names[last]} reads {names[first]}")
    top, bottom = first * ROW + ROW / 2, last * ROW + ROW / 2
    if last - first == 1:
        return tag("path", title, d=f"M{left} {top}V{bottom}", class_="link")
    x = left - (lane + 1) * LANE
    path = f"M{left} {top}C{x} {top} {x} {top} {x} {top + ROW / 2}V{bottom - ROW / 2}C{x} {bottom} {x} {bottom} {left} {bottom}"
    return tag("path", title, d=path, class_="link")
