"""What numbers and keys mean: the definitions of docs/metrics.md and docs/keys.md, which are made from the code."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
    known = _metrics()
    found = [meaning for (_, _, n), meaning in known.items() if n == name]
    return found[0] if found else key(None, name.removeprefix("workload."))


def key(machine, name):
    """A key of an architecture (`machine` says of which), or with None of any file."""
    known = _keys()
    sections = [machine, "workload"] if machine else list(dict.fromkeys(section for section, _ in known))
    return next((known[section, name] for section in sections if (section, name) in known), NONE)


def workload_key(name):
    return _keys().get(("workload", name), NONE)


@cache
def _metrics():
    found, machine, place = {}, "", ""
    for line in _lines("metrics.md"):
        if line.startswith("## "):
            machine = "" if line == "## Every machine" else line[3:]
        elif line.startswith("### "):
            place = line[4:].split(" (")[0]
        elif cells := _cells(line):
            found[machine, place, cells[0]] = Meaning(cells[1], cells[2])
    return found


@cache
def _keys():
    found, section = {}, ""
    for line in _lines("keys.md"):
        if line.startswith("## "):
            section = line[3:].split()[0]
        elif (cells := _cells(line)) and len(cells) >= 6:
            default = "" if cells[4] == "required" else cells[4]
            found.setdefault((section, cells[0]), Meaning(cells[2], cells[5], default))
    return found


def _lines(name):
    path = DOCS / name
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _cells(line):
    """The cells of a row that describes a name; None for other lines."""
    if not line.startswith("| `"):
        return None
    cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
    return [cells[0].strip("`"), *cells[1:]]
