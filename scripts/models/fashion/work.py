"""Data and folders of the image models."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from scripts.models.image_sets import Images, load_dataset
from scripts.models.staged_training import finished

DEFAULT_WORK = Path("build/fashion")
VALIDATION_IMAGES = 5000  # the last ones of the training images


@dataclass(frozen=True)
class Work:
    """Each model has a folder of its own."""

    folder: Path
    train: Images
    valid: Images
    test: Images

    def of_model(self, name: str) -> Path:
        return self.folder / name

    def checkpoint(self, name: str) -> Path:
        """The file of a finished model."""
        return finished(self.of_model(name), name, "scripts.models.fashion.train")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="folder of checkpoints")
    parser.add_argument(
        "--data", default="fashion-mnist", help="fashion-mnist, or a folder or npz file of the like"
    )


def open_work(arguments: argparse.Namespace) -> Work:
    data = load_dataset(arguments.data)
    split = len(data.train.labels) - VALIDATION_IMAGES
    if split <= 0:
        raise SystemExit(f"{arguments.data}: has at most {VALIDATION_IMAGES} training images")
    return Work(arguments.work, data.train.first(split), data.train.after(split), data.test)
