"""summary.json of a run, read as a file that anything may have happened to since it was written."""

import json
import math
import os
import stat

from scripts.base import bands, input_file

SCHEMA = "lockstep-result-1"
BLOCKS = ("tool", "options", "metrics", "energy", "counters", "architecture", "workload")
_LARGEST = 256 << 20  # bytes


class DamagedResult(Exception):
    """One line: which file, and what is wrong with it."""


class UnreadableResult(DamagedResult):
    """It is there, but this process cannot read it."""


def read(folder):
    """The result in `folder`: a dict with all of BLOCKS, each metric with a number, a text or None as its value."""
    path = folder / "summary.json"
    summary = _parsed(path, _content(path))
    if not isinstance(summary, dict) or summary.get("schema") != SCHEMA:
        raise DamagedResult(f"{path}: not a result of schema {SCHEMA}; run it again with this version")
    for key in BLOCKS:
        if not isinstance(summary.get(key), dict):
            raise DamagedResult(f"{path}: has no block '{key}'; the file is damaged")
    if not isinstance(summary.get("area"), (dict, type(None))):  # results of earlier versions have none
        raise DamagedResult(f"{path}: 'area' is no block; the file is damaged")
    if not isinstance(summary.get("accelerator"), str):
        raise DamagedResult(f"{path}: names no accelerator; the file is damaged")
    for name, metric in summary["metrics"].items():
        if not _is_metric(metric):
            raise DamagedResult(f"{path}: metrics: '{name}' has no value; the file is damaged")
    _refuse_damaged_bands(path, summary.get("bands", {}))
    return summary


def _refuse_damaged_bands(path, found):
    if not isinstance(found, dict):
        raise DamagedResult(f"{path}: 'bands' is no block; the file is damaged")
    for name, band in found.items():
        if not isinstance(band, dict) or not all(_is_number(band.get(end)) for end in bands.ENDS):
            raise DamagedResult(f"{path}: bands: '{name}' has no low and high; the file is damaged")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _content(path):
    try:
        with open(path, "rb", opener=input_file.open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DamagedResult(f"{path}: is not a file")
            if status.st_size > _LARGEST:
                raise DamagedResult(f"{path}: is larger than any result; the file is damaged")
            return file.read()
    except IsADirectoryError:
        raise DamagedResult(f"{path}: is a folder, not a file") from None
    except OSError as error:
        raise UnreadableResult(f"{path}: cannot be read: {error.strerror}") from None


def _parsed(path, content):
    try:
        text = content.decode("utf-8")
        if "\\ud" in text.lower():  # half of a character, which no file can hold
            json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise DamagedResult(f"{path}: is not JSON; the file is damaged") from None


def _refuse(word):
    raise ValueError(word)


def _finite(digits):
    value = float(digits)
    return value if math.isfinite(value) else _refuse(digits)


def _is_metric(metric):
    if not isinstance(metric, dict) or "value" not in metric or not isinstance(metric.get("unit", ""), str):
        return False
    return metric["value"] is None or isinstance(metric["value"], (int, float, str))
