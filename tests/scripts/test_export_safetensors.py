"""The file layout: what is written reads back, equal content gives equal bytes, broken files are named."""

import json

import numpy as np
import pytest

from scripts.export import safetensors
from scripts.export.errors import TraceError

TENSORS = {
    "b.bytes": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "a.int8": np.array([-128, 127], np.int8),
    "c.words": np.array([[[65535]]], np.uint16),
    "d.int32": np.array([-(2**31), 2**31 - 1, 0], np.int32),
}


def with_header(header, data=b""):
    """A file of this header (text, bytes or an object) and these tensor bytes."""
    text = header if isinstance(header, (str, bytes)) else json.dumps(header)
    text = text.encode() if isinstance(text, str) else text
    text += b" " * (-(8 + len(text)) % 64)
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="I8", shape=(2,), offsets=(0, 2)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_round_trip(tmp_path):
    path = tmp_path / "t.safetensors"
    safetensors.write(path, {"key": "välue"}, TENSORS)
    metadata, tensors = safetensors.read(path)
    assert metadata == {"key": "välue"}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(tensors[name], tensor)


def test_tensors_are_aligned_and_ordered_by_size_then_name():
    data = safetensors.to_bytes({}, TENSORS)
    length = int.from_bytes(data[:8], "little")
    assert (8 + length) % 64 == 0
    header = json.loads(data[8 : 8 + length])
    assert list(header) == ["__metadata__", "d.int32", "c.words", "a.int8", "b.bytes"]
    assert header["c.words"]["data_offsets"] == [12, 14]
    assert data[8 + length :][:4] == b"\x00\x00\x00\x80"  # -2^31, little endian


def test_order_of_dictionaries_does_not_change_the_bytes():
    turned = dict(reversed(TENSORS.items()))
    assert safetensors.to_bytes({"a": "1", "b": "2"}, TENSORS) == safetensors.to_bytes(
        {"b": "2", "a": "1"}, turned
    )


def test_arrays_with_strides_are_written_in_row_major_order():
    square = np.arange(9, dtype=np.int8).reshape(3, 3)
    assert safetensors.to_bytes({}, {"t": square.T}).endswith(bytes([0, 3, 6, 1, 4, 7, 2, 5, 8]))


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "t.safetensors"
    safetensors.write(path, {}, TENSORS)
    before = path.read_bytes()

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors.output_file.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        safetensors.write(path, {}, {"a": TENSORS["a.int8"]})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (np.zeros(2, np.float32), "is float32, use one of I8, U8, U16, I32"),
        (np.zeros((2, 0), np.int8), r"shape \(2, 0\); use 1 to 4 dimensions of at least 1"),
        (np.zeros((), np.int8), r"shape \(\); use 1 to 4"),
        (np.zeros((1,) * 5, np.int8), "use 1 to 4 dimensions"),
    ],
)
def test_unwritable_tensors_are_named(tensor, message):
    with pytest.raises(TraceError, match=message):
        safetensors.to_bytes({}, {"t": tensor})


BROKEN = {
    "empty": (b"", "0 bytes long; a trace starts with an 8-byte header length"),
    "huge header": (b"\xff" * 8 + b"{}", "at most 16777216 are allowed"),
    "short header": ((120).to_bytes(8, "little") + b"{}", "truncated: the header ends at byte 128"),
    "unpadded": ((2).to_bytes(8, "little") + b"{}", "pad to a multiple of 64"),
    "leading space": (with_header(b" {}"), "must start with '{'"),
    "not JSON": (with_header("{,}"), "not valid JSON"),
    "not UTF-8": (with_header(b'{"\xff": 1}'), "not valid JSON"),
    "NaN": (with_header('{"a": NaN}'), "NaN is not JSON"),
    "deep": (with_header('{"a":' + "[" * 100000 + "]" * 100000 + "}"), "not valid JSON"),
    "twice": (with_header('{"a": 1, "a": 2}'), "key 'a' stands twice"),
    "metadata": (with_header({"__metadata__": {"a": 1}}), "must map strings to strings"),
    "entry": (with_header({"t": [1]}), "t: needs exactly dtype, shape and data_offsets"),
    "dtype": (with_header({"t": entry("F64")}), "dtype 'F64'; use one of"),
    "dtype kind": (with_header({"t": entry(["I8"])}), r"dtype \['I8'\]; use one of"),
    "rank": (with_header({"t": entry(shape=[1] * 5)}), "use 1 to 4 dimensions"),
    "zero": (with_header({"t": entry(shape=[0], offsets=[0, 0])}), "dimensions of at least 1"),
    "negative": (with_header({"t": entry(shape=[-2])}), "dimensions of at least 1"),
    "fraction": (with_header({"t": entry(shape=[2.0])}), "dimensions of at least 1"),
    "huge": (with_header({"t": entry(shape=[2**40] * 3)}), "ask for"),
    "size": (with_header({"t": entry(offsets=[0, 3])}, b"123"), r"ask for \[0, 2\]"),
    "hole": (with_header({"t": entry(offsets=[1, 3])}, b"123"), r"ask for \[0, 2\]"),
    "truncated": (with_header({"t": entry()}, b"1"), "truncated: tensor t ends at byte"),
    "trailing": (with_header({"t": entry()}, b"123"), "1 bytes after the last tensor"),
    "order": (
        with_header({"a": entry(), "b": entry("I32", [1], [2, 6])}, b"123456"),
        "b: not aligned; order tensors by falling element size",
    ),
    "name": (with_header({"t\n": entry()}, b"12"), "1 to 256 printable ASCII"),
    "long name": (with_header({"t" * 257: entry()}, b"12"), "1 to 256 printable ASCII"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_file_is_named_with_what_would_be_right(tmp_path, case):
    data, message = BROKEN[case]
    path = tmp_path / "broken.safetensors"
    path.write_bytes(data)
    with pytest.raises(TraceError, match=message) as error:
        safetensors.read(path)
    assert str(error.value).startswith(str(path))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(TraceError, match="missing: cannot read: No such file"):
        safetensors.read(tmp_path / "missing")


def test_every_truncation_of_a_file_is_refused():
    data = safetensors.to_bytes({"key": "value"}, TENSORS)
    for size in range(len(data)):
        with pytest.raises(TraceError):
            safetensors.parse(data[:size], "cut")
