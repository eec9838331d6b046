"""Shows what a trace or a LUT program holds and proves its reference outputs or vectors.

    /usr/bin/python3 -m scripts.export.inspect FILE.safetensors
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from scripts.base.packages import need

need("numpy")

import numpy as np  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.export import lut_file, masks, safetensors  # noqa: E402
from scripts.export.errors import TraceError  # noqa: E402
from scripts.export.graph_rules import Operator  # noqa: E402
from scripts.export.inspect_luts import inspect_program  # noqa: E402
from scripts.export.ragged import rows_of  # noqa: E402
from scripts.export.reference_outputs import verify_reference  # noqa: E402
from scripts.export.trace import Trace, read_trace  # noqa: E402

COLUMNS = "{:44s} {:17s} {:8s} {:>12s} {:>7s} {:>9s}"
TITLE = COLUMNS.format("operator", "kind", "phase", "weights", "kept %", "nonzero %")


def summary(trace: Trace, file_bytes: int) -> Iterator[str]:
    model = trace.model
    yield f"{trace.graph['name']}: {trace.origin['model']}"
    yield "  from {framework} by {exporter}, licence {licence}".format(**trace.origin)
    yield (
        f"  d_model {model['d_model']}, {model['heads']} heads, d_ff {model['d_ff']}, "
        f"{model['encoder_layers']} + {model['decoder_layers']} layers, "
        f"vocabulary {model['vocabulary']}, at most {model['max_tokens']} tokens"
    )
    yield f"  {file_bytes} bytes, {len(trace.tensors)} tensors"
    yield TITLE
    for operator in trace.operators:
        yield row(operator, trace).rstrip()
    yield total(trace)
    for side in ("source", "target"):
        lengths = [len(tokens) for tokens in rows_of(f"reference.{side}_tokens", trace.tensors)]
        span = f"{min(lengths)} to {max(lengths)} tokens, mean {np.mean(lengths):.1f}"
        yield f"{side}: {len(lengths)} sentences, {span}"


def row(operator: Operator, trace: Trace) -> str:
    weights = kept = nonzero = ""
    if "weight" in operator:
        weight = trace.tensors[operator["weight"]]
        weights = "x".join(map(str, weight.shape))
        kept = f"{100 * kept_weights(operator, trace) / weight.size:.2f}"
        nonzero = f"{100 * np.count_nonzero(weight) / weight.size:.2f}"
    fields = (operator["name"], operator["kind"], operator["phase"], weights, kept, nonzero)
    return COLUMNS.format(*fields)


def kept_weights(operator: Operator, trace: Trace) -> int:
    weight = trace.tensors[operator["weight"]]
    if "mask" not in operator:
        return weight.size
    return int(masks.unpack(trace.tensors[operator["mask"]], weight.shape[1]).sum())


def total(trace: Trace) -> str:
    linear = [operator for operator in trace.operators if "weight" in operator]
    kept = sum(kept_weights(operator, trace) for operator in linear)
    weights = sum(trace.tensors[operator["weight"]].size for operator in linear)
    return f"{kept} of {weights} weights kept: {100 * kept / weights:.2f} %"


def inspect_trace(path: Path) -> str:
    """Prints the summary; then what was verified."""
    trace = read_trace(path)
    for line in summary(trace, path.stat().st_size):
        terminal.show(line)
    verify_reference(trace, str(path))
    return f"all target tokens, {len(trace.reference['points'])} stored outputs"


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
