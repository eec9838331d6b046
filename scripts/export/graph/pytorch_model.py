"""A PyTorch model as an exporter sees it: what goes in by name, what comes out by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scripts.export.errors import ExportError
from scripts.export.graph.network import Values
from scripts.export.graph.primitives import PrimitiveGraph
from scripts.export.graph.pytorch_graph import primitive_graph
from scripts.export.graph.recorder import record
from scripts.export.pytorch_capture import modes_kept

Array = np.ndarray
Forward = Callable[..., Any]
MAX_OUTPUTS = 8


class TorchModel:
    """`names`: of the inputs, in the order in which forward takes them. `one_output`: the logits."""

    def __init__(
        self, module: nn.Module, forward: Forward | None, names: Sequence[str], one_output: bool
    ) -> None:
        self.module, self.names, self.one_output = module, names, one_output
        self.forward = forward or module

    def run(self, inputs: Values) -> dict[str, Array]:
        """Outputs of the model as it is, in evaluation mode."""
        with modes_kept(self.module), torch.no_grad():
            self.module.eval()
            result = self._called(lambda: self.forward(*self._tensors(inputs)), inputs)
        return {name: t.detach().double().numpy() for name, t in self._outputs(result).items()}

    def graph(self, inputs: Values) -> PrimitiveGraph:
        tensors = self._tensors(inputs)
        recorder, result = self._called(lambda: record(self.module, self.forward, tensors), inputs)
        named = dict(zip(self.names, tensors))
        return primitive_graph(recorder, named, self._outputs(result))

    def _tensors(self, inputs: Values) -> list[Tensor]:
        """With a batch of one in front."""
        return [torch.as_tensor(np.asarray(inputs[name]))[None] for name in self.names]

    def _called(self, function: Callable[[], Any], inputs: Values) -> Any:
        try:
            return function()
        except ExportError:
            raise
        except Exception as error:  # the model's own code may raise anything
            shapes = ", ".join(f"{name} {[1, *np.shape(inputs[name])]}" for name in self.names)
            text = " ".join(str(error).split())
            raise ExportError(
                f"the model fails on {shapes}: {type(error).__name__}: {text}"
            ) from error

    def _outputs(self, result: Any) -> dict[str, Tensor]:
        if isinstance(result, Tensor):
            return {"output": result}
        if isinstance(result, Mapping):
            found = {str(key): value for key, value in result.items() if _is_output(value)}
        elif isinstance(result, (tuple, list)):
            found = {f"output.{i}": value for i, value in enumerate(result) if _is_output(value)}
        else:
            found = {}
        if self.one_output and "logits" in found:
            return {"logits": found["logits"]}
        if not found or len(found) > (1 if self.one_output else MAX_OUTPUTS):
            wanted = "one tensor, the logits" if self.one_output else f"1 to {MAX_OUTPUTS} tensors"
            raise ExportError(
                f"the model returns {type(result).__name__} with {len(found)} tensors of floats; pass "
                f"forward=lambda ...: that returns {wanted}"
            )
        return found


def _is_output(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()
