"""From recorded ATen calls to primitive operators (scripts/export/graph/primitives.py)."""

from __future__ import annotations

from torch import Tensor

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph import aten_arithmetic, aten_layers, aten_moves
from scripts.export.graph.aten import Translation
from scripts.export.graph.primitives import Node, PrimitiveGraph
from scripts.export.graph.recorder import Recorded, Recorder

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
    for call in recorder.calls:
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
