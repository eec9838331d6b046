"""The timeline of a run, packed for timeline.js: spans by track, samples by series."""

from scripts.reporting import tables
from scripts.reporting.markup import data, tag

MOST_SPANS = 200_000

ABSENT = "The run wrote none. lockstep run … --timeline FROM:TO writes what each unit did in these cycles."


def section(run):
    if run.timeline is None:
        return tables.section("timeline", "Timeline", tag("p", ABSENT))
    packed, left_out = pack(run.timeline)
    about = run.timeline.get("otherData", {})
    notes = [about.get("spans"), about.get("counters")]
    if left_out:
        notes.append(f"the {left_out} jobs that begin last are left out of this page, not of timeline.json")
    caption = f"Jobs: {'; '.join(str(note) for note in notes if note)}."
    return tables.section(
        "timeline",
        "Timeline",
        tag("div", class_="timeline"),
        data("data-timeline", packed),
        tag("p", caption, class_="caption"),
        lead="Drag to move, use the buttons or Ctrl and the wheel to zoom; Perfetto opens timeline.json with more.",
    )


def pack(timeline):
    """Lists of whole numbers by track, begins as distances from the one before, and how many spans do not fit."""
    events = [e for e in timeline.get("traceEvents", []) if isinstance(e, dict)]
    units = {e["tid"]: str(e["args"]["name"]) for e in events if e.get("ph") == "M" and e.get("name") == "thread_name"}
    spans = sorted((e for e in events if e.get("ph") == "X"), key=lambda e: (e["ts"], e["tid"], e["dur"]))
    names, tracks = {}, {tid: _track(unit) for tid, unit in sorted(units.items())}
    for event in spans[:MOST_SPANS]:
        track = tracks[event["tid"]]
        track["name"].append(names.setdefault(str(event["name"]), len(names)))
        track["gap"].append(event["ts"] - track["last"])
        track["last"] = event["ts"]
        track["length"].append(event["dur"])
    about = timeline.get("otherData", {})
    window = {"from": about.get("from_cycle", 0), "to": about.get("to_cycle", 0)}
    packed = window | {"names": list(names), "tracks": list(tracks.values()), "series": _series(events)}
    return packed, max(0, len(spans) - MOST_SPANS)


def _track(unit):
    return {"unit": unit, "name": [], "gap": [], "length": [], "last": 0}


def _series(events):
    found = {}
    for event in events:
        if event.get("ph") == "C":
            ((unit, value),) = event["args"].items()
            one = found.setdefault(event["name"], {"name": event["name"], "unit": unit, "at": [], "value": []})
            one["at"].append(event["ts"])
            one["value"].append(value)
    return list(found.values())
