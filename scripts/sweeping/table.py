"""summary.csv: one row a point, in the order of the sweep file; equal bytes however the points were run."""

import io
import json
import os

from scripts.base import bands, csv_cells
from scripts.sweeping import inputs
from scripts.sweeping.errors import FileError


def rows(design, names, results, failures):
    """A header, then a row a point: `names` are its folder, `failures` folder -> message."""
    finished = [results[name] for name in names if name in results]
    metrics = _metrics(finished)
    keys = design.setting_names
    more = [column for column in dict.fromkeys(design.columns) if column not in metrics]
    yield ["point", "machine", "workload", *keys, "status", "message", "folder", *metrics, *more]
    for number, (point, name) in enumerate(zip(design.points, names), 1):
        summary = results.get(name)
        settings = [_text(_in_use(point, key, summary)) for key in keys]
        status = ["ok", ""] if summary else ["failed", failures.get(name, "")]
        numbers = [_text(value) for value in _numbers(summary, metrics, more)]
        yield [number, point.machine.name, point.workload.name, *settings, *status, name, *numbers]


def _in_use(point, key, summary):
    """The point's own setting; else, as for a key that only other machines vary, what the run used. None: it has no such key."""
    if summary is None or point.settings.get(key) is not None:
        return point.settings.get(key)
    of_workload = key.startswith(inputs.WORKLOAD)
    block = summary.get("workload" if of_workload else "architecture")
    return inputs.value_at(block, key.removeprefix(inputs.WORKLOAD))


def _metrics(finished):
    """Names of all metrics, and after one with a band those of its ends."""
    names = dict.fromkeys(metric for summary in finished for metric in summary["metrics"])
    present = {column for summary in finished for column in bands.of_summary(summary)}
    return [column for name in names for column in bands.columns(name) if column in present]


def _numbers(summary, metrics, columns):
    if not summary:
        return [None] * (len(metrics) + len(columns))
    values = bands.of_summary(summary)
    return [values.get(name) for name in metrics] + [inputs.value_at(summary, column) for column in columns]


def _text(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def write(path, lines):
    text = io.StringIO()
    csv_cells.write_rows(text, lines)
    write_whole(path, text.getvalue())


def write_whole(path, text):
    """Either the old or the new file is there, never a part."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FileError(f"{path}: cannot be written: {error.strerror}") from None
