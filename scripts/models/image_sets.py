"""Labelled images: scikit-learn's digits, Debian's Fashion-MNIST, the user's IDX or npz files."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.models.arrays import read_arrays

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
IDX_UNSIGNED_BYTE = 8
DIGITS_TEST_SHARE = 5  # every fifth image


@dataclass(frozen=True)
class Images:
    """pixels: uint8[N, channels, height, width]. labels: int64[N], from 0."""

    pixels: np.ndarray
    labels: np.ndarray

    def first(self, count: int) -> Images:
        return Images(self.pixels[:count], self.labels[:count])

    def after(self, count: int) -> Images:
        return Images(self.pixels[count:], self.labels[count:])


@dataclass(frozen=True)
class Dataset:
    train: Images
    test: Images

    @property
    def classes(self) -> int:
        return int(self.train.labels.max()) + 1


def load_dataset(name: str) -> Dataset:
    """`digits`, `fashion-mnist`, an npz file, or a folder of IDX files."""
    if name == "digits":
        return load_digits()
    if name == "fashion-mnist":
        if not FASHION_MNIST.is_dir():
            raise SystemExit(f"{FASHION_MNIST} is missing: install dataset-fashion-mnist")
        return load_idx_folder(FASHION_MNIST)
    path = Path(name)
    if path.is_dir():
        return load_idx_folder(path)
    if path.suffix == ".npz" and path.is_file():
        return load_npz(path)
    raise SystemExit(f"{name} is no known dataset, no folder of IDX files and no npz file")


def load_digits() -> Dataset:
    """1,797 images of 8 x 8; every fifth one is a test image."""
    try:
        from sklearn.datasets import load_digits as sklearn_digits
    except ImportError:
        raise SystemExit("the digits need scikit-learn: install python3-sklearn") from None
    digits = sklearn_digits()
    pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    held_out = np.arange(len(pixels)) % DIGITS_TEST_SHARE == 0
    return Dataset(
        images(pixels[~held_out], digits.target[~held_out], "digits"),
        images(pixels[held_out], digits.target[held_out], "digits"),
    )


def load_idx_folder(folder: Path) -> Dataset:
    """train-images-idx3-ubyte and so on, as MNIST and Fashion-MNIST name them, gzipped or not."""

    def part(prefix: str) -> Images:
        pixels = read_idx(_idx_file(folder, f"{prefix}-images-idx3-ubyte"))
        labels = read_idx(_idx_file(folder, f"{prefix}-labels-idx1-ubyte"))
        return images(pixels, labels, f"{folder}: {prefix}")

    return Dataset(part("train"), part("t10k"))


def _idx_file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise SystemExit(f"{folder} has neither {name} nor {name}.gz")


def read_idx(path: Path) -> np.ndarray:
    """uint8 array of any rank; format: yann.lecun.com/exdb/mnist."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != IDX_UNSIGNED_BYTE:
        raise SystemExit(f"{path} is no IDX file of unsigned bytes")
    rank = content[3]
    start = 4 + 4 * rank
    if len(content) < start:
        raise SystemExit(f"{path} ends within its header")
    shape = struct.unpack(f">{rank}I", content[4:start])
    if len(content) - start != np.prod(shape, dtype=object):
        raise SystemExit(f"{path} holds {len(content) - start} bytes of data, not those of {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def load_npz(path: Path) -> Dataset:
    """Arrays x_train, y_train, x_test, y_test; images N x H x W or N x H x W x channels."""
    names = ("x_train", "y_train", "x_test", "y_test")
    arrays = read_arrays(path)
    missing = [name for name in names if name not in arrays]
    if missing:
        raise SystemExit(f"{path} has no array {', '.join(missing)}")
    x_train, y_train, x_test, y_test = (arrays[name] for name in names)
    return Dataset(images(x_train, y_train, f"{path}"), images(x_test, y_test, f"{path}"))


def images(pixels: np.ndarray, labels: np.ndarray, source: str) -> Images:
    """Checks an image array, N x H x W [x channels], and its labels."""
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4):
        raise SystemExit(f"{source}: images must be uint8, N x H x W or N x H x W x channels")
    labels = labels.reshape(-1).astype(np.int64)
    if len(labels) != len(pixels) or len(labels) == 0 or labels.min() < 0:
        raise SystemExit(f"{source}: each image needs one label, counted from 0")
    if pixels.ndim == 3:
        pixels = pixels[..., np.newaxis]
    return Images(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), labels)
