"""Training of the translation model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor
from torch.nn import functional

from scripts.models import staged_training
from scripts.models.pruning import Masks
from scripts.models.staged_training import StagedTrainer
from scripts.models.text import loss
from scripts.models.text.vocabulary import PAD
from scripts.models.translation.batches import Batch, evaluation_batches, training_batches
from scripts.models.translation.model import ModelConfig, TranslationModel
from scripts.models.translation.recipe import Recipe
from scripts.models.translation.vocabulary import TokenPair

EVALUATION_TOKENS = 4096


def load_model(path: Path) -> tuple[TranslationModel, Masks]:
    """The model of a finished stage in evaluation mode, and its pruning masks."""
    return staged_training.load_model(
        path, lambda **config: TranslationModel(ModelConfig(**config))
    )


def mean_loss(model: TranslationModel, pairs: list[TokenPair]) -> float:
    """Negative log likelihood of a target token (EOS included), teacher-forced, in nats."""
    model.eval()
    batches = evaluation_batches(pairs, EVALUATION_TOKENS)
    return loss.mean_loss((model(source, target), expected) for source, target, expected in batches)


class Trainer(StagedTrainer):
    """Of sentence pairs."""

    model: TranslationModel

    def __init__(
        self, recipe: Recipe, train: list[TokenPair], valid: list[TokenPair], folder: Path
    ) -> None:
        self.train, self.valid = train, valid
        self.batch_tokens, self.label_smoothing = recipe.batch_tokens, recipe.label_smoothing
        super().__init__(recipe, folder)

    def new_model(self) -> TranslationModel:
        return TranslationModel(self.recipe.model)

    def batches(self, seed: int) -> Iterator[Batch]:
        return training_batches(self.train, self.batch_tokens, seed)

    def loss(self, batch: Batch) -> Tensor:
        source, target, expected = batch
        real = expected != PAD
        hidden = self.model.decode(target, self.model.encode(source), source)
        logits = self.model.generator(hidden[real])
        return functional.cross_entropy(
            logits, expected[real], label_smoothing=self.label_smoothing
        )

    def validation(self) -> str:
        return f"valid perplexity {math.exp(mean_loss(self.model, self.valid)):.2f}"
