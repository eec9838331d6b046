"""Training of an image classifier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from scripts.models import staged_training
from scripts.models.fashion.models import Classifier, ModelConfig
from scripts.models.fashion.recipe import Recipe
from scripts.models.image_sets import Images
from scripts.models.staged_training import StagedTrainer

EVALUATION_BATCH = 500

Batch = tuple[Tensor, Tensor]  # pixels, labels


def load_model(path: Path) -> Classifier:
    """The model of a finished stage in evaluation mode."""
    return staged_training.load_model(path, lambda **config: Classifier(ModelConfig(**config)))[0]


def pixels(images: Images, rows: Tensor | slice = slice(None)) -> Tensor:
    """float32[images, channels, height, width], 0 to 1: black, which is also the padding, is 0."""
    return torch.from_numpy(images.pixels)[rows].float() / 255


@torch.no_grad()
def predict(model: Classifier, images: Images) -> Tensor:
    """The class of each image: the one of the highest score, the lowest of equal ones."""
    model.eval()
    rows = torch.arange(len(images.labels)).split(EVALUATION_BATCH)
    return torch.cat([model(pixels(images, some)).argmax(1) for some in rows])


def accuracy(classes: Tensor, images: Images) -> float:
    """Per cent."""
    return 100 * float((classes == torch.from_numpy(images.labels)).float().mean())


class Trainer(StagedTrainer):
    model: Classifier

    def __init__(self, recipe: Recipe, train: Images, valid: Images, folder: Path) -> None:
        self.train, self.valid, self.batch = train, valid, recipe.batch
        super().__init__(recipe, folder)

    def new_model(self) -> Classifier:
        return Classifier(self.recipe.model)

    def batches(self, seed: int) -> Iterator[Batch]:
        """In a new order each time, every other image mirrored by chance; full batches only."""
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(self.train.labels), generator=generator)
        for rows in order[: len(order) // self.batch * self.batch].split(self.batch):
            images, mirrored = pixels(self.train, rows), torch.rand(self.batch, generator=generator)
            images[mirrored < 0.5] = images[mirrored < 0.5].flip(-1)
            yield images, torch.from_numpy(self.train.labels)[rows]

    def loss(self, batch: Batch) -> Tensor:
        images, labels = batch
        return functional.cross_entropy(self.model(images), labels)

    def validation(self) -> str:
        return f"valid accuracy {accuracy(predict(self.model, self.valid), self.valid):.2f} %"
