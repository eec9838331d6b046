"""The numbers of the training run."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.models.language.model import ModelConfig
from scripts.models.staged_training import Stage

DEFAULT_STAGES = (
    Stage("dense", 0.0, 5, 2.0e-3),
    Stage("pruned60", 0.6, 1, 1.0e-3),
    Stage("pruned80", 0.8, 1, 1.2e-3),
    Stage("pruned90", 0.9, 1, 1.2e-3),
)


@dataclass(frozen=True)
class Recipe:
    model: ModelConfig = ModelConfig()
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    seed: int = 20
    batch_tokens: int = 1536  # rows * longest row of a batch
    warm_up_steps: int = 400  # of the dense stage; a pruned stage warms up in a tenth of it
    final_rate: float = 0.02  # at the end of a stage, as a share of its peak
    weight_decay: float = 0.05
    gradient_norm: float = 1.0
