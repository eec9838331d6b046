"""The numbers of the training runs."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.models.fashion.models import DEPTHWISE, RESIDUAL, ModelConfig
from scripts.models.staged_training import Stage


@dataclass(frozen=True)
class Recipe:
    model: ModelConfig
    stages: tuple[Stage, ...]
    seed: int = 20
    batch: int = 128  # images
    warm_up_steps: int = 200
    final_rate: float = 0.01  # at the end of a stage, as a share of its peak
    weight_decay: float = 0.02
    gradient_norm: float = 5.0


RECIPES = {
    "residual": Recipe(RESIDUAL, (Stage("residual", 0.0, 5, 4.0e-3),)),
    "depthwise": Recipe(DEPTHWISE, (Stage("depthwise", 0.0, 6, 6.0e-3),)),
}
