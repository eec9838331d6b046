"""A small image set on which the PoET-BiN trainer is tested."""

import numpy as np

from scripts.models.image_sets import Dataset, Images


def stripes(count, seed=0):
    """Three classes of 10 x 10 images: a bright band at the top, in the middle or at the bottom."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pixels = generator.integers(0, 60, (count, 1, 10, 10), np.uint8)
    for image, label in zip(pixels, labels):
        image[:, 3 * label : 3 * label + 3] += 150
    return Images(pixels, labels)


DATA = Dataset(stripes(60), stripes(30, seed=1))
