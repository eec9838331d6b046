"""Reads and writes npz files as data: never an object of Python, whose reading may run code."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from scripts.base import output_file
from scripts.base.printable import printable

PICKLE = b"\x80"  # the first byte of every binary protocol


class Arrays(dict):
    """By name; SystemExit for one that the file lacks."""

    def __init__(self, path: Path, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.path = path

    def __missing__(self, name: str) -> None:
        raise SystemExit(f"{self.path}: has no array {name!r}; make it again with this version")


def read_arrays(path: Path) -> Arrays:
    """All arrays of the file; SystemExit in one line for what is none or cannot be read."""
    try:
        with open(path, "rb") as file:
            if file.read(1) == PICKLE:
                raise _pickled(path)
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                if any(name.endswith(".pkl") for name in archive.namelist()):
                    raise _pickled(path)
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                return Arrays(path, {name: arrays[name] for name in arrays.files})
    except OSError as error:
        raise SystemExit(f"{path}: cannot read: {error.strerror or error}") from error
    except (ValueError, KeyError, EOFError, MemoryError, NotImplementedError, RuntimeError,
            SyntaxError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise _pickled(path) from error
        text = printable(" ".join(str(error).split()))
        raise SystemExit(f"{path}: is no npz file of arrays: {text}") from error


def write_arrays(path: Path, arrays: dict[str, np.ndarray], compressed: bool = False) -> None:
    """The file is either the old one or the whole new one, whenever the process dies."""
    content = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(content, **arrays)
    output_file.write(path, content.getvalue())


def _pickled(path: Path) -> SystemExit:
    return SystemExit(
        f"{path}: holds pickled objects, which could run code when they are read; "
        "make it again with this version"
    )
