"""What can go wrong with a trace or an export, as the user's mistake."""

from __future__ import annotations

from scripts.base.printable import printable

LINE = 1000  # characters of a message


class TraceError(Exception):
    """A trace that does not keep the format; the message names the file and what would be right."""


class ExportError(ValueError):
    """An export that cannot be made, in one printable line: what is wrong and what would be right."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, LINE))


class UnsupportedOperator(ExportError):
    """A part of a model that a trace cannot express; names the part, its kind and a way out."""

    def __init__(self, where: str, kind: str, remedy: str) -> None:
        super().__init__(f"{where}: {kind} cannot be exported; {remedy}")
        self.where, self.kind, self.remedy = where, kind, remedy
