"""Keeps a model as it was while it is exported, and tells when running it changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph.pytorch_tensors import memory, obstacle, tensors_of

LOW_PRECISION = (torch.bfloat16, torch.float16)


class State:
    """Copies of what all parameters and buffers hold in memory."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.before = {name: memory(value.detach()).clone() for name, value in tensors_of(model)}

    def check(self) -> None:
        """UnsupportedOperator names what is not as it was."""
        for name, value in tensors_of(self.model):
            if name not in self.before or not _equal(self.before[name], value):
                self._refuse(name)

    def _refuse(self, name: str) -> None:
        path, _, last = name.rpartition(".")
        module = self.model.get_submodule(path)
        if isinstance(module, nn.Embedding) and module.max_norm is not None:
            raise UnsupportedOperator(
                path,
                "Embedding with max_norm, which shortens rows of its table while it runs,",
                "shorten all rows of more than max_norm in the model and set max_norm to None",
            )
        raise UnsupportedOperator(
            path or "model",
            f"a model that changes its {last} while it runs",
            "make the forward pass leave parameters and buffers alone",
        )

    def restore(self) -> None:
        """Only inference mode writes to tensors that were made in it."""
        for name, value in tensors_of(self.model):
            if name in self.before and _fits(self.before[name], value):
                with torch.inference_mode(value.is_inference()), torch.no_grad():
                    memory(value).copy_(self.before[name])


def _fits(before: Tensor, value: Tensor) -> bool:
    return obstacle(value) is None and memory(value).shape == before.shape


def _equal(a: Tensor, b: Tensor) -> bool:
    """Of a copy and a tensor as it is. NaN equals NaN: it did not change."""
    if not _fits(a, b) or a.dtype != b.dtype:
        return False
    b = memory(b)
    return bool(torch.equal(a, b) or ((a == b) | ((a != a) & (b != b))).all())


def _widened(data: Tensor) -> Tensor:
    with torch.inference_mode(data.is_inference()):
        wide = memory(data).float()
        return wide if wide.shape == data.shape else wide.as_strided(data.shape, data.stride())


@contextmanager
def kept(model: nn.Module) -> Iterator[State]:
    """The model's state, in float32 where it is less precise; all is restored at the end, torch's
    random numbers included.
    """
    widened = [
        (tensor, tensor.data)
        for tensor in [value for _, value in tensors_of(model)]
        if tensor.dtype in LOW_PRECISION
    ]
    for tensor, data in widened:
        tensor.data = _widened(data)
    try:
        state = State(model)
        with torch.random.fork_rng(devices=[]):
            try:
                yield state
            finally:
                state.restore()
    finally:
        for tensor, data in widened:
            tensor.data = data
