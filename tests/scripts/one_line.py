"""What an exporter may say about an input that it refuses."""

from scripts.base.printable import printable
from scripts.export.errors import ExportError, TraceError


def in_one_line(error):
    text = str(error)
    assert text and printable(text, None) == text and len(text) <= 2000
    assert isinstance(error, (ExportError, TraceError)), type(error)
