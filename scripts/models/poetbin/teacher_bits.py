"""What the student learns from: the teacher's binary features and its intermediate bits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch

from scripts.models.arrays import read_arrays, write_arrays
from scripts.models.image_sets import Dataset, Images
from scripts.models.poetbin.networks import Network
from scripts.models.poetbin.pixels import Pixels
from scripts.models.poetbin.recipe import Recipe


@dataclass(frozen=True)
class TeacherBits:
    """Features uint8[S, F] and intermediate bits uint8[S, N] of the training and test samples."""

    train_features: np.ndarray
    train_bits: np.ndarray
    train_labels: np.ndarray
    test_features: np.ndarray
    test_bits: np.ndarray
    test_labels: np.ndarray


def teacher_bits(
    teacher: Network, pixels: Pixels, data: Dataset, recipe: Recipe, path: Path
) -> TeacherBits:
    """Reads the file, or computes and writes it: a resumed student sees the same bits."""
    if not path.exists():
        train = data.train.first(recipe.student_samples)
        torch.manual_seed(recipe.seed)  # of the augmentation
        result = TeacherBits(
            *_run(teacher, pixels, train, recipe.augment), *_run(teacher, pixels, data.test, False)
        )
        arrays = {f.name: getattr(result, f.name) for f in fields(result)}
        write_arrays(path, arrays, compressed=True)
    arrays = read_arrays(path)
    return TeacherBits(**{f.name: arrays[f.name] for f in fields(TeacherBits)})


@torch.no_grad()
def _run(
    teacher: Network, pixels: Pixels, images: Images, augment: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    teacher.eval()
    features = [teacher.extractor(batch) for batch in pixels.in_order(images, augment)]
    bits = [teacher.bits(batch) for batch in features]
    as_bytes = (torch.cat(x).to(torch.uint8).numpy() for x in (features, bits))
    return (*as_bytes, images.labels)
