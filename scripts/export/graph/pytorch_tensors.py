"""Which parameters and buffers of a torch model can be looked at, and looking at them without
filling memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from scripts.export.errors import ExportError, UnsupportedOperator


def tensors_of(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def check_tensors(model: nn.Module) -> None:
    """All that follows takes dense tensors with numbers on the CPU; parameters are finite."""
    for name, tensor in tensors_of(model):
        reason = obstacle(tensor)
        if reason is not None:
            raise UnsupportedOperator(name, *reason)
    for name, parameter in model.named_parameters():
        if not parameter.is_quantized and not torch.isfinite(memory(parameter.detach())).all():
            raise ExportError(f"{name}: holds numbers that are not finite")


def obstacle(tensor: Tensor) -> tuple[str, str] | None:
    """What is not plain about a tensor, and a way out."""
    if is_lazy(tensor):
        return "a tensor without numbers yet", "run the model once, or remove the lazy module if it is unused"
    if tensor.device.type == "meta":
        return "a tensor on the device meta, which holds no numbers,", "load the model with its numbers on the CPU"
    if tensor.device.type != "cpu":
        return f"a tensor on the device {tensor.device}", "move the model to the CPU with model.cpu()"
    if tensor.is_nested or tensor.layout != torch.strided:
        layout = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.").lstrip("_")
        return f"a tensor of layout {layout}", "make it dense, or remove it if the model does not need it"
    return None


def memory(tensor: Tensor) -> Tensor:
    """The tensor, or flat what it lies in if that is less: an expanded one repeats its numbers."""
    if tensor.numel() == 0:
        return tensor
    places = 1 + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride()))
    if tensor.numel() <= places:
        return tensor
    return tensor.as_strided((places,), (1,), tensor.storage_offset())
