"""Which torch.nn modules a model calls, in order, with what they read and wrote: forward hooks,
nothing patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from scripts.export.calls import Array, Call
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.pytorch_constants import CONSTANTS

Forward = Callable[[Tensor, Tensor], Any]
WITHOUT_EFFECT = (
    nn.Dropout,
    nn.Identity,
    nn.ReLU,  # recognised by its values
    nn.Softmax,  # after the logits, or the comparison with the graph fails
    nn.LogSoftmax,
)  # in evaluation


def logits(model: nn.Module, forward: Forward, source: list[int], target: list[int]) -> Array:
    """[T, V] of the model as it is, in evaluation mode."""
    with modes_kept(model), torch.no_grad():
        model.eval()
        return logits_of(forward(torch.tensor(source), torch.tensor(target)), len(target))


def capture(
    model: nn.Module, forward: Forward, source: list[int], target: list[int]
) -> tuple[list[Call], Array]:
    """Calls of exported modules during forward(source, target), and its logits [T, V]."""
    calls: list[Call] = []

    def hook(path: str) -> Callable[[nn.Module, tuple, Tensor | tuple], None]:
        return lambda module, inputs, output: calls.extend(
            _calls(path, module, inputs, output, calls)
        )

    handles = [module.register_forward_hook(hook(path)) for path, module in _watched(model)]
    try:
        with evaluation(model), torch.no_grad():
            output = forward(torch.tensor(source), torch.tensor(target))
    finally:
        for handle in handles:
            handle.remove()
    return calls, logits_of(output, len(target))


def logits_of(output: Any, rows: int) -> Array:
    """The logits [T, V] among what a model returns: a tensor, or the only one in a dictionary or
    sequence that has a row of numbers for each target token.
    """
    if isinstance(output, Mapping) and isinstance(output.get("logits"), Tensor):
        output = output["logits"]
    if isinstance(output, Tensor):
        if not _are_logits(output, rows):
            raise ExportError(
                f"the model returns {str(output.dtype).removeprefix('torch.')} of shape "
                f"{list(output.shape)} for {rows} target tokens; logits are floats [1, T, V]"
            )
        return _rows(output)
    parts = list(output.values() if isinstance(output, Mapping) else _elements(output))
    fitting = [part for part in parts if isinstance(part, Tensor) and _are_logits(part, rows)]
    if len(fitting) != 1:
        raise ExportError(
            f"the model returns {type(output).__name__} with {len(fitting)} tensors that may be "
            "logits [1, T, V]; pass forward=lambda source, target: ... that returns the logits"
        )
    return _rows(fitting[0])


def _elements(output: Any) -> Any:
    return output if isinstance(output, (tuple, list)) else [output]


def _are_logits(tensor: Tensor, rows: int) -> bool:
    shape = list(tensor.shape)
    return tensor.is_floating_point() and shape[:-1] in ([rows], [1, rows], [rows, 1])


def _watched(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Modules that are exported, and modules without children, which may turn out unsupported.

    The out_proj of an attention belongs to it: torch uses its weights without calling it. What
    computes a parameter belongs to the module that has the parameter.
    """
    inside = {
        child
        for module in model.modules()
        if isinstance(module, nn.MultiheadAttention)
        for child in module.children()
    }
    for module in model.modules():
        if parametrize.is_parametrized(module):
            inside.update(module.parametrizations.modules())
    return [
        (path, module)
        for path, module in model.named_modules()
        if module not in inside
        and (isinstance(module, tuple(CONSTANTS)) or not _has_children(module))
    ]


def _has_children(module: nn.Module) -> bool:
    return any(not isinstance(child, parametrize.ParametrizationList) for child in module.children())


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
    """Evaluation mode, without the fast path of nn.TransformerEncoderLayer, which calls no
    sub-module.

    The layer itself consults `training` for nothing but that choice; its dropouts are modules and
    stay in evaluation.
    """
    with modes_kept(model):
        model.eval()
        for module in model.modules():
            if isinstance(module, nn.TransformerEncoderLayer):
                module.training = True
        yield


def _calls(
    path: str, module: nn.Module, inputs: tuple, output: Any, earlier: list[Call]
) -> Iterator[Call]:
    """One call, or none of a module that has no effect or that the comparison judges."""
    for kind, (name, constants) in CONSTANTS.items():
        if isinstance(module, kind):
            if name == "attention":
                _check_attention(path, module, inputs)
            rows = [_rows(x) for x in inputs if isinstance(x, Tensor)]
            result = _rows(output[0] if isinstance(output, tuple) else output)
            yield Call(path, name, rows, result, constants(path, module))
            return
    if not isinstance(module, WITHOUT_EFFECT) and not _may_be_judged(module, earlier):
        known = ", ".join(kind.__name__ for kind in CONSTANTS)
        raise UnsupportedOperator(
            path or "model", type(module).__name__, f"build the model from {known} and ReLU, post-norm"
        )


def _check_attention(path: str, module: nn.MultiheadAttention, inputs: tuple) -> None:
    if len(inputs) < 3:
        raise UnsupportedOperator(
            path,
            "MultiheadAttention called with keywords",
            "pass query, key and value by position",
        )
    query = inputs[0]
    batch = query.shape[0 if module.batch_first else 1] if query.dim() == 3 else 1
    if batch != 1:
        raise UnsupportedOperator(
            path,
            f"MultiheadAttention with batch_first={module.batch_first} that reads one sentence as "
            f"{batch}",
            "give it the batch in the dimension that it expects, or pass forward=",
        )


def _may_be_judged(module: nn.Module, earlier: list[Call]) -> bool:
    """Own modules between embedding and layers may add positions; others without parameters may be
    anything plain: the comparison with the graph tells. torch's own kinds are named.
    """
    kinds = [kind for kind in type(module).__mro__ if kind.__module__.startswith("torch.nn.")]
    if kinds[0] is not nn.Module:
        return False
    embeds = not earlier or earlier[-1].kind == "embedding"
    return embeds or not any(True for _ in module.parameters(recurse=False))


def _rows(tensor: Tensor) -> Array:
    """[1, L, d] or [L, 1, d] -> [L, d] of float64; token ids -> [L]"""
    tensor = tensor.detach()
    if tensor.is_floating_point():
        array = tensor.double().numpy()
        return array.reshape(-1, array.shape[-1])
    return tensor.numpy().ravel()
