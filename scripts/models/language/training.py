"""Training of the language model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor
from torch.nn import functional

from scripts.models import staged_training
from scripts.models.language.model import LanguageModel, ModelConfig
from scripts.models.language.recipe import Recipe
from scripts.models.pruning import Masks
from scripts.models.staged_training import StagedTrainer
from scripts.models.text import loss
from scripts.models.text.batches import Lengths, buckets, pad, shuffled_buckets
from scripts.models.text.vocabulary import PAD

EVALUATION_TOKENS = 4096

Batch = tuple[Tensor, Tensor]  # tokens, and for each of them the one that follows


def load_model(path: Path) -> tuple[LanguageModel, Masks]:
    """The model of a finished stage in evaluation mode, and its pruning masks."""
    return staged_training.load_model(path, lambda **config: LanguageModel(ModelConfig(**config)))


def to_batch(texts: list[list[int]]) -> Batch:
    """Padding comes last, so that no token of a text sees it."""
    return pad([text[:-1] for text in texts]), pad([text[1:] for text in texts])


def lengths(texts: list[list[int]]) -> Lengths:
    return [(len(text) - 1,) for text in texts]


def mean_loss(model: LanguageModel, texts: list[list[int]]) -> float:
    """Negative log likelihood of a token after BOS (EOS included), in nats."""
    model.eval()
    groups = buckets(lengths(texts), EVALUATION_TOKENS, list(range(len(texts))))
    batches = (to_batch([texts[i] for i in group]) for group in groups)
    return loss.mean_loss((model(tokens), following) for tokens, following in batches)


class Trainer(StagedTrainer):
    """Of texts as token ids, from BOS to EOS."""

    model: LanguageModel

    def __init__(
        self, recipe: Recipe, train: list[list[int]], valid: list[list[int]], folder: Path
    ) -> None:
        self.train, self.valid, self.batch_tokens = train, valid, recipe.batch_tokens
        super().__init__(recipe, folder)

    def new_model(self) -> LanguageModel:
        return LanguageModel(self.recipe.model)

    def batches(self, seed: int) -> Iterator[Batch]:
        for group in shuffled_buckets(lengths(self.train), self.batch_tokens, seed):
            yield to_batch([self.train[i] for i in group])

    def loss(self, batch: Batch) -> Tensor:
        tokens, following = batch
        real = following != PAD
        return functional.cross_entropy(
            self.model.head(self.model.hidden(tokens)[real]), following[real]
        )

    def validation(self) -> str:
        return f"valid perplexity {math.exp(mean_loss(self.model, self.valid)):.2f}"
