"""Rows of CSV that end in LF and can hold any text."""

import csv


def write(file, rows):
    """Python's writer leaves a carriage return bare when its lines end in LF alone; a reader takes it for their end."""
    csv.writer(_LineFeeds(file), lineterminator="\r\n").writerows(rows)


class _LineFeeds:
    def __init__(self, file):
        self._file = file

    def write(self, row):
        self._file.write(row.removesuffix("\r\n") + "\n")
