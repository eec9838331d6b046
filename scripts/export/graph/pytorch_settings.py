"""What of a PyTorch model can be told by looking at its modules: which of them no export can take, and
where it wants the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.graph.pytorch_tensors import check_tensors


def check_settings(model: nn.Module) -> None:
    if not isinstance(model, nn.Module):
        raise ExportError(f"the model is {type(model).__name__}; use a torch.nn.Module")
    if isinstance(model, torch.jit.ScriptModule):
        raise UnsupportedOperator(
            "model", "a scripted or traced module", "pass the Python module that it was made from"
        )
    check_tensors(model)
    for path, module in model.named_modules():
        if "quantized" in type(module).__module__:
            raise UnsupportedOperator(
                path, f"{type(module).__name__} of torch's quantization", "pass the float model"
            )


@contextmanager
def one_batch(model: nn.Module) -> Iterator[None]:
    """UnsupportedOperator for an attention that reads one sentence as a batch of several."""
    handles = [
        module.register_forward_pre_hook(lambda m, inputs, path=path: _check(path, m, inputs))
        for path, module in model.named_modules()
        if isinstance(module, nn.MultiheadAttention)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _check(path: str, module: nn.MultiheadAttention, inputs: tuple) -> None:
    query = inputs[0] if inputs else None
    if not isinstance(query, Tensor) or query.dim() != 3:
        return  # given by keyword: what it computes is compared all the same
    batch = query.shape[0 if module.batch_first else 1]
    if batch != 1:
        raise UnsupportedOperator(
            path,
            f"MultiheadAttention with batch_first={module.batch_first} that reads one sentence as {batch}",
            "give it the batch in the dimension that it expects, or pass forward=",
        )
