"""Keeps a model as it was while it is exported, and tells when running it changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from scripts.export.errors import UnsupportedOperator

LOW_PRECISION = (torch.bfloat16, torch.float16)


class State:
    """Copies of all parameters and buffers."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.before = {name: value.detach().clone() for name, value in _tensors(model)}

    def check(self) -> None:
        """UnsupportedOperator names what is not as it was."""
        for name, value in _tensors(self.model):
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

    @torch.no_grad()
    def restore(self) -> None:
        for name, value in _tensors(self.model):
            if name in self.before and value.shape == self.before[name].shape:
                value.copy_(self.before[name])


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _equal(a: Tensor, b: Tensor) -> bool:
    """NaN equals NaN: it did not change."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return bool(torch.equal(a, b) or ((a == b) | ((a != a) & (b != b))).all())


@contextmanager
def kept(model: nn.Module) -> Iterator[State]:
    """The model's state, in float32 where it is less precise; all is restored at the end, torch's
    random numbers included.
    """
    widened = [
        (tensor, tensor.data)
        for tensor in [value for _, value in _tensors(model)]
        if tensor.dtype in LOW_PRECISION
    ]
    for tensor, data in widened:
        tensor.data = data.float()
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
