"""The safetensors file layout: u64 length, JSON header, raw tensors. Pure numpy, strict on both
sides.

Files written here open with the public safetensors library. Files read here must also keep the
limits that docs/trace-format.md states, so that a C++ reader can map them without copying.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from scripts.base import input_file, output_file
from scripts.export.errors import TraceError

DTYPES = {
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "U16": np.dtype("<u2"),
    "I32": np.dtype("<i4"),
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
MAX_HEADER_BYTES = 16 << 20
MAX_NAME_LENGTH = 256
MAX_RANK = 4
MAX_DEPTH = 8  # of a JSON text
MAX_VALUES = 1_000_000
ALIGNMENT = 64
LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Tensors = dict[str, np.ndarray]
Metadata = dict[str, str]


def write(path: Path, metadata: Metadata, tensors: Tensors) -> None:
    """`path` is either the old file or the whole new one; TraceError when another file, such as
    the model, stands there.
    """
    data = to_bytes(metadata, tensors)
    try:
        output_file.refuse_foreign(path, b'{"__metadata__"', "a trace", begin=64)
    except output_file.ForeignFile as error:
        raise TraceError(f"{path}: {error.strerror}") from None
    output_file.write(path, data)


def to_bytes(metadata: Metadata, tensors: Tensors) -> bytes:
    """Equal content gives equal bytes, whatever the order of the dictionaries' keys."""
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name, tensor in ordered:
        _check_writable(name, tensor)
        begin, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": DTYPE_NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    raw = [np.ascontiguousarray(tensor).tobytes() for _, tensor in ordered]
    return b"".join([len(text).to_bytes(8, "little"), text, *raw])


def _check_writable(name: str, tensor: np.ndarray) -> None:
    check_name(name, "cannot write")
    if tensor.dtype not in DTYPE_NAMES:
        raise TraceError(
            f"cannot write: tensor {name} is {tensor.dtype}, use one of {', '.join(DTYPES)}"
        )
    if not 0 < tensor.ndim <= MAX_RANK or 0 in tensor.shape:
        raise TraceError(
            f"cannot write: tensor {name} has shape {tensor.shape}; "
            f"use 1 to {MAX_RANK} dimensions of at least 1"
        )


def read(path: Path) -> tuple[Metadata, Tensors]:
    """Metadata and read-only arrays; TraceError for a file that breaks any rule."""
    try:
        data = input_file.read_bytes(path)
    except OSError as error:
        raise TraceError(f"{path}: cannot read: {error.strerror}") from error
    return parse(data, str(path))


def parse(data: bytes, file: str) -> tuple[Metadata, Tensors]:
    header, begin = _header(data, file)
    metadata = header.pop("__metadata__", None)
    if metadata is not None and not _is_string_map(metadata):
        raise TraceError(f"{file}: __metadata__ must map strings to strings")
    tensors, end = {}, 0
    for name, entry in header.items():
        dtype, shape, size = _entry(name, entry, end, file)
        if begin + end + size > len(data):
            raise TraceError(
                f"{file}: truncated: tensor {name} ends at byte {begin + end + size}, "
                f"the file at {len(data)}"
            )
        tensors[name] = np.frombuffer(data, dtype, math.prod(shape), begin + end).reshape(shape)
        end += size
    if begin + end != len(data):
        raise TraceError(
            f"{file}: {len(data) - begin - end} bytes after the last tensor; there must be none"
        )
    if metadata is None:
        raise TraceError(f"{file}: __metadata__ is missing; the file must describe itself there")
    return metadata, tensors


def _header(data: bytes, file: str) -> tuple[dict[str, Any], int]:
    """The header's JSON object and the byte at which tensor data begin."""
    if len(data) < 8:
        raise TraceError(
            f"{file}: {len(data)} bytes long; a trace starts with an 8-byte header length"
        )
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise TraceError(
            f"{file}: header of {length} bytes; at most {MAX_HEADER_BYTES} are allowed"
        )
    if 8 + length > len(data):
        raise TraceError(
            f"{file}: truncated: the header ends at byte {8 + length}, the file at {len(data)}"
        )
    if (8 + length) % ALIGNMENT:
        raise TraceError(
            f"{file}: tensor data start at byte {8 + length}; pad to a multiple of {ALIGNMENT}"
        )
    text = data[8 : 8 + length].rstrip(b" ")
    if not text.startswith(b"{"):
        raise TraceError(f"{file}: the header must start with '{{'")
    if not text.endswith(b"}"):
        raise TraceError(f"{file}: the header must end with '}}', then spaces only")
    header = parse_json(text, f"{file}: header")
    return header, 8 + length


def parse_json(text: bytes | str, where: str) -> dict[str, Any]:
    """A JSON object as docs/trace-format.md asks for: what Python's own reader takes besides
    (other encodings, lone surrogates, NaN, -0) is refused.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in pairs:
            if key in result:
                raise TraceError(f"{where}: key {key!r} stands twice in one object")
            result[key] = value
        return result

    def refuse(constant: str) -> None:
        raise TraceError(f"{where}: {constant} is not JSON")

    def whole(digits: str) -> int:
        if digits == "-0":
            raise TraceError(f"{where}: -0 stands where 0 is meant")
        return int(digits)

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=unique, parse_constant=refuse, parse_int=whole
        )
    except (ValueError, RecursionError) as error:
        raise TraceError(f"{where}: not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise TraceError(f"{where}: must be a JSON object")
    _check_extent(value, where)
    return value


def _check_extent(root: Any, where: str) -> None:
    """Depth and number of the values, and texts that UTF-8 can write."""
    level, depth, count = [root], 0, 0
    while level:
        count += len(level)
        if count > MAX_VALUES:
            raise TraceError(f"{where}: more than {MAX_VALUES} values")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                _check_texts(value, where)
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
            elif isinstance(value, str):
                _check_texts([value], where)
        depth += any(isinstance(value, (dict, list)) for value in level)
        if depth > MAX_DEPTH:
            raise TraceError(f"{where}: nested more than {MAX_DEPTH} levels deep")
        level = inner


def _check_texts(texts: Iterable[str], where: str) -> None:
    for text in texts:
        if not text.isascii() and LONE_SURROGATE.search(text):
            raise TraceError(f"{where}: a text holds half of a surrogate pair")


def _entry(name: str, entry: Any, begin: int, file: str) -> tuple[np.dtype, list[int], int]:
    """Dtype, shape and size in bytes of a tensor that must begin at `begin`."""
    check_name(name, file)
    where = f"{file}: tensor {name}"
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise TraceError(f"{where}: needs exactly dtype, shape and data_offsets")
    dtype = DTYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if dtype is None:
        raise TraceError(f"{where}: dtype {entry['dtype']!r}; use one of {', '.join(DTYPES)}")
    shape = entry["shape"]
    if not _are_integers(shape, 1) or not 0 < len(shape) <= MAX_RANK:
        raise TraceError(f"{where}: shape {shape!r}; use 1 to {MAX_RANK} dimensions of at least 1")
    size = math.prod(shape) * dtype.itemsize
    if not _are_integers(entry["data_offsets"], 0) or entry["data_offsets"] != [
        begin,
        begin + size,
    ]:
        raise TraceError(
            f"{where}: data_offsets {entry['data_offsets']!r}; "
            f"shape and order ask for [{begin}, {begin + size}]"
        )
    if begin % dtype.itemsize:
        raise TraceError(f"{where}: not aligned; order tensors by falling element size")
    return dtype, shape, size


def _are_integers(values: Any, least: int) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= least for v in values)


def _is_string_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


def check_name(name: Any, where: str) -> None:
    right = isinstance(name, str) and 0 < len(name) <= MAX_NAME_LENGTH
    if not right or not (name.isascii() and name.isprintable()):
        raise TraceError(
            f"{where}: name {str(name)[:40]!r}; use 1 to {MAX_NAME_LENGTH} printable ASCII characters"
        )
