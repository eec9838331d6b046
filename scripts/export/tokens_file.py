"""TOKENS.json, which says what an ONNX file does not: read strictly, the first mistake named with
its key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.base import input_file
from scripts.export.check_tokens import check_request, check_sentence
from scripts.export.errors import ExportError, TraceError
from scripts.export.graph_fields import nearest
from scripts.export.safetensors import parse_json

REQUIRED = ("bos", "eos", "max_tokens", "calibration", "sentences")
OPTIONAL = ("pieces", "origin")
SENTENCE = ("tokens", "source", "human")
ORIGIN = ("model", "source", "licence", "notes")


def read_tokens(path: Path) -> dict[str, Any]:
    """The file's object, of the right types throughout; what the model's vocabulary must know is
    checked once there is a model.
    """
    try:
        text = input_file.read_bytes(path).decode("utf-8")
    except OSError as error:
        raise ExportError(f"{path}: cannot read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ExportError(f"{path}: is not UTF-8: byte {error.start}") from error
    try:
        tokens = parse_json(text, str(path))
    except TraceError as error:
        raise ExportError(str(error)) from error
    _check_keys(tokens, REQUIRED, OPTIONAL, f"{path}:")
    try:
        check_request(*(tokens[key] for key in REQUIRED[:4]))
        _check_sentences(tokens["sentences"], tokens["max_tokens"])
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from error
    _check_texts(tokens.get("pieces"), f"{path}: pieces")
    _check_origin(tokens.get("origin", {}), f"{path}: origin")
    return tokens


def _check_keys(value: Any, required: tuple, optional: tuple, where: str) -> None:
    if not isinstance(value, dict):
        raise ExportError(f"{where} is {value!r}; use an object {{...}}")
    for key in required:
        if key not in value:
            raise ExportError(f"{where} {key!r} is missing")
    for key in value:
        if key not in (*required, *optional):
            known = (*required, *optional)
            raise ExportError(f"{where} unknown key {key!r}{nearest(key, known)}")


def _check_sentences(sentences: Any, max_tokens: int) -> None:
    if not isinstance(sentences, list) or not sentences:
        raise ExportError('sentences: needs at least one {"tokens": [source tokens]}')
    for i, sentence in enumerate(sentences):
        where = f"sentences: sentence {i}:"
        _check_keys(sentence, SENTENCE[:1], SENTENCE[1:], where)
        check_sentence(sentence["tokens"], max_tokens, f"{where} tokens")
        for key in SENTENCE[1:]:
            _check_text(sentence.get(key, ""), f"{where} {key}")


def _check_texts(pieces: Any, where: str) -> None:
    if pieces is None:
        return
    if not isinstance(pieces, list):
        raise ExportError(f"{where} is {pieces!r}; use a list with a text for each token")
    for i, piece in enumerate(pieces):
        _check_text(piece, f"{where}: piece {i}")


def _check_origin(origin: Any, where: str) -> None:
    _check_keys(origin, (), ORIGIN, where)
    for key, text in origin.items():
        _check_text(text, f"{where}: {key}")


def _check_text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise ExportError(f"{where} is {value!r}; use a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ExportError(f"{where} is {value!r}, which is no valid Unicode") from error


def texts_of(tokens: dict[str, Any]) -> dict[str, list[str]]:
    """Those of the sentences and of the vocabulary, by the names that a trace has for them."""
    found = {"vocabulary": tokens.get("pieces") or []}
    for key in SENTENCE[1:]:
        rows = [sentence[key] for sentence in tokens["sentences"] if key in sentence]
        if rows:
            found[key] = rows
    return found
