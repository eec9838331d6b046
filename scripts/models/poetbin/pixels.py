"""Batches of images as the networks take them."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from scripts.models.image_sets import Images

EVALUATION_BATCH = 1000
NORMALISATION_SAMPLE = 10_000  # training images that give the mean and the deviation
CROP_PADDING = 4  # pixels a side, of the augmentation


class Pixels:
    """Images in the size of an extractor, each channel of mean 0 and deviation 1 in training."""

    def __init__(self, train: Images, size: int) -> None:
        pixels = torch.from_numpy(train.pixels[:NORMALISATION_SAMPLE]).float()
        self._mean = pixels.mean(dim=(0, 2, 3), keepdim=True)
        self._deviation = pixels.std(dim=(0, 2, 3), keepdim=True) + 1e-6
        self._size = size

    def batch(self, images: Images, rows: torch.Tensor, augment: bool = False) -> torch.Tensor:
        """float32[rows, channels, size, size]; other sizes are interpolated bilinearly."""
        pixels = (torch.from_numpy(images.pixels)[rows].float() - self._mean) / self._deviation
        if pixels.shape[-2:] != (self._size, self._size):
            size = (self._size, self._size)
            pixels = functional.interpolate(pixels, size, mode="bilinear", align_corners=False)
        return random_crop_and_flip(pixels) if augment else pixels

    def in_order(self, images: Images, augment: bool = False) -> Iterator[torch.Tensor]:
        for rows in torch.arange(len(images.labels)).split(EVALUATION_BATCH):
            yield self.batch(images, rows, augment)


def random_crop_and_flip(pixels: torch.Tensor) -> torch.Tensor:
    """Each image moved by up to CROP_PADDING pixels and mirrored with probability 1/2."""
    count, _, height, width = pixels.shape
    padded = functional.pad(pixels, [CROP_PADDING] * 4)
    corners = torch.randint(2 * CROP_PADDING + 1, (count, 2)).tolist()
    crops = [p[:, y : y + height, x : x + width] for p, (y, x) in zip(padded, corners)]
    result = torch.stack(crops)
    mirrored = torch.rand(count) < 0.5
    result[mirrored] = result[mirrored].flip(-1)
    return result
