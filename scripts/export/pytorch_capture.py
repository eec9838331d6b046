"""Which torch.nn modules a model calls, in order, with what they read and wrote: forward hooks, nothing patched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from scripts.export.errors import UnsupportedOperator

Forward = Callable[[Tensor, Tensor], Tensor]
EXPORTED = (nn.Embedding, nn.MultiheadAttention, nn.Linear, nn.LayerNorm)
WITHOUT_EFFECT = (nn.Dropout, nn.Identity, nn.ReLU)  # in evaluation; ReLU is recognised by its values


@dataclass(frozen=True)
class Call:
    """One call of a module, of a single sentence: rows are its tokens."""

    path: str
    module: nn.Module
    inputs: list[np.ndarray]  # [L, features] each; token ids [L] of an embedding
    output: np.ndarray  # [L, features]

    @property
    def kind(self) -> str:
        return type(self.module).__name__


def capture(model: nn.Module, forward: Forward, source: list[int], target: list[int]) -> tuple[list[Call], np.ndarray]:
    """Calls of exported modules during forward(source, target), and its logits [T, V]."""
    calls: list[Call] = []
    inside = {  # out_proj of an attention is part of it, and is never called itself
        child
        for module in model.modules()
        if isinstance(module, nn.MultiheadAttention)
        for child in module.children()
    }

    def hook(path: str) -> Callable[[nn.Module, tuple, Tensor | tuple], None]:
        return lambda module, inputs, output: calls.append(_call(path, module, inputs, output))

    hooked = [(p, m) for p, m in model.named_modules() if m not in inside and _is_watched(m)]
    handles = [module.register_forward_hook(hook(path)) for path, module in hooked]
    try:
        with evaluation(model), torch.no_grad():
            logits = forward(torch.tensor(source), torch.tensor(target))
    finally:
        for handle in handles:
            handle.remove()
    return [call for call in calls if not isinstance(call.module, WITHOUT_EFFECT)], _rows(logits)


def _is_watched(module: nn.Module) -> bool:
    return isinstance(module, EXPORTED) or not any(module.children())


@contextmanager
def evaluation(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, without the fast path of nn.TransformerEncoderLayer, which calls no sub-module.

    The layer itself consults `training` for nothing but that choice; its dropouts are modules and stay in evaluation.
    """
    before = {module: module.training for module in model.modules()}
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.TransformerEncoderLayer):
            module.training = True
    try:
        yield
    finally:
        for module, training in before.items():
            module.training = training


def _call(path: str, module: nn.Module, inputs: tuple, output: Tensor | tuple) -> Call:
    if isinstance(module, EXPORTED):
        if isinstance(module, nn.MultiheadAttention) and len(inputs) < 3:
            raise UnsupportedOperator(
                path, "MultiheadAttention called with keywords", "pass query, key and value by position"
            )
        output = output[0] if isinstance(output, tuple) else output
        return Call(path, module, [_rows(x) for x in inputs if isinstance(x, Tensor)], _rows(output))
    if isinstance(module, WITHOUT_EFFECT):
        return Call(path, module, [], np.empty(0))
    known = ", ".join(kind.__name__ for kind in EXPORTED)
    raise UnsupportedOperator(path, type(module).__name__, f"build the model from {known} and ReLU, post-norm")


def _rows(tensor: Tensor) -> np.ndarray:
    """[1, L, d] or [L, 1, d] -> [L, d]; token ids -> [L]"""
    array = tensor.detach().double().numpy() if tensor.is_floating_point() else tensor.numpy()
    return array.reshape(-1, array.shape[-1]).copy() if tensor.is_floating_point() else array.ravel()
