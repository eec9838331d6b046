"""Evaluation mode for a while, with every step of the model a step of torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def modes_kept(model: nn.Module) -> Iterator[None]:
    """Every module's training mode is afterwards what it was."""
    before = {module: module.training for module in model.modules()}
    try:
        yield
    finally:
        for module, training in before.items():
            module.training = training


@contextmanager
def evaluation(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, without the fast path of nn.TransformerEncoderLayer, which is one operator.

    The layer itself consults `training` for nothing but that choice; its dropouts are modules and
    stay in evaluation.
    """
    with modes_kept(model):
        model.eval()
        for module in model.modules():
            if isinstance(module, nn.TransformerEncoderLayer):
                module.training = True
        yield
