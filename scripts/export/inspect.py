"""Shows what a trace or a LUT program holds and proves its reference outputs or vectors.

    /usr/bin/python3 -m scripts.export.inspect FILE.safetensors
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.base.packages import need

need("numpy")

import numpy as np  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.export import lut_file, masks, safetensors  # noqa: E402
from scripts.export.errors import TraceError  # noqa: E402
from scripts.export.graph_fields import Operator  # noqa: E402
from scripts.export.graph_rules import check_graph  # noqa: E402
from scripts.export.graph_shapes import Shape  # noqa: E402
from scripts.export.inspect_luts import inspect_program  # noqa: E402
from scripts.export.reference_outputs import verify_reference  # noqa: E402
from scripts.export.trace import Trace, read_trace  # noqa: E402
from scripts.export.trace_samples import Sample, samples_of  # noqa: E402

COLUMNS = "{:44s} {:19s} {:8s} {:14s} {:>12s} {:>7s} {:>9s}"
TITLE = COLUMNS.format("operator", "kind", "phase", "makes", "weights", "kept %", "nonzero %")
LENGTHS = {"source": "n", "target": "t"}


def summary(trace: Trace, file_bytes: int) -> Iterator[str]:
    yield f"{trace.graph['name']}: {trace.origin['model']}"
    yield "  from {framework} by {exporter}, licence {licence}".format(**trace.origin)
    yield f"  {', '.join(facts(trace.model, trace.sizes))}"
    yield f"  {file_bytes} bytes, {len(trace.tensors)} tensors"
    yield TITLE
    shapes = check_graph(trace.graph, trace.tensors, trace.graph["name"])
    for operator in trace.operators:
        yield row(operator, shapes[operator["name"]], trace).rstrip()
    yield total(trace)
    yield from inputs(samples_of(trace.model, trace.reference["samples"], trace.tensors))


def facts(model: dict[str, Any], sizes: dict[str, int]) -> Iterator[str]:
    yield model["kind"]
    for key, value in (sizes | model).items():
        if isinstance(value, int):
            yield f"{key} {value}"
    for value in model.get("inputs", []):
        yield f"input {value['name']} {side_by_side(value['shape'])}"
    for name in model.get("outputs", []):
        yield f"output {name}"


def inputs(samples: list[Sample]) -> Iterator[str]:
    rows = {
        name: [sample.inputs[name] for sample in samples]
        for name in samples[0].inputs
        if samples[0].inputs[name].ndim == 1
    }
    if samples[0].produced:
        rows["target"] = [np.array(sample.produced) for sample in samples]
    for side, tokens in rows.items():
        lengths = [len(row) for row in tokens]
        span = f"{min(lengths)} to {max(lengths)} tokens, mean {np.mean(lengths):.1f}"
        yield f"{side}: {len(lengths)} sentences, {span}"
    if not rows:
        yield f"{len(samples)} samples"


def side_by_side(sides: Any) -> str:
    return "x".join(map(str, sides))


def row(operator: Operator, shape: Shape, trace: Trace) -> str:
    weights = kept = nonzero = ""
    if "weight" in operator:
        weight = trace.tensors[operator["weight"]]
        weights = side_by_side(weight.shape)
        kept = f"{100 * kept_weights(operator, trace) / weight.size:.2f}"
        nonzero = f"{100 * np.count_nonzero(weight) / weight.size:.2f}"
    phase, makes = operator.get("phase", ""), side_by_side(shape.sides(LENGTHS))
    return COLUMNS.format(
        operator["name"], operator["kind"], phase, makes, weights, kept, nonzero
    )


def kept_weights(operator: Operator, trace: Trace) -> int:
    weight = trace.tensors[operator["weight"]]
    if "mask" not in operator:
        return weight.size
    columns = weight[0].size
    return int(masks.unpack(trace.tensors[operator["mask"]], columns).sum())


def total(trace: Trace) -> str:
    with_weights = [operator for operator in trace.operators if "weight" in operator]
    kept = sum(kept_weights(operator, trace) for operator in with_weights)
    weights = sum(trace.tensors[operator["weight"]].size for operator in with_weights)
    share = f": {100 * kept / weights:.2f} %" if weights else ""
    return f"{kept} of {weights} weights kept{share}"


def inspect_trace(path: Path) -> str:
    """Prints the summary; then what was verified."""
    trace = read_trace(path)
    for line in summary(trace, path.stat().st_size):
        terminal.show(line)
    verify_reference(trace, str(path))
    tokens = "all target tokens, " if "vocabulary" in trace.model else ""
    return f"{tokens}{len(trace.reference['points'])} stored outputs"


def main(arguments: list[str] | None = None) -> int:
    parser = terminal.Parser(
        prog="python3 -m scripts.export.inspect",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("file", type=Path)
    path = parser.parse_args(arguments).file
    try:
        is_program = safetensors.read(path)[0].get("schema") == lut_file.SCHEMA
        verified = inspect_program(path) if is_program else inspect_trace(path)
    except TraceError as error:
        terminal.say(f"error: {error}")
        return 1
    terminal.show(f"verified: {verified}")
    return 0


if __name__ == "__main__":
    terminal.run("inspect", main)
