"""Reads an ONNX file as untrusted: weights that lie outside it only from its own folder, and no
check by the onnx package, whose version decides which files it knows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from scripts.base import input_file
from scripts.export.errors import ExportError

Array = np.ndarray
OPSETS = range(13, 22)
DOMAINS = ("", "ai.onnx")  # two names of the standard one
MAX_ELEMENTS = 2**28  # of one tensor
FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
INTEGERS = {
    TensorProto.INT8, TensorProto.INT16, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8,
    TensorProto.UINT16, TensorProto.UINT32, TensorProto.UINT64, TensorProto.BOOL,
}

REST = 1 << 62  # length of external data that states none


def load(path: Path) -> onnx.GraphProto:
    """The graph with all weights in it; ExportError for anything that is not right."""
    try:
        model = onnx.ModelProto.FromString(input_file.read_bytes(path))
    except OSError as error:
        raise ExportError(f"{path}: cannot read: {error.strerror}") from error
    except Exception as error:  # protobuf raises unrelated kinds for a broken file
        raise ExportError(f"{path}: not a valid ONNX model: {error}") from error
    if not model.opset_import:
        raise ExportError(f"{path}: not a valid ONNX model: it names no opset")
    versions = [entry.version for entry in model.opset_import if entry.domain in DOMAINS]
    if len(versions) != 1 or versions[0] not in OPSETS:
        raise ExportError(
            f"{path}: opset {versions}; export with opset {OPSETS[0]} to {OPSETS[-1]}"
        )
    if model.graph.sparse_initializer:
        raise ExportError(f"{path}: holds sparse weights; export them dense, with zeros")
    for tensor in _tensors(model.graph):
        _take_in(tensor, Path(path))
    return model.graph


def check_once(names: Iterable[str], where: str) -> None:
    """ExportError for a name that is given twice: which one counts, a reader would have to guess."""
    seen = set()
    for name in names:
        if name in seen:
            raise ExportError(f"{where} {name!r} twice; give it once")
        seen.add(name)


def _tensors(graph: onnx.GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _take_in(tensor: TensorProto, path: Path) -> None:
    """Reads what the tensor keeps in another file."""
    if tensor.data_location != TensorProto.EXTERNAL:
        return
    where = f"{path}: weights {tensor.name}"
    check_once((entry.key for entry in tensor.external_data), f"{where}: external data gives")
    entries = {entry.key: entry.value for entry in tensor.external_data}
    file = _neighbour(path, entries.get("location", ""), where)
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", REST))
        with open(file, "rb") as data:
            size = os.fstat(data.fileno()).st_size
            length = size - offset if length == REST else length
            if not 0 <= offset <= offset + length <= size:
                raise ExportError(
                    f"{where}: bytes {offset} to {offset + length} of {file}, which has {size}"
                )
            data.seek(offset)
            tensor.raw_data = data.read(length)
    except OSError as error:
        raise ExportError(
            f"{where} lie in {file}, which cannot be read: {error.strerror}; keep it beside the model"
        ) from error
    except ValueError as error:
        if isinstance(error, ExportError):
            raise
        raise ExportError(f"{where}: offset and length must be whole numbers") from error
    tensor.data_location = TensorProto.DEFAULT
    del tensor.external_data[:]


def _neighbour(path: Path, location: str, where: str) -> Path:
    """The file of that name in the model's folder or below it, links followed."""
    folder = path.parent.resolve()
    try:
        file = (folder / location).resolve()
        inside = file.is_relative_to(folder) and file != folder and ".." not in Path(location).parts
        odd = file.exists() and not file.is_file()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, a circle of links
        inside = False
    if not location or Path(location).is_absolute() or not inside:
        raise ExportError(
            f"{where} lie in {location!r}; external data must lie in the model's own folder"
        )
    if odd:
        raise ExportError(f"{where} lie in {location!r}, which is no file")
    return path.parent / location


def array_of(tensor: TensorProto) -> Array:
    """Its values, floats as float64."""
    if tensor.data_type not in FLOATS | INTEGERS:
        kinds = {number: name for name, number in TensorProto.DataType.items()}
        raise ExportError(
            f"weights {tensor.name} are {kinds.get(tensor.data_type, tensor.data_type)}; "
            "use floats or integers"
        )
    size = 1
    for dimension in tensor.dims:
        size *= dimension
    if any(d < 0 for d in tensor.dims) or size > MAX_ELEMENTS:
        raise ExportError(f"weights {tensor.name} have shape {list(tensor.dims)[:8]}")
    try:
        array = numpy_helper.to_array(tensor)
    except Exception as error:  # numpy, struct and onnx disagree about too few bytes
        raise ExportError(f"weights {tensor.name} cannot be read: {error}") from error
    return widened(array)


def widened(array: Array) -> Array:
    return array.astype(np.float64) if np.issubdtype(array.dtype, np.floating) else array
