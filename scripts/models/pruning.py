"""Unstructured magnitude pruning, one threshold per weight matrix."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

Masks = dict[str, Tensor]  # matrix name -> bool, True where the weight is kept


def prunable_matrices(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Weights of all linear layers, as views into the parameters.

    nn.MultiheadAttention stores query, key and value weights in one tensor: three matrices here.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.MultiheadAttention):
            for part, weight in zip("qkv", module.in_proj_weight.data.chunk(3)):
                yield f"{name}.{part}", weight
        elif isinstance(module, nn.Linear):
            yield name, module.weight.data


def prune(model: nn.Module, sparsity: float) -> Masks:
    """Zeroes the smallest weights of each matrix; exactly round(sparsity * size) of them go."""
    masks = {}
    for name, weight in prunable_matrices(model):
        order = weight.abs().flatten().argsort(stable=True)
        mask = torch.ones(weight.numel(), dtype=torch.bool)
        mask[order[: round(sparsity * weight.numel())]] = False
        masks[name] = mask.view(weight.shape)
    apply_masks(model, masks)
    return masks


def apply_masks(model: nn.Module, masks: Masks) -> None:
    """Zeroes the pruned weights again, after an optimiser step. Without masks nothing changes."""
    if masks:
        for name, weight in prunable_matrices(model):
            weight.mul_(masks[name])
