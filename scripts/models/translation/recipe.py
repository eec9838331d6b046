"""The numbers of the training run."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.models.staged_training import Stage
from scripts.models.translation.model import ModelConfig


DEFAULT_STAGES = (
    Stage("dense", 0.0, 13, 2.0e-3),
    Stage("pruned50", 0.5, 1, 1.0e-3),
    Stage("pruned70", 0.7, 1, 1.0e-3),
    Stage("pruned80", 0.8, 2, 1.2e-3),
)


@dataclass(frozen=True)
class Recipe:
    model: ModelConfig = ModelConfig()
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    seed: int = 20
    batch_tokens: int = 1536  # rows * longest row of a batch, source or target
    warm_up_steps: int = 600  # of the dense stage; a pruned stage warms up in a tenth of it
    final_rate: float = 0.02  # at the end of a stage, as a share of its peak
    label_smoothing: float = 0.1
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
