"""Checks of a trace's samples, stored outputs and texts against its graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.export.errors import TraceError
from scripts.export.graph_fields import check_integer, nearest
from scripts.export.graph_rules import source_pieces
from scripts.export.graph_shapes import Lengths, Shape
from scripts.export.metadata import check_keys
from scripts.export.network_rules import NETWORKS
from scripts.export.ragged import RAGGED, check_ragged, check_texts, rows_of
from scripts.export.safetensors import DTYPES, Tensors
from scripts.export.trace_samples import (
    ALLOWED,
    INPUT_PREFIX,
    LABELS,
    TARGETS,
    lengths_of,
    samples_of,
    sentences_of,
)

POINT_PREFIX = "reference.point."
TEXTS = ("text.vocabulary", "text.source", "text.human")
MAX_SAMPLES = 2**24


class ReferenceRules:
    """`shapes`: of the whole graph. After `check`, `named` holds the tensors of samples and texts."""

    def __init__(
        self, graph: dict[str, Any], shapes: dict[str, Shape], tensors: Tensors, file: str
    ) -> None:
        self.graph, self.model = graph, graph["model"]
        self.network = NETWORKS[self.model["kind"]]
        self.tensors, self.file = tensors, file
        self.shapes = {operator["name"]: shapes[operator["name"]] for operator in graph["operators"]}
        self.logits = {op["name"] for op in graph["operators"] if op["kind"] == "logits"}
        self.named: set[str] = set()

    def check(self, reference: dict[str, Any]) -> None:
        check_keys(reference, ("samples", "points"), f"{self.file}: reference")
        samples = reference["samples"]
        check_integer(samples, 1, MAX_SAMPLES, f"{self.file}: reference: samples")
        sentences = sentences_of(self.model)
        if sentences is None:
            self._check_inputs(samples)
        else:
            self._check_tokens(sentences, samples, self._pieces())
            self._check_texts(samples)
        if self.network.chooses_tokens:
            self._check_targets(samples)
        if LABELS in self.tensors:
            if self._vector(LABELS, samples).min() < 0:
                raise TraceError(f"{self.file}: {LABELS} holds a negative label; use an index")
        self._check_points(reference["points"], samples)

    def _pieces(self) -> int:
        """Number of different tokens that a sample may hold."""
        if self.network.samples_of == "prompt":
            return self.model["vocabulary"]
        return source_pieces(self.graph, self.tensors)

    def _check_inputs(self, samples: int) -> None:
        for value in self.model["inputs"]:
            name, sides = INPUT_PREFIX + value["name"], (samples, *value["shape"])
            tensor = self.tensors.get(name)
            if tensor is None or tensor.dtype != DTYPES["I8"] or tensor.shape != sides:
                raise TraceError(f"{self.file}: tensor {name} must exist as I8 {list(sides)}")
            self.named.add(name)

    def _check_tokens(self, name: str, rows: int, pieces: int) -> None:
        self._check_ragged(name, rows, 1)
        most = self.model["max_tokens"]
        for i, tokens in enumerate(rows_of(name, self.tensors)):
            where = f"{self.file}: {name}: sample {i}"
            if len(tokens) > most:
                raise TraceError(f"{where} has {len(tokens)} tokens; at most {most} fit the model")
            if tokens.min() < 0 or tokens.max() >= pieces:
                raise TraceError(f"{where} has a token outside 0 to {pieces - 1}")

    def _check_ragged(self, name: str, rows: int, shortest: int) -> None:
        check_ragged(name, rows, shortest, self.tensors, self.file)
        self.named |= {name, RAGGED[name][1]}

    def _check_targets(self, samples: int) -> None:
        self._check_tokens(TARGETS, samples, self.model["vocabulary"])
        for i, tokens in enumerate(rows_of(TARGETS, self.tensors)):
            if (tokens[:-1] == self.model["eos"]).any():
                raise TraceError(f"{self.file}: {TARGETS}: sample {i} goes on after EOS")
        if self.network.samples_of == "prompt":
            self._check_allowed(self._vector(ALLOWED, samples))

    def _check_allowed(self, allowed: np.ndarray) -> None:
        most = self.model["max_tokens"]
        prompts = rows_of("reference.prompt_tokens", self.tensors)
        for i, (prompt, tokens) in enumerate(zip(prompts, rows_of(TARGETS, self.tensors))):
            where = f"{self.file}: {ALLOWED}: sample {i}"
            if allowed[i] < len(tokens):
                raise TraceError(
                    f"{where}: {allowed[i]} tokens may be produced, but {len(tokens)} were"
                )
            if len(prompt) + len(tokens) - 1 > most:
                raise TraceError(
                    f"{where}: a prompt of {len(prompt)} tokens and {len(tokens)} produced ones; "
                    f"at most {most} fit the model, the last one not counted"
                )

    def _vector(self, name: str, rows: int) -> np.ndarray:
        tensor = self.tensors.get(name)
        if tensor is None or tensor.dtype != DTYPES["I32"] or tensor.shape != (rows,):
            raise TraceError(f"{self.file}: tensor {name} must exist as I32 [{rows}]")
        self.named.add(name)
        return tensor

    def _check_texts(self, samples: int) -> None:
        for name in TEXTS:
            offsets = RAGGED[name][1]
            if name in self.tensors or offsets in self.tensors:
                rows = samples
                if name == "text.vocabulary":
                    some = max(1, np.size(self.tensors.get(offsets, ())) - 1)
                    rows = self.model.get("vocabulary", some)
                check_texts(name, rows, self.tensors, self.file)
                self.named |= {name, offsets}

    def _check_points(self, points: Any, samples: int) -> None:
        if not isinstance(points, list):
            raise TraceError(f"{self.file}: reference: points is no list")
        found = samples_of(self.model, samples, self.tensors) if points else []
        lengths = [lengths_of(sample) for sample in found]
        seen: set[str] = set()
        for number, point in enumerate(points):
            where = f"{self.file}: reference: point {number}"
            check_keys(point, ("sample", "operator", "tensor"), where)
            check_integer(point["sample"], 0, samples - 1, f"{where}: sample")
            name, tensor = point["operator"], point["tensor"]
            if not isinstance(name, str) or not isinstance(tensor, str):
                raise TraceError(f"{where}: operator and tensor must be names")
            if name not in self.shapes:
                raise TraceError(f"{where}: no operator {name!r}{nearest(name, self.shapes)}")
            if tensor not in self.tensors or tensor in seen:
                raise TraceError(f"{where}: tensor {tensor!r}; name an existing one of its own")
            seen.add(tensor)
            self._check_output(name, lengths[point["sample"]], tensor, where)

    def _check_output(self, name: str, lengths: Lengths, tensor: str, where: str) -> None:
        kind = "I32" if name in self.logits else "I8"
        sides, found = self.shapes[name].sides(lengths), self.tensors[tensor]
        if found.dtype != DTYPES[kind] or found.shape != sides:
            raise TraceError(
                f"{where}: {tensor} is {found.dtype} {list(found.shape)}; "
                f"expected {kind} {list(sides)}"
            )
