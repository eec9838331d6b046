"""Which torch.nn modules a model calls, in order, with what they read and wrote: forward hooks,
nothing patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from scripts.export.calls import Array, Call
from scripts.export.errors import UnsupportedOperator
from scripts.export.pytorch_constants import CONSTANTS

Forward = Callable[[Tensor, Tensor], Tensor]
WITHOUT_EFFECT = (
    nn.Dropout,
    nn.Identity,
    nn.ReLU,
)  # in evaluation; ReLU is recognised by its values


def capture(
    model: nn.Module, forward: Forward, source: list[int], target: list[int]
) -> tuple[list[Call], Array]:
    """Calls of exported modules during forward(source, target), and its logits [T, V]."""
    calls: list[Call] = []

    def hook(path: str) -> Callable[[nn.Module, tuple, Tensor | tuple], None]:
        return lambda module, inputs, output: calls.extend(_calls(path, module, inputs, output))

    handles = [module.register_forward_hook(hook(path)) for path, module in _watched(model)]
    try:
        with evaluation(model), torch.no_grad():
            logits = forward(torch.tensor(source), torch.tensor(target))
    finally:
        for handle in handles:
            handle.remove()
    return calls, _rows(logits)


def _watched(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Modules that are exported, and modules without children, which may turn out unsupported.

    The out_proj of an attention belongs to it: torch uses its weights without calling it.
    """
    inside = {
        child
        for module in model.modules()
        if isinstance(module, nn.MultiheadAttention)
        for child in module.children()
    }
    return [
        (path, module)
        for path, module in model.named_modules()
        if module not in inside
        and (isinstance(module, tuple(CONSTANTS)) or not any(module.children()))
    ]


@contextmanager
def evaluation(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, without the fast path of nn.TransformerEncoderLayer, which calls no
    sub-module.

    The layer itself consults `training` for nothing but that choice; its dropouts are modules and
    stay in evaluation.
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


def _calls(path: str, module: nn.Module, inputs: tuple, output: Tensor | tuple) -> Iterator[Call]:
    """One call, or none of a module that has no effect."""
    for kind, (name, constants) in CONSTANTS.items():
        if isinstance(module, kind):
            if name == "attention" and len(inputs) < 3:
                raise UnsupportedOperator(
                    path,
                    "MultiheadAttention called with keywords",
                    "pass query, key and value by position",
                )
            rows = [_rows(x) for x in inputs if isinstance(x, Tensor)]
            result = _rows(output[0] if isinstance(output, tuple) else output)
            yield Call(path, name, rows, result, constants(path, module))
            return
    if not isinstance(module, WITHOUT_EFFECT):
        known = ", ".join(kind.__name__ for kind in CONSTANTS)
        raise UnsupportedOperator(
            path, type(module).__name__, f"build the model from {known} and ReLU, post-norm"
        )


def _rows(tensor: Tensor) -> Array:
    """[1, L, d] or [L, 1, d] -> [L, d] of float64; token ids -> [L]"""
    array = tensor.detach().numpy()
    if np.issubdtype(array.dtype, np.floating):
        return array.reshape(-1, array.shape[-1]).astype(np.float64)
    return array.ravel()
