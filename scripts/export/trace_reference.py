"""Checks of a trace's reference outputs and texts against its graph."""

from __future__ import annotations

from typing import Any

from scripts.export.errors import TraceError
from scripts.export.graph_rules import Operator, check_integer, nearest
from scripts.export.graph_shapes import GraphShapes
from scripts.export.ragged import RAGGED, check_ragged, check_texts, rows_of
from scripts.export.safetensors import DTYPES, Tensors

POINT_PREFIX = "reference.point."
TEXTS = ("text.vocabulary", "text.source", "text.human")


class ReferenceRules:
    """`shapes`: of the whole graph."""

    def __init__(
        self, graph: dict[str, Any], shapes: GraphShapes, tensors: Tensors, file: str
    ) -> None:
        self.model, self.widths, self.tensors, self.file = (
            graph["model"],
            shapes.widths,
            tensors,
            file,
        )
        self.source_tokens = shapes.source_tokens or graph["model"]["vocabulary"]
        self.operators = {operator["name"]: operator for operator in graph["operators"]}

    def check(self, reference: dict[str, Any]) -> None:
        if reference.keys() != {"sentences", "points"} or not isinstance(reference["points"], list):
            raise TraceError(
                f"{self.file}: reference needs exactly 'sentences' and a list of 'points'"
            )
        sentences = reference["sentences"]
        check_integer(sentences, 1, 2**24, f"{self.file}: reference: sentences")
        self._check_tokens("reference.source_tokens", sentences, self.source_tokens)
        self._check_tokens("reference.target_tokens", sentences, self.model["vocabulary"])
        self._check_ends()
        for name in TEXTS:
            if name in self.tensors or RAGGED[name][1] in self.tensors:
                rows = self.model["vocabulary"] if name == "text.vocabulary" else sentences
                check_texts(name, rows, self.tensors, self.file)
        self._check_points(reference["points"], sentences)

    def _check_tokens(self, name: str, rows: int, vocabulary: int) -> None:
        check_ragged(name, rows, 1, self.tensors, self.file)
        most = self.model["max_tokens"]
        for i, tokens in enumerate(rows_of(name, self.tensors)):
            where = f"{self.file}: {name}: sentence {i}"
            if len(tokens) > most:
                raise TraceError(f"{where} has {len(tokens)} tokens; at most {most} fit the model")
            if tokens.min() < 0 or tokens.max() >= vocabulary:
                raise TraceError(f"{where} has a token outside 0 to {vocabulary - 1}")

    def _check_ends(self) -> None:
        for i, tokens in enumerate(rows_of("reference.target_tokens", self.tensors)):
            if (tokens[:-1] == self.model["eos"]).any():
                raise TraceError(
                    f"{self.file}: reference.target_tokens: sentence {i} goes on after EOS"
                )

    def _check_points(self, points: list[Any], sentences: int) -> None:
        lengths = [
            {"encoder": len(source), "cross": len(source), "decoder": len(target)}
            for source, target in zip(
                rows_of("reference.source_tokens", self.tensors),
                rows_of("reference.target_tokens", self.tensors),
            )
        ]
        seen: set[str] = set()
        for number, point in enumerate(points):
            where = f"{self.file}: reference: point {number}"
            if not isinstance(point, dict) or point.keys() != {"sentence", "operator", "tensor"}:
                raise TraceError(f"{where} needs exactly sentence, operator and tensor")
            check_integer(point["sentence"], 0, sentences - 1, f"{where}: sentence")
            name, tensor = point["operator"], point["tensor"]
            if not isinstance(name, str) or not isinstance(tensor, str):
                raise TraceError(f"{where}: operator and tensor must be names")
            if name not in self.operators:
                raise TraceError(f"{where}: no operator {name!r}{nearest(name, self.operators)}")
            if tensor not in self.tensors or tensor in seen:
                raise TraceError(f"{where}: tensor {tensor!r}; name an existing one of its own")
            seen.add(tensor)
            self._check_output(self.operators[name], lengths[point["sentence"]], tensor, where)

    def _check_output(
        self, operator: Operator, lengths: dict[str, int], tensor: str, where: str
    ) -> None:
        kind = "I32" if operator["kind"] == "logits" else "I8"
        shape, found = self._output_shape(operator, lengths), self.tensors[tensor]
        if found.dtype != DTYPES[kind] or found.shape != shape:
            raise TraceError(
                f"{where}: {tensor} is {found.dtype} {list(found.shape)}; "
                f"expected {kind} {list(shape)}"
            )

    def _output_shape(self, operator: Operator, lengths: dict[str, int]) -> tuple[int, ...]:
        rows, width = lengths[operator["phase"]], self.widths[operator["name"]]
        if operator["kind"] == "softmax":
            return self._output_shape(self.operators[operator["inputs"][0]], lengths)
        if operator["kind"] == "attention_scores":
            return width, rows, lengths[self.operators[operator["inputs"][1]]["phase"]]
        return rows, width
