"""From recorded ATen calls to primitive operators (scripts/export/graph/primitives.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph import aten_arithmetic, aten_layers, aten_moves
from scripts.export.graph.aten import Translation
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.graph.recorder import Recorded, Recorder, Value

TRANSLATIONS = aten_moves.TRANSLATIONS | aten_arithmetic.TRANSLATIONS | aten_layers.TRANSLATIONS


def primitive_graph(
    recorder: Recorder, inputs: dict[str, Tensor], outputs: dict[str, Tensor]
) -> PrimitiveGraph:
    """`inputs` in the order in which they were recorded."""
    given = {
        name: Node("input", [], {"name": name}, tuple(tensor.shape), name)
        for name, tensor in inputs.items()
    }
    translation = Translation(PrimitiveGraph(given), dict(enumerate(given.values())))
    for call in _needed(recorder, outputs):
        _add(translation, call)
    for name, tensor in outputs.items():
        number = recorder.number(tensor)
        if number is None:
            raise UnsupportedOperator(
                name, "an output that depends on no input", "return what the model computes"
            )
        node = translation.values[number]
        node.uses += 1
        translation.graph.outputs[name] = node
    return translation.graph


def _needed(recorder: Recorder, outputs: dict[str, Tensor]) -> list[Recorded]:
    """Calls that the outputs depend on: a model may also compute a loss, say."""
    wanted = {recorder.number(tensor) for tensor in outputs.values()}
    needed = []
    for call in reversed(recorder.calls):
        if not wanted.isdisjoint(call.results):
            needed.append(call)
            wanted.update(_numbers(list(call.arguments.values())))
    return needed[::-1]


def _numbers(values: Any) -> Iterator[int]:
    if isinstance(values, Value):
        yield int(values)
    elif isinstance(values, list):
        for value in values:
            yield from _numbers(value)


def first_nan(recorder: Recorder) -> str | None:
    """Of the recorded calls, the first whose result is not finite where that is no mask's doing."""
    for call in recorder.calls:
        results = [recorder.tensor(number) for number in call.results if number is not None]
        floats = [result for result in results if result.is_floating_point()]
        if not any((result.isnan() | (result == float("inf"))).any() for result in floats):
            continue
        path = call.path or "the model"
        scores = call.arguments.get("self")
        if call.name == "_softmax" and isinstance(scores, Value):
            hidden = recorder.tensor(scores) == float("-inf")
            if hidden.all(-1).any():
                return f"{path} has a mask that hides every key, as one of BOS or of all tokens does: let it leave one"
        return f"the first numbers that are not finite are those of {call.name} in {path}: look there and at what it reads"
    return None


def _add(translation: Translation, call: Recorded) -> None:
    translation.call = call
    translate = TRANSLATIONS.get(call.name)
    if translate is None:
        translation.refuse(call.name, "build the model from operators of docs/trace-format.md")
    arguments = {key: translation.of(value) for key, value in call.arguments.items()}
    results = translate(translation, **arguments)
    results = results if isinstance(results, list) else [results]
    for number, result in zip(call.results, results):
        if number is not None:
            translation.values[number] = result
