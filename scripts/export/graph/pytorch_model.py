"""A PyTorch model as an exporter sees it: what goes in by name, what comes out by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scripts.export.errors import ExportError
from scripts.export.graph.answers import NoOutput, described
from scripts.export.graph.network import Values
from scripts.export.graph.primitives import PrimitiveGraph
from scripts.export.graph.pytorch_graph import first_nan, primitive_graph
from scripts.export.graph.pytorch_settings import one_batch
from scripts.export.graph.recorder import Recorder, record
from scripts.export.graph.evaluation import modes_kept

Array = np.ndarray
Forward = Callable[..., Any]
MAX_OUTPUTS = 8


class TorchModel:
    """`names`: of the inputs, in the order in which forward takes them. `tokens`: they are tokens;
    `one_output`: the logits. `check` raises once the module is not as it was.
    """

    def __init__(
        self,
        module: nn.Module,
        forward: Forward | None,
        names: Sequence[str],
        tokens: bool = False,
        one_output: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.module, self.names, self.one_output, self.check = module, names, one_output, check
        self.forward = forward or module
        floats = [p.dtype for p in module.parameters() if p.dtype.is_floating_point]
        self._dtype = None if tokens or not floats else floats[0]
        self._batch_axis = self._find_batch_axis() if tokens and forward is None else 0

    def run(self, inputs: Values) -> dict[str, Array]:
        """Outputs of the model as it is, in evaluation mode."""
        with modes_kept(self.module), torch.no_grad():
            self.module.eval()
            result = self._called(lambda: self.forward(*self._tensors(inputs)), inputs)
        outputs = self._outputs(result, inputs)
        return {name: t.detach().double().numpy() for name, t in outputs.items()}

    def graph(self, inputs: Values) -> PrimitiveGraph:
        recorder, result, tensors = self._recorded(inputs)
        named = dict(zip(self.names, tensors))
        return primitive_graph(recorder, named, self._outputs(result, inputs))

    def first_nan(self, inputs: Values) -> str | None:
        recorder, _, _ = self._recorded(inputs)
        return first_nan(recorder)

    def _recorded(self, inputs: Values) -> tuple[Recorder, Any, list[Tensor]]:
        tensors = self._tensors(inputs)
        with one_batch(self.module):
            recorder, result = self._called(lambda: record(self.module, self.forward, tensors), inputs)
        return recorder, result, tensors

    def _find_batch_axis(self) -> int:
        """The first dimension, unless that fails, the second works, and an attention wants it there."""
        attentions = (m for m in self.module.modules() if isinstance(m, nn.MultiheadAttention))
        if all(attention.batch_first for attention in attentions):
            return 0
        trial = {name: np.zeros(2 + i, np.int64) for i, name in enumerate(self.names)}
        for axis in (0, 1):
            self._batch_axis = axis
            try:
                with one_batch(self.module):
                    self.run(trial)
                return axis
            except Exception:  # it is asked again, and then its error is shown
                continue
        return 0

    def _tensors(self, inputs: Values) -> list[Tensor]:
        """With a batch of one."""
        tensors = [torch.as_tensor(np.asarray(inputs[name])) for name in self.names]
        return [tensor.to(self._dtype).unsqueeze(self._batch_axis) for tensor in tensors]

    def _called(self, function: Callable[[], Any], inputs: Values) -> Any:
        try:
            return function()
        except ExportError:
            raise
        except Exception as error:  # the model's own code may raise anything
            text = " ".join(str(error).split())
            raise ExportError(
                f"the model fails on {described(inputs)}: {type(error).__name__}: {text}"
            ) from error

    def _outputs(self, result: Any, inputs: Values) -> dict[str, Tensor]:
        rows = len(inputs[self.names[-1]]) if self.one_output else None
        if isinstance(result, Tensor):
            result = {"output": result}
        elif isinstance(result, (tuple, list)):
            result = {f"output.{i}": value for i, value in enumerate(result)}
        found = {
            str(key): value
            for key, value in (result.items() if isinstance(result, Mapping) else ())
            if _is_output(value, rows)
        }
        if self.one_output and "logits" in found:
            return {"logits": found["logits"]}
        if not found or len(found) > (1 if self.one_output else MAX_OUTPUTS):
            raise NoOutput(_wanted(result, len(found), rows))
        return found


def _is_output(value: Any, rows: int | None) -> bool:
    """Numbers; where they must be logits, with a row for each of the tokens."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return False
    return rows is None or list(value.shape[:-1]) in ([rows], [1, rows], [rows, 1])


def _wanted(result: Any, found: int, rows: int | None) -> str:
    if isinstance(result, Mapping):
        parts = [list(v.shape) if isinstance(v, Tensor) else type(v).__name__ for v in result.values()]
        what = ", ".join(map(str, parts[:MAX_OUTPUTS])) or "nothing"
    else:
        what = type(result).__name__
    wanted = f"1 to {MAX_OUTPUTS} tensors of floats"
    if rows is not None:
        wanted = f"one tensor, the logits [1, {rows}, V] of {rows} tokens"
    return (
        f"the model returns {what}: {found} tensors that may be outputs; pass forward=lambda ...: that "
        f"returns {wanted}"
    )
