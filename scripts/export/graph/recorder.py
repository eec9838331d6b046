"""Which operators of torch a forward pass runs on what depends on its inputs: a dispatch mode, so
that no model needs edits, with the path of the module that each call belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph.evaluation import evaluation


@dataclass(frozen=True)
class Recorded:
    """One call of an ATen operator; tensors that depend on the inputs are numbers, others are
    copies of what they held.
    """

    name: str  # "convolution"
    path: str  # of the innermost module
    arguments: dict[str, Any]
    results: list[int | None]
    shapes: list[tuple[int, ...]]


class Value(int):
    """The number of a tensor that depends on the inputs."""


COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "isin", "isnan", "isinf", "logical_not", "bitwise_not")
SHAPE_ONLY = (
    "empty_like full_like new_empty new_empty_strided new_full new_ones new_zeros ones_like zeros_like"
).split()


class Recorder(TorchDispatchMode):
    """Keeps every tensor that it numbers, so that no two share an identity."""

    def __init__(self, inputs: Sequence[Tensor], path: Callable[[], str]) -> None:
        super().__init__()
        self.calls: list[Recorded] = []
        self._path = path
        self._kept: list[Tensor] = []
        self._numbers: dict[int, int] = {}  # id of a tensor -> its number
        self._memory: dict[int, set[int]] = {}  # address of memory -> ids of numbered tensors in it
        self._stale: set[int] = set()  # ids whose memory was written to under another name
        for tensor in inputs:
            self._number(tensor)

    def number(self, tensor: Any) -> int | None:
        """Of an output: its number, None if no input has a say in it."""
        if not isinstance(tensor, Tensor):
            return None
        if id(tensor) in self._stale or (
            id(tensor) not in self._numbers and _memory(tensor) in self._memory
        ):
            self._refuse("a tensor that shares memory with one that was written to in part, as circular padding does,")
        return self._numbers.get(id(tensor))

    def tensor(self, number: int) -> Tensor:
        return self._kept[number]

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        keywords = keywords or {}
        if torch.is_inference_mode_enabled():  # there, composite operators arrive in one piece
            with self:
                parts = function.decompose(*arguments, **keywords)
            if parts is not NotImplemented:
                return parts
        name = function.overloadpacket.__name__
        places = _places(*arguments, **keywords) if name in ("as_strided", "as_strided_") else None
        results = function(*arguments, **keywords)
        given = [*_tensors(arguments), *_tensors(keywords)]
        if not any(self.number(tensor) is not None for tensor in given):
            return results
        if name in SHAPE_ONLY or name == "embedding_renorm_":  # whether that changed anything is checked
            return results
        self._check_value(name)
        named = self._named(function, arguments, keywords)
        if places is not None:
            named = {"self": named["self"], "index": places}
        if name in COMPARISONS and not self._of_floats(given):
            return results  # of tokens: as in this sentence; the proof tries the other tokens
        if name.endswith("_") and not name.endswith("__"):
            name = name[:-1]
            self._overwrite(arguments[0])
        made = list(results) if isinstance(results, (tuple, list)) else [results]
        numbers = [self._number(t) if isinstance(t, Tensor) else None for t in made]
        shapes = [tuple(t.shape) if isinstance(t, Tensor) else () for t in made]
        self.calls.append(Recorded(name, self._path(), named, numbers, shapes))
        return results

    def _named(self, function: Any, arguments: tuple, keywords: dict) -> dict[str, Any]:
        schema = function._schema.arguments
        named = {argument.name: value for argument, value in zip(schema, arguments)} | keywords
        for argument in schema:
            if argument.name not in named and argument.has_default_value():
                named[argument.name] = argument.default_value
        return {key: self._value(value) for key, value in named.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._value(element) for element in value]
        if not isinstance(value, Tensor):
            return value
        number = self.number(value)
        return value.detach().clone() if number is None else Value(number)

    def _of_floats(self, given: Sequence[Tensor]) -> bool:
        """Whether floats that depend on the inputs are compared, or truth values, which only they make."""
        live = (tensor for tensor in given if self.number(tensor) is not None)
        return any(tensor.is_floating_point() or tensor.dtype == torch.bool for tensor in live)

    def _number(self, tensor: Tensor) -> int:
        number = len(self._kept)
        self._kept.append(tensor)
        self._numbers[id(tensor)] = number
        self._stale.discard(id(tensor))
        self._memory.setdefault(_memory(tensor), set()).add(id(tensor))
        return number

    def _overwrite(self, tensor: Tensor) -> None:
        """Other names of the same memory no longer hold what was recorded of them."""
        same = self._memory.setdefault(_memory(tensor), set())
        self._stale |= {other for other in same if other != id(tensor)}

    def _check_value(self, name: str) -> None:
        if name in ("_local_scalar_dense", "nonzero", "equal", "is_nonzero", "masked_select"):
            self._refuse(f"a step that depends on a value ({name})")

    def _refuse(self, kind: str) -> None:
        remedy = (
            "let every sample take the same steps"
            if "value" in kind
            else "write results to new tensors instead of parts of others"
        )
        raise UnsupportedOperator(self._path() or "model", kind, remedy)


def _places(self: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """For each element of the view, which one it is of the tensor, whose memory has an order of its own."""
    number = torch.arange(self.numel()).view(self.size())
    laid = torch.empty_strided(self.size(), self.stride(), dtype=torch.int64).fill_(-1).copy_(number)
    offset = 0 if storage_offset is None else storage_offset - self.storage_offset()
    return laid.as_strided(size, stride, offset).clone()


def _memory(tensor: Tensor) -> int:
    return tensor.storage().data_ptr() if tensor.numel() else id(tensor)


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from _tensors(value)


def record(
    model: nn.Module, forward: Callable[..., Any], inputs: Sequence[Tensor]
) -> tuple[Recorder, Any]:
    """The calls of forward(*inputs), and what it returned."""
    with _paths(model) as path, _plain(model):
        recorder = Recorder(inputs, path)
        with recorder:
            output = forward(*inputs)
    return recorder, output


@contextmanager
def _paths(model: nn.Module) -> Iterator[Callable[[], str]]:
    """A function that tells the path of the innermost module that is being called."""
    stack: list[str] = [""]
    handles = []
    for path, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            continue  # takes no hooks of this kind
        handles.append(module.register_forward_pre_hook(lambda m, x, path=path: _enter(stack, path, m)))
        handles.append(module.register_forward_hook(lambda m, x, y: _drop_last(stack)))
    try:
        yield lambda: stack[-1]
    finally:
        for handle in handles:
            handle.remove()


def _enter(stack: list[str], path: str, module: nn.Module) -> None:
    if isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
        raise UnsupportedOperator(
            path or "model", type(module).__name__, "use attention or convolutions for what recurs"
        )
    stack.append(path)


def _drop_last(stack: list[str]) -> None:
    stack.pop()


@contextmanager
def _plain(model: nn.Module) -> Iterator[None]:
    """Evaluation without the fast paths of torch's Transformer modules, which are one operator:
    attention counts as in training, but for its dropout.
    """
    attentions = [m for m in model.modules() if isinstance(m, nn.MultiheadAttention)]
    dropouts = [module.dropout for module in attentions]
    try:
        with evaluation(model), torch.no_grad():
            for module in attentions:
                module.training, module.dropout = True, 0.0
            yield
    finally:
        for module, dropout in zip(attentions, dropouts):
            module.dropout = dropout
