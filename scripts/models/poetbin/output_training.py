"""Retraining of the output layer on the student's bits."""

from __future__ import annotations

import numpy as np
import torch

from scripts.models.poetbin.network_training import geometric
from scripts.models.poetbin.networks import PerClassLinear
from scripts.models.poetbin.output_layer import OutputLayer
from scripts.models.poetbin.recipe import OutputRecipe
from scripts.models.poetbin.report import Stopwatch, Times


def squared_hinge(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    targets = torch.full_like(scores, -1.0)
    targets[torch.arange(len(labels)), labels] = 1.0
    return (1 - targets * scores).clamp(min=0).square().mean()


def train_output_layer(
    bits: np.ndarray, labels: np.ndarray, inputs: int, recipe: OutputRecipe, seed: int
) -> tuple[OutputLayer, Times]:
    """From zero: the loss is convex. Weights stay within -1..1."""
    watch = Stopwatch()
    torch.manual_seed(seed)
    x, y = torch.from_numpy(bits).float(), torch.from_numpy(labels)
    layer = PerClassLinear(bits.shape[1] // inputs, inputs)
    torch.nn.init.zeros_(layer.weight)
    optimiser = torch.optim.Adam(layer.parameters())
    for epoch in range(recipe.epochs):
        rate = geometric(recipe.rate, recipe.final_rate, epoch, recipe.decay_epochs)
        for group in optimiser.param_groups:
            group["lr"] = rate
        for rows in torch.randperm(len(y)).split(recipe.batch):
            optimiser.zero_grad(set_to_none=True)
            squared_hinge(layer(x[rows]), y[rows]).backward()
            optimiser.step()
            layer.weight.data.clamp_(-1, 1)
    result = OutputLayer(layer.weight.detach().numpy(), layer.bias.detach().numpy())
    return result, watch.read()
