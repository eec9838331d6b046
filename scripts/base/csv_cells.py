"""Texts in CSV files: what a spreadsheet would take for a formula gets a ' in front, which reading takes off again.

Such texts begin with = + - @, a tab or a carriage return and are no numbers. One that has a ' before such a sign already
gets one more, so that every text is read as it was written. The program writes its tables by the same rule.
"""

import csv
import io
import re

from scripts.base import csv_rows

_NUMBER = re.compile(r"-[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NEUTRAL = re.compile(r"'+[=+\-@\t\r]")


def neutral(text):
    """As it stands in a CSV file."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def original(text):
    """The reverse of `neutral`."""
    return text[1:] if _NEUTRAL.match(text) else text


def write_rows(file, rows):
    """Rows of texts and numbers, each line ended by LF."""
    csv_rows.write(file, ([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows))


def read_frame(path, **options):
    """A table of pandas with the texts as they were; only an empty cell is none."""
    import pandas

    frame = pandas.read_csv(path, encoding="utf-8", keep_default_na=False, na_values=[""], **options)
    return _mapped(frame, original)


def write_frame(frame, target, **options):
    """`target` is a path or an open file of text."""
    csv.field_size_limit(1 << 30)
    rows = csv.reader(io.StringIO(_mapped(frame, neutral).to_csv(index=False, lineterminator="\r\n", **options), newline=""))
    if hasattr(target, "write"):
        csv_rows.write(target, rows)
        return
    with open(target, "w", newline="", encoding="utf-8") as file:
        csv_rows.write(file, rows)


def _mapped(frame, change):
    frame = frame.rename(columns=lambda name: change(name) if isinstance(name, str) else name)
    of_texts = [name for name in frame if frame[name].dtype == object]
    texts = {name: frame[name].map(lambda cell: change(cell) if isinstance(cell, str) else cell) for name in of_texts}
    return frame.assign(**texts)
