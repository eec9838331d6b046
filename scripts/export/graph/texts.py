"""Texts for people: sentences, what people made of them, and the pieces of a vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.export.errors import ExportError
from scripts.export.graph_fields import nearest
from scripts.export.ragged import flatten_text
from scripts.export.safetensors import Tensors

TEXTS = ("source", "human", "vocabulary")


def check_texts(texts: Any, kind: str, samples: int) -> None:
    if not isinstance(texts, Mapping):
        raise ExportError(f"texts is {texts!r}; use a dictionary of lists: {', '.join(TEXTS)}")
    for key, rows in texts.items():
        if key not in TEXTS:
            raise ExportError(f"texts: unknown key {key!r}{nearest(key, TEXTS)}; use {', '.join(TEXTS)}")
        if kind == "feed_forward":
            raise ExportError(f"texts: {key!r} of a model without tokens; leave it out")
        for i, text in enumerate(_rows(key, rows)):
            if not isinstance(text, str) or not _is_unicode(text):
                raise ExportError(f"texts: {key}: number {i} is {text!r}; use a text")
        if key != "vocabulary" and len(rows) != samples:
            raise ExportError(f"texts: {len(rows)} of {key!r} for {samples} samples; give one each or none")


def _rows(key: str, rows: Any) -> Sequence[Any]:
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Sequence):
        raise ExportError(f"texts: {key} is {str(rows)[:80]!r}; use a list of texts")
    return rows


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def text_tensors(texts: Mapping[str, Sequence[str]], tokens: int | None) -> Tensors:
    """`tokens`: how many pieces the vocabulary has; None: any number."""
    pieces = texts.get("vocabulary", [])
    if tokens is not None and len(pieces) not in (0, tokens):
        raise ExportError(f"texts: {len(pieces)} of 'vocabulary'; the model has {tokens} tokens")
    found: Tensors = {}
    for key, rows in texts.items():
        if any(rows):
            found |= flatten_text(f"text.{key}", rows)
    return found
