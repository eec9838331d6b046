"""Traces: reading, checking and writing. The format is docs/trace-format.md; the checks here are
its rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.export import safetensors, schema_1
from scripts.export.errors import TraceError
from scripts.export.graph_fields import Operator
from scripts.export.graph_rules import check_graph, operator_tensors
from scripts.export.metadata import check_origin, parse_parts, written_parts
from scripts.export.safetensors import Metadata, Tensors
from scripts.export.trace_reference import ReferenceRules

SCHEMA = "lockstep-trace-2"
PARTS = ("graph", "origin", "reference")
MAX_USES = 64  # of one tensor: a small file must not stand for a huge model


@dataclass
class Trace:
    """The three JSON objects of the metadata, and all tensors by name, as lockstep-trace-2 has them.

    `sizes` are what a file of lockstep-trace-1 says for people; a trace that has them is written as
    such a file. `scales` are what an exporter knows besides: the real value of one step of an
    operator's output. The integers do not need them, so they are not written.
    """

    graph: dict[str, Any]
    origin: dict[str, str]
    reference: dict[str, Any] = field(default_factory=lambda: {"samples": 0, "points": []})
    tensors: Tensors = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def operators(self) -> list[Operator]:
        return self.graph["operators"]

    @property
    def model(self) -> dict[str, Any]:
        return self.graph["model"]


def of_schema_1(graph: dict[str, Any], origin: dict[str, str], tensors: Tensors) -> Trace:
    """A trace without reference outputs whose graph is as lockstep-trace-1 has it."""
    reference = {"sentences": 0, "points": []}
    graph, reference, tensors, sizes = schema_1.upgraded(graph, reference, tensors, graph["name"])
    return Trace(graph, origin, reference, tensors, sizes)


def write_trace(path: Path, trace: Trace) -> None:
    """Checks the trace, then writes it in one step: `path` never holds half a trace."""
    check(trace, str(path))
    safetensors.write(path, metadata_of(trace), trace.tensors)


def metadata_of(trace: Trace) -> dict[str, str]:
    graph, reference, schema = trace.graph, trace.reference, SCHEMA
    if trace.sizes:
        graph, reference = schema_1.downgraded(graph, reference, trace.sizes)
        schema = schema_1.SCHEMA
    return written_parts(schema, {"graph": graph, "origin": trace.origin, "reference": reference})


def read_trace(path: Path) -> Trace:
    """A trace of which every rule was checked; TraceError names the first broken one."""
    return trace_of(*safetensors.read(path), str(path))


def trace_of(metadata: Metadata, tensors: Tensors, file: str) -> Trace:
    """The same of what stands in a file already read."""
    graph, origin, reference = parse_parts(metadata, (schema_1.SCHEMA, SCHEMA), PARTS, file)
    sizes: dict[str, int] = {}
    if metadata["schema"] == schema_1.SCHEMA:
        graph, reference, tensors, sizes = schema_1.upgraded(graph, reference, tensors, file)
    trace = Trace(graph, origin, reference, tensors, sizes)
    check(trace, file)
    return trace


def check(trace: Trace, file: str) -> None:
    """All rules of the format that lie above the file layout."""
    check_origin(trace.origin, file)
    shapes = check_graph(trace.graph, trace.tensors, file)
    rules = ReferenceRules(trace.graph, shapes, trace.tensors, file)
    rules.check(trace.reference)
    _check_uses(trace, rules.named, file)


def _check_uses(trace: Trace, of_samples: set[str], file: str) -> None:
    uses = Counter(name for operator in trace.operators for name in operator_tensors(operator))
    uses.update(point["tensor"] for point in trace.reference["points"])
    uses.update(of_samples)
    for name, count in uses.items():
        if count > MAX_USES:
            raise TraceError(f"{file}: tensor {name} is used {count} times; at most {MAX_USES}")
    for name in sorted(trace.tensors.keys() - uses.keys()):
        raise TraceError(f"{file}: tensor {name} is named by no operator and no point")
