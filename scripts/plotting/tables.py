"""What figures are drawn from: results of runs, sweeps and studies, as one table with the columns of summary.csv."""

import difflib
from pathlib import Path

import pandas as pd

from scripts.base import bands, csv_cells, result, terminal
from scripts.plotting.errors import InputError, PlotError
from scripts.sweeping.constraints import Constraint
from scripts.sweeping.errors import SweepError

NAMED_COLUMNS = 12  # in a message, when no name is near


def read(inputs, note=terminal.say):
    """Rows of all inputs, each `PATH` or `NAME=PATH`; with several, a column `input` tells them apart.

    `note` gets a line for each input some of whose rows are left out.
    """
    pairs = [_named(text) for text in inputs]
    frames = [_read_one(path, note).assign(input=name) for name, path in pairs]
    frame = pd.concat(frames, ignore_index=True)
    if frame.empty:
        raise PlotError(f"{', '.join(inputs)}: no rows, or only those of failed points")
    return frame


def _named(text):
    name, equals, path = text.partition("=")
    if equals and not Path(text).exists():
        return name, Path(path)
    return Path(text).parent.name if Path(text).suffix == ".csv" else Path(text).name, Path(text)


def _read_one(path, note):
    try:
        if (path / "summary.json").is_file():
            return pd.DataFrame([run(path)])
        if (path / "summary.csv").is_file():
            return _details(_finished(_csv(path / "summary.csv"), path, note), path / "points")
        if path.is_dir():
            raise InputError(f"{path}: holds neither summary.json (a run) nor summary.csv (a sweep or study)")
        return _finished(_csv(path), path, note)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        raise InputError(f"{path}: cannot be read: {reason}") from None


def _csv(path):
    """Numbers exactly as written: the default of pandas may miss the last digit."""
    return csv_cells.read_frame(path, float_precision="round_trip")


def _finished(frame, path, note):
    """Without the failed points of a sweep."""
    if "status" not in frame:
        return frame
    failed = frame["status"] != "ok"
    if failed.any():
        note(f"{path}: {failed.sum()} failed points of {len(frame)} are left out")
    return frame[~failed].drop(columns=["status", "message"], errors="ignore")


def _details(frame, points):
    """Adds what the points' own results hold beyond the table."""
    if "folder" not in frame or not points.is_dir():
        return frame
    rows = pd.DataFrame([run(points / name) for name in frame["folder"]], index=frame.index)
    return pd.concat([frame, rows[[c for c in rows if c not in frame]]], axis=1)


def run(folder):
    """One result as a row: metrics and their bands (NAME_low, NAME_high), keys, counters and energies under dotted names,
    totals of stalls.csv."""
    try:
        summary = result.read(folder)
    except result.UnreadableResult as error:
        raise InputError(str(error)) from None
    except result.DamagedResult as error:
        raise PlotError(str(error)) from None
    row = {"machine": summary["accelerator"]}
    row |= bands.of_summary(summary)
    row |= flat({key: summary[key] for key in ("counters", "energy", "area", "workload") if summary.get(key)})
    row |= flat(summary["architecture"])
    return row | _stalls(folder / "stalls.csv")


def _stalls(path):
    if not path.is_file():
        return {}
    table = csv_cells.read_frame(path, index_col=0)
    return table.loc["total"].to_dict() if "total" in table.index else {}


def flat(block, prefix=""):
    """Nested blocks as dotted names; lists are left out."""
    found = {}
    for key, value in block.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            found[prefix + key] = value
    return found


def column(frame, name):
    """A column, or arithmetic between columns as `energy_total_uj / sentences`."""
    if name in frame:
        return frame[name]
    try:
        expression = Constraint(name)
        for key in expression.keys:
            _known(frame, key)
        values = expression.value({key: numeric(frame, key) for key in expression.keys})
    except SweepError:
        _known(frame, name)
    return pd.Series(values, frame.index, name=name)


def numeric(frame, name):
    values = column(frame, name)
    if values.dtype == object or values.isna().all():
        raise PlotError(f"column '{name}' holds no numbers")
    return values.astype(float)


def band(frame, name):
    """The ends of the band of a column or of arithmetic between columns (scripts/base/bands.py): the columns NAME_low and
    NAME_high, or none where all ends are the number itself."""
    value, low, high = bands.of(lambda table: numeric(table, name), frame)
    return {} if ((low == high) | value.isna()).all() else dict(zip(bands.columns(name)[1:], (low, high)))


def _known(frame, name):
    if name in frame:
        return
    near = difflib.get_close_matches(name, list(frame), 1, 0.5)
    near = near or [c for c in frame if c.rsplit(".", 1)[-1] == name][:1]
    if near:
        raise PlotError(f"no column '{name}'; the nearest is '{near[0]}'")
    some = ", ".join(list(frame)[:NAMED_COLUMNS])
    raise PlotError(f"no column '{name}'; there are {some}{', …' if frame.shape[1] > NAMED_COLUMNS else ''}")


def where(frame, conditions):
    """Rows for which all conditions hold: `COLUMN=VALUE`, `COLUMN!=VALUE`; no value: the field is empty."""
    for text in conditions:
        name, equals, value = text.partition("=")
        if not equals:
            raise PlotError(f"--where {text}: write COLUMN=VALUE or COLUMN!=VALUE")
        hit = _equal(column(frame, name.removesuffix("!")), value)
        frame = frame[~hit if name.endswith("!") else hit]
        if frame.empty:
            raise PlotError(f"--where {text}: no rows are left")
    return frame


def _equal(values, text):
    if text == "":
        return values.isna()
    try:
        return values.astype(float) == float(text)
    except ValueError:
        return values.map(shown) == text


def shown(value):
    """A value as it stands in labels."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def natural(text):
    """A key for sorting: numbers by value, before other texts."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def names(frame, column_name=None):
    """What to call each row: the column, or those keys of the table that vary."""
    if column_name:
        return column(frame, column_name).map(shown)
    found = [c for c in frame if frame[c].nunique() > 1 and frame[c].dtype == object and c != "folder"]
    if not found:
        numbers = [str(n) for n in range(1, len(frame) + 1)]
        return pd.Series(frame["input"] if len(frame) == 1 else numbers, frame.index)
    return frame[found].apply(lambda row: ", ".join(map(shown, row)), axis=1)


def unique(frame, by, what):
    """Refuses several rows that would be drawn at one place, and tells how they differ."""
    twice = frame[frame.duplicated(by, keep=False)]
    if twice.empty:
        return
    places = twice[by].astype(str)
    first = twice[(places == places.iloc[0]).all(axis=1)]
    differ = [c for c in frame if first[c].nunique() > 1 and c not in by][:NAMED_COLUMNS]
    hint = f"they differ in {', '.join(differ)}: choose with --where" if differ else "they are equal"
    raise PlotError(f"{len(first)} rows for one {what}; {hint}")
