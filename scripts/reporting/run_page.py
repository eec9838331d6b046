"""The sections of a report on one run."""

from scripts.reporting import charts, meanings, network, roofline, stacks, tables, timeline
from scripts.reporting.markup import tag
from scripts.reporting.numbers import flat, in_time, percent, readable, words

TILES = ("time_us", "energy_total_uj", "average_power_mw", "area_mm2")
MOST_TILES = 8
SHOWN = {"uJ": "µJ", "us": "µs", "mm2": "mm²"}  # units
MOST_BARS = 24


def sections(run):
    """(identifier, title in the navigation, section) in the order of the page."""
    parts = [("summary", "Summary", summary(run))]
    parts += [(f"chart-{name}", f"{name} chart", chart(name, stack)) for name, stack in _charts(run)]
    if (drawn := network.section(run)) is not None:
        parts.append(("network", "Network", drawn))
    parts.append(("energy", "Energy", energy(run)))
    parts.append(("area", "Area", area(run)))
    parts.append(("roofline", "Roofline", roofline.section([run])))
    parts.append(("timeline", "Timeline", timeline.section(run)))
    parts += [(t.name, t.name, table(run, t)) for t in ordered(run.tables) if t.name not in stacks.PRICED]
    parts.append(("configuration", "Configuration", configuration(run)))
    parts.append(("notes", "Notes", notes([run])))
    return parts


def _charts(run):
    """The table of the units first: they tell the story shortest."""
    return sorted(stacks.all_of(run).items(), key=lambda item: (len(item[1].rows), item[0]))


def ordered(found):
    """layers, units, stalls first, the others by name."""
    first = ["layers", "levels", "units", "stalls"]
    return sorted(found, key=lambda t: (first.index(t.name) if t.name in first else len(first), t.name))


def title(run):
    clock = run.summary["architecture"].get("clock_mhz")
    machine = run.summary.get("accelerator", "?")
    return f"{machine} at {readable(clock)} MHz" if clock else str(machine)


def metrics(run):
    """(name, value, unit, value in time, band over memory cells, definition) of each headline."""
    clock, machine = run.summary["architecture"].get("clock_mhz"), run.summary.get("accelerator", "")
    for name, metric in run.summary["metrics"].items():
        value, unit = metric.get("value"), metric.get("unit", "")
        meaning = meanings.metric(machine, "summary.json, metrics", name)
        band = run.summary.get("bands", {}).get(name)
        yield name, value, unit, in_time(value, unit, clock), _band(band), meaning.text


def _band(band):
    if not band or band["low"] == band["high"]:
        return ""
    return f"{readable(band['low'])} to {readable(band['high'])}"


def summary(run):
    rows = list(metrics(run))
    first = [row for i, row in enumerate(rows) if i == 0 or row[0] in TILES or row[2] == "%"][:MOST_TILES]
    tiles = [_tile(*row) for row in first]
    body = [(tag("code", name), readable(value), unit, *rest) for name, value, unit, *rest in rows]
    tool = run.summary["tool"]
    made = f"{tool.get('name')} {tool.get('version')}, revision {tool.get('revision')}"
    options = ", ".join(f"{key}: {_shown(value)}" for key, value in run.summary["options"].items())
    return tables.section(
        "summary",
        "Summary",
        tag("div", *tiles, class_="tiles"),
        tables.static(("metric", "value", "unit", "in time", "with other cells", "definition"), body, {1, 3, 4}),
        tag("p", f"Made by {made}; {options}.", class_="caption"),
        lead=run.summary.get("workload_description"),
    )


def _shown(value):
    if value is None:
        return "not given"
    return ("no", "yes")[value] if isinstance(value, bool) else readable(value)


def _tile(name, value, unit, time, band, text):
    shown = words(name.removesuffix("_percent").removesuffix(f"_{unit.lower()}"))
    unit = tag("span", SHOWN.get(unit, unit), class_="unit")
    number = tag("div", tag("span", readable(value), class_="big"), " ", unit)
    lines = [tag("div", shown, class_="name"), number, tag("div", time or band, class_="aside")]
    return tag("div", *lines, class_="tile", title=text)


def chart(name, stack):
    total, items = stack.total(), stack.items()
    unit = words(stack.whole)
    content = [charts.legend(stack.parts, total)]
    if stack.has_sum_row:
        content.append(charts.stacked(stack.parts, [("all", total)], unit, share=True))
    content.append(charts.stacked(stack.parts, items[:MOST_BARS], unit))
    if len(items) > MOST_BARS:
        rest = percent(sum(sum(numbers) for _, numbers in items[MOST_BARS:]), sum(total))
        more = f"{len(items) - MOST_BARS} smaller ones, {rest} of all, are in the table {name}."
        content.append(tag("p", more, class_="caption"))
    return tables.section(f"chart-{name}", f"{words(name).capitalize()}: where {unit} went", *content)


def energy(run):
    stack, table_ = stacks.of_energy(run), run.table("energy")
    node = run.summary["energy"].get("node_nm")
    lead = f"Counts times prices{f' of a {node} nm table' if node else ', of several technology nodes or none'}."
    content = []
    if stack:
        content += [charts.legend(stack.parts, stack.total()), charts.stacked(stack.parts, stack.items(), "µJ")]
    if table_:
        caption = "Every price paid: energy = count × energy of one event, and the publication that the price is from."
        content.append(tables.element("energy-rows", columns(run, table_), caption))
    return tables.section("energy", "Energy", *(content or [tag("p", "This result has no energies.")]), lead=lead)


def area(run):
    stack, table_ = stacks.of_area(run), run.table("area")
    if stack is None:
        return tables.section("area", "Area", tag("p", "The machine lists no parts that take room."))
    content = [charts.legend(stack.parts, stack.total()), charts.stacked(stack.parts, stack.items(), "mm²")]
    if table_:
        caption = "All parts: area = count × area of one × what placement and clock tree make of it, and its publication."
        content.append(tables.element("area-rows", columns(run, table_), caption))
    lead = "Memories and logic on the chip that the machine lists; what is not modelled has no area."
    return tables.section("area", "Area", *content, lead=lead)


def columns(run, table_):
    machine, place = run.summary.get("accelerator", ""), f"{table_.name}.csv"
    found = [(c, meanings.metric(machine, place, c.name)) for c in table_.columns]
    return [tables.column(c.name, c.values, c.is_number, meaning) for c, meaning in found]


def table(run, table_):
    return tables.section(table_.name, f"Table: {table_.name}", tables.element(table_.name, columns(run, table_)))


def settings(run):
    """(key, value, meaning) of every key; the workload's begin with workload."""
    machine = run.summary.get("accelerator", "")
    for name, value in flat(run.summary["architecture"]).items():
        yield name, _text(value), meanings.key(machine, name)
    for name, value in flat(run.summary["workload"]).items():
        yield f"workload.{name}", _text(value), meanings.workload_key(name)


def _text(value):
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "(none)"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else readable(value)


def is_default(value, meaning):
    try:
        return float(value.replace("\u202f", "")) == float(meaning.default)
    except ValueError:
        return value == meaning.default


def configuration(run):
    rows = list(settings(run))
    state = [_state(value, meaning) for _, value, meaning in rows]
    cells = [
        tables.column("key", [name for name, _, _ in rows], False, meanings.NONE),
        tables.column("value", [value for _, value, _ in rows], False, meanings.NONE),
        tables.column("unit", [meaning.unit for _, _, meaning in rows], False, meanings.NONE),
        tables.column("against the default", state, False, meanings.NONE),
        tables.column("meaning", [meaning.text for _, _, meaning in rows], False, meanings.NONE),
    ]
    lead = "Every key with the value in use. Units and meanings are those of docs/keys.md beside this script."
    return tables.section("configuration", "Configuration", tables.element("keys", cells), lead=lead)


def _state(value, meaning):
    if meaning == meanings.NONE:
        return "not in docs/keys.md"
    if not meaning.default:
        return "has none"
    return "default" if is_default(value, meaning) else f"default is {meaning.default}"


def notes(runs):
    found = [(run.name, note) for run in runs for note in run.summary.get("notes", [])]
    items = [tag("li", f"{name}: " if len(runs) > 1 else "", note) for name, note in found]
    content = tag("ul", *items) if items else tag("p", "The result has none.")
    return tables.section("notes", "Notes", content, lead="What was not timed, not compared, or left to the host.")
