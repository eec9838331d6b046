"""Paragraphs of one LibreOffice help page, keyed by their paragraph id."""

from __future__ import annotations

from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

HELP_FOLDER = Path("/usr/share/libreoffice/help")  # a folder of pages for each language

PARAGRAPH_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
CODE_CLASSES = frozenset({"code", "bascode", "pycode", "sqlcode"})


class ParagraphParser(HTMLParser):
    """Collects the text of paragraphs and headings that have an id, except program listings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: dict[str, list[str]] = defaultdict(list)
        self._id: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in PARAGRAPH_TAGS:
            self._close()
            attributes = dict(attrs)
            classes = set((attributes.get("class") or "").split())
            self._id = None if classes & CODE_CLASSES else attributes.get("id")
        elif tag == "br":
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in PARAGRAPH_TAGS:
            self._close()

    def handle_data(self, data: str) -> None:
        if self._id is not None:
            self._text.append(data)

    def _close(self) -> None:
        if self._id is not None:
            self.paragraphs[self._id].append("".join(self._text))
        self._id, self._text = None, []


def parse_paragraphs(html: str) -> dict[str, list[str]]:
    """Paragraph id -> its texts in page order (a page may embed one paragraph twice)."""
    parser = ParagraphParser()
    parser.feed(html)
    parser.close()
    return dict(parser.paragraphs)
