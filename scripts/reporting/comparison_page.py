"""The sections of a report on several runs; the first one is what the others are compared with."""

from scripts.reporting import charts, meanings, roofline, run_page, stacks, tables
from scripts.reporting.markup import data, tag
from scripts.reporting.numbers import readable, words
from scripts.reporting.stacks import Stack

_ENERGIES = ("pJ", "nJ", "uJ", "mJ", "mW", "W", "pJ s")
_WITH_LEAKAGE = ("energy_total_uj", "average_power_mw", "energy_delay_pj_s")
_WITHOUT_LEAKAGE = ("energy_dynamic_uj", "energy_clock_uj")


def title(runs):
    machines = list(dict.fromkeys(run_page.title(run) for run in runs))
    return f"{len(runs)} runs: {', '.join(machines)}"


def sections(runs):
    parts = [("summary", "Summary", _summary(runs))]
    common = [name for name in stacks.all_of(runs[0]) if all(name in stacks.all_of(run) for run in runs[1:])]
    for name in sorted(common, key=lambda n: (n != "units", n)):
        parts.append((f"chart-{name}", f"{name} chart", _stack_section(name, runs)))
    parts.append(("energy", "Energy", _energy(runs)))
    parts.append(("area", "Area", _area(runs)))
    parts.append(("roofline", "Roofline", roofline.section(runs)))
    for table in run_page.ordered(runs[0].tables):
        identifier = f"{table.name}-rows" if table.name in stacks.PRICED else table.name
        if content := _joined(table.name, identifier, runs):
            parts.append((identifier, identifier.replace("-", " "), content))
    parts.append(("configuration", "Configuration", _configuration(runs)))
    parts.append(("notes", "Notes", run_page.notes(runs)))
    return parts


def _summary(runs):
    values = [run.summary["metrics"] for run in runs]
    names = list(dict.fromkeys(name for metrics in values for name in metrics))
    quotients = [f"{run.name} / {runs[0].name}{part}" for run in runs[1:] for part in ("", ", without leakage")]
    header = ["metric", "unit", *(run.name for run in runs), *quotients, "definition"]
    rows = []
    for name in names:
        found = [metrics.get(name, {}).get("value") for metrics in values]
        unit = next(metrics[name].get("unit", "") for metrics in values if name in metrics)
        text = next((m.text for m in (_meaning(run, name) for run in runs) if m.text), "")
        ratios = [ratio for run in runs[1:] for ratio in _ratios(name, unit, run.summary, runs[0].summary)]
        shown = [readable(value) if value is not None else "–" for value in found]
        rows.append((tag("code", name), unit, *shown, *ratios, text))
    workloads = list(dict.fromkeys(str(run.summary.get("workload_description")) for run in runs))
    leads = [tag("p", text, class_="lead") for text in workloads]
    warning = _warning("The runs have different workloads.") if len(workloads) > 1 else None
    table = tables.static(header, rows, set(range(2, len(header) - 1)))
    return tables.section("summary", "Summary", *leads, warning, table)


def _warning(text):
    return tag("p", text, class_="cut")


def _meaning(run, name):
    return meanings.metric(run.summary.get("accelerator", ""), "summary.json, metrics", name)


def _ratios(name, unit, summary, first):
    """Quotient, and for energies and powers the one without leakage, which no ratio of energies stands without."""
    values = [part["metrics"].get(name, {}).get("value") for part in (summary, first)]
    if unit not in _ENERGIES:
        return _ratio(*values), "–"
    if name in _WITH_LEAKAGE:
        return _ratio(*values), _ratio(*(_without_leakage(*pair) for pair in zip(values, (summary, first))))
    if name in _WITHOUT_LEAKAGE:
        return _ratio(*values), _ratio(*values)
    return (_ratio(*values) if name == "energy_leakage_uj" else "–"), "–"


def _without_leakage(value, summary):
    energy = summary["energy"]
    return value * (1 - energy["leakage_pj"] / energy["total_pj"]) if value and energy["total_pj"] else value


def _ratio(value, first):
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (value, first))
    return f"{value / first:.4g}" if numbers and first else "–"


def _aligned(found):
    """Stacks with the same parts in the same order, zeros where one has none."""
    parts = list(dict.fromkeys(part for stack in found for part in stack.parts))

    def of(stack, numbers):
        known = dict(zip(stack.parts, numbers))
        return [known.get(part, 0) for part in parts]

    return parts, [[(name, of(stack, numbers)) for name, numbers in stack.rows] for stack in found]


def _stack_section(name, runs):
    found = [stacks.all_of(run)[name] for run in runs]
    parts, rows = _aligned(found)
    unit = words(found[0].whole)
    content = [charts.legend(parts)]
    if found[0].has_sum_row:
        totals = [(run.name, Stack("", parts, r).total()) for run, r in zip(runs, rows)]
        content += [charts.stacked(parts, totals, unit), tag("h3", "As shares")]
        content.append(charts.stacked(parts, totals, unit, share=True))
    else:
        for row in list(dict.fromkeys(row for r in rows for row, _ in r))[: run_page.MOST_BARS]:
            bars = [(run.name, dict(r)[row]) for run, r in zip(runs, rows) if row in dict(r)]
            content += [tag("h3", words(row)), charts.stacked(parts, bars, unit, share=True)]
    return tables.section(f"chart-{name}", f"{words(name).capitalize()}: where {unit} went", *content)


def _energy(runs):
    content = _by_part_and_unit(runs, stacks.of_energy, "µJ") or [tag("p", "These results have no energies.")]
    nodes = {run.summary["energy"].get("node_nm") for run in runs}
    warning = _warning("The runs have energy tables of different technology nodes.") if len(nodes) > 1 else None
    return tables.section("energy", "Energy", warning, *content)


def _area(runs):
    none = [tag("p", "These machines list no parts that take room.")]
    return tables.section("area", "Area", *(_by_part_and_unit(runs, stacks.of_area, "mm²") or none))


def _by_part_and_unit(runs, stack_of, unit_of_sum):
    """Charts of the runs that have a stack; none when no run has."""
    found = [(run, stack) for run in runs if (stack := stack_of(run))]
    if not found:
        return []
    parts, rows = _aligned([stack for _, stack in found])
    totals = [(run.name, Stack("", parts, r).total()) for (run, _), r in zip(found, rows)]
    units = list(dict.fromkeys(unit for r in rows for unit, _ in r))
    by_unit = [(run.name, [sum(dict(r).get(unit, [0])) for unit in units]) for (run, _), r in zip(found, rows)]
    by_part = [tag("h3", "By part"), charts.legend(parts), charts.stacked(parts, totals, unit_of_sum)]
    by_part += [charts.stacked(parts, totals, unit_of_sum, share=True)]
    return [*by_part, tag("h3", "By unit"), charts.legend(units), charts.stacked(units, by_unit, unit_of_sum)]


def _joined(name, identifier, runs):
    """One table of all runs: rows of equal text cells side by side, a measure chosen on the page."""
    found = [run.table(name) for run in runs]
    if any(table is None or table.rows == 0 for table in found):
        return None
    keys = [c.name for c in found[0].columns if not c.is_number]
    measures = [c.name for c in found[0].columns if c.is_number and all(t.column(c.name) for t in found)]
    if not keys and measures and all(_distinct(table.column(measures[0])) for table in found):
        keys, measures = measures[:1], measures[1:]  # rows that a number tells apart
    keys = [key for key in keys if all(table.column(key) for table in found)]
    if not keys or not measures:
        return None
    index = [_first_rows(zip(*(t.column(key).values for key in keys))) for t in found]
    rows = list(dict.fromkeys(row for known in index for row in known))

    def meaning(column):
        return meanings.metric(runs[0].summary.get("accelerator", ""), f"{name}.csv", column)

    def values(measure):
        return [[_at(t.column(measure), known.get(row)) for row in rows] for t, known in zip(found, index)]

    packed = {
        "keys": [tables.column(k, [row[i] for row in rows], False, meaning(k)) for i, k in enumerate(keys)],
        "runs": [run.name for run in runs],
        "measures": [tables.column(m, [], True, meaning(m)) for m in measures],
        "values": [values(m) for m in measures],
    }
    holder = tag("div", class_="measures", data_table=identifier)
    return tables.section(identifier, f"Table: {name}", holder, data(f"data-{identifier}", packed))


def _distinct(column):
    return len(set(column.values)) == len(column.values)


def _first_rows(keys):
    """Key -> number of the first row that has it."""
    found = {}
    for number, key in enumerate(keys):
        found.setdefault(key, number)
    return found


def _at(column, row):
    return None if row is None else column.values[row]


def _configuration(runs):
    found = [{name: (value, meaning) for name, value, meaning in run_page.settings(run)} for run in runs]
    names = list(dict.fromkeys(name for settings in found for name in settings))
    rows = []
    for name in names:
        values = [settings[name][0] if name in settings else "–" for settings in found]
        meaning = next(settings[name][1] for settings in found if name in settings)
        rows.append((len(set(values)) > 1, name, values, meaning))
    differ = [_setting(*row) for row in rows if row[0]]
    same = [_setting(*row) for row in rows if not row[0]]
    header = ["key", *(run.name for run in runs), "unit", "meaning"]
    table = tables.static(header, differ) if differ else tag("p", "All keys have the same values.")
    alike = tables.static(["key", "value", "unit", "meaning"], same)
    folded = tables.folded(f"Keys with the same value in all runs: {len(same)}", alike)
    lead = "Keys in which the runs differ; units and meanings are those of docs/keys.md beside this script."
    return tables.section("configuration", "Configuration", table, folded, lead=lead)


def _setting(differs, name, values, meaning):
    return (tag("code", name), *(values if differs else values[:1]), meaning.unit, meaning.text)
