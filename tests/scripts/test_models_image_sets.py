"""Image sets of the PoET-BiN trainer: IDX and npz files, and the two that Debian packages."""

import gzip
import struct

import numpy as np
import pytest

from scripts.models import image_sets


def idx(array):
    """An IDX file as its published description has it."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def write_idx_folder(folder, compressed=False):
    arrays = {
        "train-images-idx3-ubyte": pixels(6, 4, 5),
        "train-labels-idx1-ubyte": np.arange(6, dtype=np.uint8) % 3,
        "t10k-images-idx3-ubyte": pixels(2, 4, 5),
        "t10k-labels-idx1-ubyte": np.array([1, 2], np.uint8),
    }
    for name, array in arrays.items():
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (folder / name).write_bytes(idx(array))
    return arrays


@pytest.mark.parametrize("compressed", [False, True])
def test_folder_of_idx_files_is_read(tmp_path, compressed):
    arrays = write_idx_folder(tmp_path, compressed)
    dataset = image_sets.load_dataset(str(tmp_path))
    assert dataset.train.pixels.shape == (6, 1, 4, 5)
    assert np.array_equal(dataset.train.pixels[:, 0], arrays["train-images-idx3-ubyte"])
    assert dataset.test.labels.tolist() == [1, 2]
    assert dataset.classes == 3


def test_npz_file_with_colours_is_read(tmp_path):
    train, test = pixels(5, 6, 6, 3), pixels(3, 6, 6, 3)
    labels = np.array([[0], [1], [2], [1], [0]], np.uint8)
    path = tmp_path / "some.npz"
    np.savez(path, x_train=train, y_train=labels, x_test=test, y_test=labels[:3])
    dataset = image_sets.load_dataset(str(path))
    assert np.array_equal(dataset.train.pixels[2, 1], train[2, :, :, 1])
    assert dataset.test.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"\0\0\x0d\x01\0\0\0\0", "is no IDX file of unsigned bytes"),
        (b"\0\0", "is no IDX file of unsigned bytes"),
        (b"\0\0\x08\x03\0\0\0\x01", "ends within its header"),
        (b"\0\0\x08\x01\0\0\0\x05abc", "holds 3 bytes of data"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "holds 0 bytes of data"),
    ],
)
def test_broken_idx_file_is_refused_by_name(tmp_path, content, reason):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(SystemExit, match=f"broken {reason}"):
        image_sets.read_idx(path)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(SystemExit, match="neither train-images-idx3-ubyte nor"):
        image_sets.load_dataset(str(tmp_path))
    with pytest.raises(SystemExit, match="nonsense is no known dataset"):
        image_sets.load_dataset("nonsense")
    np.savez(tmp_path / "some.npz", x_train=pixels(2, 3, 3))
    with pytest.raises(SystemExit, match="no array y_train, x_test, y_test"):
        image_sets.load_dataset(str(tmp_path / "some.npz"))


@pytest.mark.parametrize(
    "images, labels",
    [
        (np.zeros((2, 3, 3)), np.array([0, 1])),
        (pixels(2, 3), np.array([0, 1])),
        (pixels(2, 3, 3), np.array([0])),
        (pixels(2, 3, 3), np.array([0, -1])),
    ],
)
def test_images_and_labels_of_other_kinds_are_refused(images, labels):
    with pytest.raises(SystemExit, match="here: "):
        image_sets.images(images, labels, "here")


def test_digits_are_split_without_overlap():
    pytest.importorskip("sklearn", reason="needs Debian's python3-sklearn")
    dataset = image_sets.load_dataset("digits")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (1437, 360)
    assert dataset.classes == 10
    assert dataset.train.pixels.max() == 255


@pytest.mark.skipif(not image_sets.FASHION_MNIST.is_dir(), reason="needs dataset-fashion-mnist")
def test_fashion_mnist_of_debian_is_read():
    dataset = image_sets.load_dataset("fashion-mnist")
    assert dataset.train.pixels.shape == (60000, 1, 28, 28)
    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10


def test_first_images_and_those_after_them_are_all():
    whole = image_sets.images(pixels(5, 4, 4), np.arange(5), "here")
    first, rest = whole.first(2), whole.after(2)
    assert (first.labels.tolist(), rest.labels.tolist()) == ([0, 1], [2, 3, 4])
    assert (np.concatenate([first.pixels, rest.pixels]) == whole.pixels).all()
