"""What a report reads: the files that runs and sweeps wrote. host.json is left out, it differs between equal runs."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from scripts.base import csv_cells, result
from scripts.reporting.errors import FileError, ReportError


@dataclass
class Column:
    name: str
    values: list  # all numbers, or all text; a number field may be None
    is_number: bool


@dataclass
class Table:
    """A CSV file."""

    name: str
    columns: list

    @property
    def rows(self):
        return len(self.columns[0].values) if self.columns else 0

    def column(self, name):
        return next((c for c in self.columns if c.name == name), None)


@dataclass
class Run:
    name: str
    path: Path
    summary: dict
    tables: list = field(default_factory=list)
    timeline: dict | None = None

    def table(self, name):
        return next((t for t in self.tables if t.name == name), None)


@dataclass
class Sweep:
    name: str
    path: Path
    points: Table


def read(words):
    """Runs and sweeps of the folders, each `DIR` or `NAME=DIR`; names are made unique."""
    found, taken = [], set()
    for word in words:
        name, path = _named(word)
        unique, number = name, 2
        while unique in taken:
            unique, number = f"{name} ({number})", number + 1
        taken.add(unique)
        found.append(_read_folder(unique, path))
    return found


def _named(word):
    name, equals, path = word.partition("=")
    if equals and name and not Path(word).exists():
        return name, Path(path)
    return Path(word).resolve().name, Path(word)


def _read_folder(name, path):
    if (path / "summary.json").is_file():
        return _run(name, path)
    if (path / "summary.csv").is_file():
        return Sweep(name, path, _table(path / "summary.csv"))
    if not path.is_dir():
        raise FileError(f"{path}: there is no such folder")
    raise ReportError(f"{path}: holds neither summary.json (a run) nor summary.csv (a sweep)")


def _run(name, path):
    try:
        summary = result.read(path)
    except result.UnreadableResult as error:
        raise FileError(str(error)) from None
    except result.DamagedResult as error:
        raise ReportError(str(error)) from None
    tables = [_table(file) for file in sorted(path.glob("*.csv"))]
    timeline = path / "timeline.json"
    return Run(name, path, summary, tables, _json(timeline) if timeline.is_file() else None)


def _text(path):
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def _json(path):
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError):
        raise ReportError(f"{path}: is not JSON; the file is damaged") from None


def _table(path):
    rows = _rows(path)
    header, rows = (rows[0], rows[1:]) if rows else ([], [])
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ReportError(f"{path}: row {number} has {len(row)} fields, the header {len(header)}")
    columns = zip(*rows) if rows else ([] for _ in header)
    return Table(path.stem, [_column(name, list(cells)) for name, cells in zip(header, columns)])


def _rows(path):
    """Only `\n`, `\r` and both end a row, and none of them inside quotes, whatever else divides lines elsewhere."""
    csv.field_size_limit(1 << 30)
    try:
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            return list(csv.reader(file, strict=True))
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise ReportError(f"{path}: is not CSV; the file is damaged ({error})") from None


def _column(name, cells):
    name, cells = csv_cells.original(name), [csv_cells.original(cell) for cell in cells]
    numbers = [_number(cell) for cell in cells]
    if any(n is not None for n in numbers) and all(n is not None or c == "" for n, c in zip(numbers, cells)):
        return Column(name, numbers, True)
    return Column(name, cells, False)


def _number(cell):
    """A plain decimal number, whole when written so; None when it is none, or too large for a double."""
    if not cell or cell[-1] not in "0123456789." or not cell.isascii() or "_" in cell or cell[0] in " nNiI":
        return None
    try:
        return int(cell)
    except ValueError:
        pass
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
