"""Checkpoints and arrays are data: reading them runs no code, and what is no checkpoint is one line."""

import io
import os
import pickle
import random
import zipfile

import numpy as np
import pytest

from scripts.base.printable import printable
from scripts.models.arrays import read_arrays, write_arrays


class Code:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def object_array(path, trap):
    np.savez(path, a=np.array([Code(trap)], object))


def pickled(path, trap):
    path.write_bytes(pickle.dumps({"model": Code(trap)}))


def text_pickle(path, trap):
    path.write_bytes(pickle.dumps({"model": Code(trap)}, protocol=0))


def as_torch_does(path, trap):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stage/data.pkl", pickle.dumps(Code(trap)))
        archive.writestr("stage/version", "3")


@pytest.mark.parametrize("make", [object_array, pickled, text_pickle, as_torch_does])
def test_pickled_objects_are_refused_and_not_run(tmp_path, make):
    path, trap = tmp_path / "stage.npz", tmp_path / "trap"
    make(path, trap)
    with pytest.raises(SystemExit, match=r"stage.npz: (holds pickled objects|is no npz file)") as caught:
        read_arrays(path)
    assert not trap.exists() and "\n" not in str(caught.value)


def test_arrays_come_back_and_missing_ones_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.arange(3))
    arrays = read_arrays(tmp_path / "a.npz")
    assert arrays["a"].tolist() == [0, 1, 2]
    with pytest.raises(SystemExit, match="a.npz: has no array 'b'"):
        arrays["b"]
    with pytest.raises(SystemExit, match="none.npz: cannot read: No such file"):
        read_arrays(tmp_path / "none.npz")


@pytest.mark.parametrize("compressed", [True, False])
def test_arrays_are_written_whole_or_not_at_all(tmp_path, monkeypatch, compressed):
    path = tmp_path / "a.npz"
    write_arrays(path, {"a": np.arange(3)}, compressed)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError):
        write_arrays(path, {"a": np.arange(4)}, compressed)
    assert read_arrays(path)["a"].tolist() == [0, 1, 2] and list(tmp_path.iterdir()) == [path]


def test_damaged_files_end_in_one_line(tmp_path):
    data = io.BytesIO()
    np.savez_compressed(data, a=np.arange(50), b=np.zeros((3, 4), np.float32))
    draw, refused = random.Random(1), 0
    for _ in range(1_000):
        damaged = bytearray(data.getvalue())
        for _ in range(draw.choice([1, 3, 20])):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        (tmp_path / "d.npz").write_bytes(damaged[: draw.choice([len(damaged), draw.randrange(len(damaged))])])
        try:
            read_arrays(tmp_path / "d.npz")
        except SystemExit as error:
            refused += 1
            assert printable(str(error), None) == str(error)
    assert refused > 500


def test_checkpoints_keep_tensors_and_everything_else(tmp_path):
    torch = pytest.importorskip("torch", reason="python3-torch is not installed")
    from scripts.models import checkpoint

    state = {
        "tensors": {0: torch.rand(2, 3), "b": torch.tensor(True), "c": torch.tensor(3)},
        "plain": [1, 2.5, "text", None, (0.9, 0.98), {}],
    }
    checkpoint.save(state, tmp_path / "s.npz")
    again = checkpoint.load(tmp_path / "s.npz")
    assert again["plain"] == state["plain"] and list(again["tensors"]) == [0, "b", "c"]
    for name, tensor in state["tensors"].items():
        assert torch.equal(again["tensors"][name], tensor) and again["tensors"][name].dtype == tensor.dtype
    first = (tmp_path / "s.npz").read_bytes()
    checkpoint.save(state, tmp_path / "s.npz")
    assert (tmp_path / "s.npz").read_bytes() == first


def test_checkpoints_of_earlier_versions_are_refused_and_not_run(tmp_path):
    torch = pytest.importorskip("torch", reason="python3-torch is not installed")
    from scripts.models import checkpoint

    trap = tmp_path / "trap"
    torch.save({"model": Code(trap), "masks": {}}, tmp_path / "stage.pt")
    for ask in (lambda: checkpoint.load(tmp_path / "stage.pt"), lambda: checkpoint.exists(tmp_path / "stage.npz")):
        with pytest.raises(SystemExit, match="stage.pt: a checkpoint of an earlier version is a pickle"):
            ask()
    (tmp_path / "stage.pt").rename(tmp_path / "stage.npz")
    with pytest.raises(SystemExit, match="stage.npz: holds pickled objects"):
        checkpoint.load(tmp_path / "stage.npz")
    assert not trap.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dict": 3}', '{"tensor": "x"}', '{"a": [], "b": []}', "[" * 9999])
def test_foreign_state_is_refused_in_one_line(tmp_path, text):
    pytest.importorskip("torch", reason="python3-torch is not installed")
    from scripts.models import checkpoint

    np.savez(tmp_path / "s.npz", **{checkpoint.STATE: np.frombuffer(text.encode(), np.uint8)})
    with pytest.raises(SystemExit, match="s.npz: (is no checkpoint|has no array)"):
        checkpoint.load(tmp_path / "s.npz")
