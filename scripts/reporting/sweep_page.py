"""The sections of a report on one sweep: what varies, what is best, any two numbers against each other, all points."""

from scripts.base import bands
from scripts.reporting import meanings, tables
from scripts.reporting.markup import data, tag
from scripts.reporting.numbers import readable

MOST_VALUES = 12  # of a key that are listed
MOST_FAILURES = 200
HIDDEN = ("folder",)
ALWAYS = ("point", "status")


def title(sweep):
    return f"sweep of {readable(sweep.points.rows)} points"


def sections(sweep):
    points = sweep.points
    good = _good(points)
    parts = [("summary", "Summary", _summary(points, good))]
    parts.append(("scatter", "Two numbers", _scatter(points)))
    parts.append(("best", "Best points", _best(points, good)))
    parts.append(("points", "Points", _points(points)))
    if len(good) < points.rows:
        parts.append(("failures", "Failures", _failures(points, good)))
    return parts


def _good(points):
    status = points.column("status")
    return [i for i in range(points.rows) if status is None or status.values[i] == "ok"]


def split(points):
    """Columns of keys and of metrics, without the ends of bands: the status stands between them; without one, text and numbers."""
    every = {c.name for c in points.columns}
    columns = [c for c in points.columns if not bands.is_end(c.name, every)]
    names = [c.name for c in columns]
    if "status" not in names:
        return [c for c in columns if not c.is_number], [c for c in columns if c.is_number]
    at = names.index("status")
    return [c for c in columns[:at] if c.name != "point"], [c for c in columns[at + 1 :] if c.is_number]


def _distinct(column):
    return list(dict.fromkeys(column.values))


def _summary(points, good):
    keys, metrics = split(points)
    varying = [(c, v) for c in keys if len(v := _distinct(c)) > 1]
    constant = [(c.name, v[0]) for c in [*keys, *metrics] if len(v := _distinct(c)) == 1]
    rows = [(tag("code", c.name), len(v), _listing(v), meanings.column(c.name).text) for c, v in varying]
    same = [(tag("code", name), readable(value), *_meaning(name)) for name, value in constant]
    tiles = {"points": points.rows, "with results": len(good), "failed": points.rows - len(good)}
    shown = [_tile(name, value) for name, value in (tiles | {"keys that vary": len(varying)}).items()]
    varied = tables.static(("key", "values", "of", "meaning"), rows, {1}) if rows else tag("p", "No key varies.")
    alike = tables.static(("column", "value", "unit", "meaning"), same)
    folded = tables.folded(f"Columns with one value: {len(same)}", alike)
    return tables.section("summary", "Summary", tag("div", *shown, class_="tiles"), varied, folded)


def _meaning(name):
    meaning = meanings.column(name)
    return meaning.unit, meaning.text


def _tile(name, value):
    return tag("div", tag("div", name, class_="name"), tag("div", readable(value), class_="big"), class_="tile")


def _listing(values):
    shown = ", ".join(readable(v) if v not in ("", None) else "(none)" for v in values[:MOST_VALUES])
    return shown + (f", … {readable(values[-1])}" if len(values) > MOST_VALUES else "")


def _best(points, good):
    keys, metrics = split(points)
    varying = [c for c in keys if len(_distinct(c)) > 1]
    number = points.column("point")
    header = ["metric", "unit", "", "value", "point", *(c.name for c in varying)]
    rows = []
    for column in metrics:
        have = [i for i in good if column.values[i] is not None]
        if len({column.values[i] for i in have}) < 2:
            continue
        for word, pick in (("least", min), ("most", max)):
            i = pick(have, key=lambda row: column.values[row])
            place = readable(number.values[i] if number else i + 1)
            cells = [readable(c.values[i]) for c in varying]
            name, unit = tag("code", column.name), meanings.column(column.name).unit
            rows.append((name, unit, word, readable(column.values[i]), place, *cells))
    content = tables.static(header, rows, {3, 4}) if rows else tag("p", "No metric varies between the points.")
    return tables.section("best", "Best points", content, lead="The points with the least and the most of each metric.")


def _scatter(points):
    keys, metrics = split(points)
    numeric = [c.name for c in [*metrics, *keys] if c.is_number and len(_distinct(c)) > 1]
    if len(numeric) < 2:
        return tables.section("scatter", "Two numbers", tag("p", "Fewer than two numbers vary."))
    prefer = [name for name in ("cycles", "time_us", "energy_total_uj") if name in numeric]
    x = prefer[0] if prefer else numeric[0]
    y = next(name for name in ["energy_total_uj", *numeric] if name in numeric and name != x)
    colours = [c.name for c in keys if 1 < len(_distinct(c)) <= 24]
    choice = {"table": "points", "numbers": numeric, "colours": colours, "x": x, "y": y}
    lead = "The line joins the points that no other point beats in both numbers; which way is better can be chosen."
    content = [tag("div", class_="scatter"), data("data-scatter", choice)]
    return tables.section("scatter", "Two numbers", *content, lead=lead)


def _points(points):
    kept = [c for c in points.columns if c.name in ALWAYS or (c.name not in HIDDEN and len(_distinct(c)) > 1)]
    kept.sort(key=lambda c: c.name == "message")
    columns = [tables.column(c.name, c.values, c.is_number, meanings.column(c.name)) for c in kept]
    lead = "The columns that vary between points."
    return tables.section("points", "Points", tables.element("points", columns), lead=lead)


def _failures(points, good):
    bad = sorted(set(range(points.rows)) - set(good))
    cells = [points.column(name) for name in ("point", "message")]
    rows = [[readable(c.values[i]) if c else "" for c in cells] for i in bad[:MOST_FAILURES]]
    more = f"{len(bad) - MOST_FAILURES} more are in the table of points."
    cut = tag("p", more, class_="cut") if len(bad) > MOST_FAILURES else None
    return tables.section("failures", "Failures", tables.static(("point", "message"), rows), cut)
