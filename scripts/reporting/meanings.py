"""What numbers and keys mean: docs/metrics.json and docs/keys.json, which are made from the code (docs/json.md)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts.base import bands

DOCS = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True)
class Meaning:
    unit: str
    text: str
    default: str = ""


NONE = Meaning("", "")


def metric(machine, place, name):
    """The definition of a number: `place` is as in docs/metrics.md, "summary.json, metrics" or "layers.csv"."""
    known = _metrics()
    return known.get((machine, place, name)) or known.get(("", place, name)) or NONE


def column(name):
    """The definition of a number of any machine and place, for tables that mix machines."""
    found = _of_any(name)
    return found or _end_of_band(name) or key(None, name.removeprefix("workload."))


def _of_any(name):
    return next((meaning for (_, _, n), meaning in _metrics().items() if n == name), None)


def _end_of_band(name):
    for end, most in zip(bands.ENDS, ("least", "most")):
        whole = name.endswith(f"_{end}") and _of_any(name.removesuffix(f"_{end}"))
        if whole:
            return Meaning(whole.unit, f"the {most} of it with other memory cells: {whole.text}")
    return None


def key(machine, name):
    """A key of an architecture (`machine` says of which), or with None of any file."""
    known = _keys()
    sections = [machine, "workload"] if machine else list(dict.fromkeys(section for section, _ in known))
    return next((known[section, name] for section in sections if (section, name) in known), NONE)


def workload_key(name):
    return _keys().get(("workload", name), NONE)


@cache
def _metrics():
    document = _document("metrics.json")
    sections = [{"name": "", **document}, *document.get("machines", [])]
    return {
        (section["name"], metric["place"].split(" (")[0], metric["name"]): Meaning(metric["unit"], metric["description"])
        for section in sections
        for metric in section.get("metrics", [])
    }


@cache
def _keys():
    return {
        (section["name"], key["key"]): Meaning(key["unit"], key["description"], _text(key["default"]))
        for section in _document("keys.json").get("sections", [])
        for key in section["keys"]
    }


def _text(default):
    if default is None:
        return ""
    return default if isinstance(default, str) else json.dumps(default)


def _document(name):
    path = DOCS / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
