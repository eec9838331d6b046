"""Exports a model of any framework: a proved, quantised network, its reference outputs, a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scripts.export.graph.judged import integer_run
from scripts.export.graph.network import FloatNetwork
from scripts.export.graph.contents import Contents
from scripts.export.graph.prepare import Prepared, teacher_forced
from scripts.export.graph.reference import add_reference
from scripts.export.graph.report import Integer, Report, compared
from scripts.export.trace import Trace, check

Judge = Callable[[Trace], Integer]  # the arithmetic of docs/trace-format.md for one trace
REPORTED = 256  # samples that float and int8 are compared on, at most


@dataclass(frozen=True)
class Export:
    """A trace with its reference outputs, and what the int8 network loses."""

    trace: Trace
    report: Report
    network: FloatNetwork


def export(made: Prepared, contents: Contents, judge: Judge = integer_run) -> Export:
    """UnsupportedOperator for what a trace cannot say, ExportError for other mistakes."""
    integer = judge(made.trace)
    add_reference(made, contents, integer)
    check(made.trace, contents.name)
    decodes = contents.kind in ("decoder", "encoder_decoder")
    known = (teacher_forced(contents) if decodes else contents.samples)[:REPORTED]
    labels = None if contents.labels is None else contents.labels[:REPORTED]
    report = compared(made.network, integer, made.scales, known, labels)
    return Export(made.trace, report, made.network)
