"""The texts in a file's `__metadata__`: its schema, JSON objects by name, and where it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from scripts.export.errors import TraceError
from scripts.export.graph_fields import nearest
from scripts.export.safetensors import Metadata, parse_json


@dataclass(frozen=True)
class Origin:
    """Where a file comes from. No dates and no machine paths: equal models give equal files."""

    model: str
    framework: str
    exporter: str
    source: str
    licence: str
    notes: str = ""


def written_parts(schema: str, parts: dict[str, Any]) -> Metadata:
    texts = {name: json.dumps(part, separators=(",", ":")) for name, part in parts.items()}
    return {"schema": schema} | texts


def parse_parts(
    metadata: Metadata, schemas: tuple[str, ...], names: tuple[str, ...], file: str
) -> list[dict[str, Any]]:
    """The JSON objects of these names, which must be there, beside the schema, and nothing else."""
    if metadata.get("schema") not in schemas:
        known = " and ".join(map(repr, schemas))
        raise TraceError(f"{file}: schema {metadata.get('schema')!r}; this reader knows {known}")
    for name in names:
        if name not in metadata:
            raise TraceError(f"{file}: __metadata__ lacks {name!r}")
    known = ("schema", *names)
    for key in sorted(metadata.keys() - known):
        raise TraceError(f"{file}: unknown __metadata__ key {key!r}{nearest(key, known)}")
    return [parse_json(metadata[name], f"{file}: {name}") for name in names]


def check_keys(value: Any, keys: tuple[str, ...], where: str) -> None:
    if not isinstance(value, dict):
        raise TraceError(f"{where} must be an object")
    for key in keys:
        if key not in value:
            raise TraceError(f"{where} lacks {key!r}")
    for key in sorted(value.keys() - keys):
        raise TraceError(f"{where} has an unknown key {key!r}{nearest(key, keys)}")


def check_origin(origin: dict[str, str], file: str) -> None:
    check_keys(origin, tuple(f.name for f in fields(Origin)), f"{file}: origin")
    for key, text in origin.items():
        if not isinstance(text, str):
            raise TraceError(f"{file}: origin: {key} is {text!r}; use a text")
