"""What the numbers of a point depend on: its files, resolved, and the program."""

import copy
import functools
import json
import os
from pathlib import Path

from scripts.sweeping.program import ROOT, digest, digest_of_file
from scripts.sweeping.strict_yaml import load

WORKLOAD = "workload."


def shown(path):
    """Relative to the repository where it can be: the name that the program's messages use."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


@functools.cache
def content(path):
    return load(path)


def value_at(block, key):
    """The value under a dotted key, or None."""
    for word in key.split("."):
        block = block.get(word) if isinstance(block, dict) else None
    return block


def split(settings):
    """Settings of the architecture and of the workload, the latter without their prefix."""
    workload = {key.removeprefix(WORKLOAD): v for key, v in settings.items() if key.startswith(WORKLOAD)}
    return {key: v for key, v in settings.items() if not key.startswith(WORKLOAD)}, workload


def identity(program, machine_file, workload_file, settings, options):
    """A hash that equal points share: other names, comments and orders of keys do not change it."""
    parts = zip((machine_file, workload_file), split(settings))
    resolved = [_resolved(path, overrides) for path, overrides in parts]
    parts = {"program": digest_of_file(program), "inputs": resolved, "options": options}
    return digest(json.dumps(parts, sort_keys=True, default=str).encode())[:20]


def _resolved(path, overrides):
    merged = copy.deepcopy(content(path)) if overrides else content(path)
    for key, value in overrides.items():
        *blocks, last = key.split(".")
        block = merged
        for word in blocks:
            if not isinstance(block.get(word), dict):
                block[word] = {}
            block = block[word]
        block[last] = value
        if value is None:  # removes the key
            del block[last]
    return {"keys": merged, "files": _files(merged, path.parent)}


def _files(value, folder):
    """Digests of the files that the values name, and of those that these name (tables name others), each once."""
    found, pending = {}, [(value, folder)]
    while pending:
        value, folder = pending.pop()
        for path in dict.fromkeys(Path(os.path.normpath(folder / text)) for text in _texts(value)):
            if path in found or not os.path.isfile(path):
                continue
            found[path] = digest_of_file(path)
            if path.suffix == ".yaml":
                pending.append((content(path), path.parent))
    return list(found.values())


def _texts(value):
    """Those that could be names of files."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) and 0 < len(value) <= 1000 else []
