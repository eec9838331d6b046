"""Traces: reading, checking and writing. The format is docs/trace-format.md; the checks here are
its rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.export import graph_rules, safetensors
from scripts.export.errors import TraceError
from scripts.export.graph_rules import MODEL_FIELDS, Operator, check_integer
from scripts.export.graph_shapes import GraphShapes
from scripts.export.metadata import check_keys, check_origin, parse_parts, written_parts
from scripts.export.ragged import RAGGED
from scripts.export.safetensors import Metadata, Tensors
from scripts.export.trace_reference import ReferenceRules

SCHEMA = "lockstep-trace-1"
PARTS = ("graph", "origin", "reference")
MAX_OPERATORS = 1 << 16
MAX_USES = 64  # of one tensor: a small file must not stand for a huge model


@dataclass
class Trace:
    """The three JSON objects of the metadata, and all tensors by name.

    `scales` are what an exporter knows besides: the real value of one step of an operator's output.
    The integers do not need them, so they are not written.
    """

    graph: dict[str, Any]
    origin: dict[str, str]
    reference: dict[str, Any] = field(default_factory=lambda: {"sentences": 0, "points": []})
    tensors: Tensors = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def operators(self) -> list[Operator]:
        return self.graph["operators"]

    @property
    def model(self) -> dict[str, Any]:
        return self.graph["model"]


def write_trace(path: Path, trace: Trace) -> None:
    """Checks the trace, then writes it in one step: `path` never holds half a trace."""
    check(trace, str(path))
    safetensors.write(path, metadata_of(trace), trace.tensors)


def metadata_of(trace: Trace) -> dict[str, str]:
    return written_parts(SCHEMA, {name: getattr(trace, name) for name in PARTS})


def read_trace(path: Path) -> Trace:
    """A trace of which every rule was checked; TraceError names the first broken one."""
    return trace_of(*safetensors.read(path), str(path))


def trace_of(metadata: Metadata, tensors: Tensors, file: str) -> Trace:
    """The same of what stands in a file already read."""
    parsed = parse_parts(metadata, SCHEMA, PARTS, file)
    trace = Trace(*parsed, tensors)
    check(trace, file)
    return trace


def check(trace: Trace, file: str) -> None:
    """All rules of the format that lie above the file layout."""
    check_keys(trace.graph, ("name", "model", "operators"), f"{file}: graph")
    safetensors.check_name(trace.graph["name"], f"{file}: graph")
    check_origin(trace.origin, file)
    _check_model(trace.graph["model"], f"{file}: graph: model")
    shapes = _check_operators(trace, file)
    ReferenceRules(trace.graph, shapes, trace.tensors, file).check(trace.reference)
    _check_uses(trace, file)


def _check_model(model: Any, where: str) -> None:
    check_keys(model, ("kind", *MODEL_FIELDS), where)
    if model["kind"] != "encoder_decoder":
        raise TraceError(f"{where}: kind {model['kind']!r}; use 'encoder_decoder'")
    for key, (least, most) in MODEL_FIELDS.items():
        check_integer(model[key], least, most, f"{where}: {key}")
    for key in ("bos", "eos"):
        check_integer(model[key], 0, model["vocabulary"] - 1, f"{where}: {key}")


def _check_operators(trace: Trace, file: str) -> GraphShapes:
    if not isinstance(trace.operators, list) or not trace.operators:
        raise TraceError(f"{file}: graph: operators must be a list with at least one operator")
    if len(trace.operators) > MAX_OPERATORS:
        raise TraceError(f"{file}: graph: more than {MAX_OPERATORS} operators")
    earlier: dict[str, Operator] = {}
    shapes = GraphShapes(trace.model, trace.tensors, file)
    for operator in trace.operators:
        graph_rules.check_fields(operator, file)
        graph_rules.check_inputs(operator, earlier, file)
        shapes.check(operator)
        earlier[operator["name"]] = operator
    last, kinds = trace.operators[-1], [operator["kind"] for operator in trace.operators]
    if (last["kind"], last["phase"]) != ("logits", "decoder") or kinds.count("logits") > 1:
        raise TraceError(
            f"{file}: graph: the last operator, and no other, must be of kind logits, phase decoder"
        )
    graph_rules.check_attention_is_whole(trace.operators, file)
    return shapes


def operator_tensors(operator: Operator) -> list[str]:
    kind = graph_rules.KINDS[operator["kind"]]
    return [operator[key] for key in (*kind.tensors, *kind.optional) if key in operator]


def _check_uses(trace: Trace, file: str) -> None:
    uses = Counter(name for operator in trace.operators for name in operator_tensors(operator))
    uses.update(point["tensor"] for point in trace.reference["points"])
    ragged = {name for pair in RAGGED.items() for name in (pair[0], pair[1][1])}
    uses.update(ragged & trace.tensors.keys())
    for name, count in uses.items():
        if count > MAX_USES:
            raise TraceError(f"{file}: tensor {name} is used {count} times; at most {MAX_USES}")
    for name in sorted(trace.tensors.keys() - uses.keys()):
        raise TraceError(f"{file}: tensor {name} is named by no operator and no point")
