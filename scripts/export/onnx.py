"""Exports an ONNX file of an encoder-decoder Transformer to a trace.

    /usr/bin/python3 -m scripts.export.onnx MODEL.onnx TOKENS.json -o TRACE.safetensors

TOKENS.json says what an ONNX file does not:

    {"bos": 2, "eos": 3, "max_tokens": 64,
     "calibration": [[[source tokens], [target tokens]], ...],
     "sentences": [{"tokens": [source tokens], "source": "text", "human": "text"}, ...],
     "pieces": ["<pad>", ...],
     "origin": {"model": "...", "source": "...", "licence": "...", "notes": "..."}}

Calibration pairs are as in training: both sides end with EOS if the model was trained so, targets
without BOS; 100 are plenty. "pieces", "origin" and the two texts of a sentence may be left out.
Files of other networks are exported from Python: docs/exporting.md.

Exit code: 0 if the trace is written, 2 for a mistake in the model or in TOKENS.json, 3 for a file
that cannot be read or written or a package that is missing.
"""

from __future__ import annotations

import argparse
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.base import terminal
from scripts.base.packages import missing

if TYPE_CHECKING:
    from scripts.export.trace import Trace

MISTAKE, FILE = 2, 3


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = terminal.Parser(
        prog="python3 -m scripts.export.onnx",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument(
        "model", type=Path, help="ONNX file, opset 13 to 21, dynamic sentence lengths"
    )
    parser.add_argument("tokens", type=Path, help="JSON file, see above")
    parser.add_argument("-o", "--output", type=Path, required=True, help="trace to write")
    parser.add_argument("--name", help="name of the model in the trace (default: that of the file)")
    parser.add_argument(
        "--keep-zeros",
        action="store_true",
        help="weights of exactly 0 are kept ones (default: they are pruned)",
    )
    return parser.parse_args(arguments)


def make_trace(options: argparse.Namespace) -> Trace:
    from scripts.export.graph.onnx import Origin, export_onnx_network
    from scripts.export.tokens_file import read_tokens, texts_of

    tokens = read_tokens(options.tokens)
    origin = {"model": options.model.name, "source": "", "licence": ""} | tokens.get("origin", {})
    return export_onnx_network(
        options.model,
        name=options.name or options.model.stem,
        origin=Origin(framework="ONNX", exporter="scripts/export/onnx.py", **origin),
        kind="encoder_decoder",
        max_tokens=tokens["max_tokens"],
        bos=tokens["bos"],
        eos=tokens["eos"],
        calibration=tokens["calibration"],
        samples=[sentence["tokens"] for sentence in tokens["sentences"]],
        texts=texts_of(tokens),
        keep_zeros=options.keep_zeros,
    ).trace


def export(options: argparse.Namespace) -> str:
    """Writes the trace; what was left out of the model, for people."""
    from scripts.export.trace import write_trace

    if options.output.is_dir() or not options.output.parent.is_dir():
        problem = errno.EISDIR if options.output.is_dir() else errno.ENOENT
        raise OSError(problem, os.strerror(problem))
    trace = make_trace(options)
    write_trace(options.output, trace)
    return trace.origin["notes"]


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:  # the packages that an export needs are imported here, --help works without them
        from scripts.export.errors import ExportError, TraceError
    except ImportError as error:
        return _fail(missing(error), FILE)
    try:
        notes = export(options)
    except ImportError as error:
        return _fail(missing(error), FILE)
    except (ExportError, TraceError) as error:
        return _fail(error, FILE if isinstance(error.__cause__, OSError) else MISTAKE)
    except OSError as error:
        return _fail(f"{options.output}: cannot write: {error.strerror}", FILE)
    except MemoryError:
        return _fail(f"{options.model}: the model needs more memory than there is", MISTAKE)
    terminal.show(f"wrote {options.output}" + (f" ({notes})" if notes else ""))
    return 0


def _fail(problem: object, code: int) -> int:
    terminal.say(f"error: {problem}")
    return code


if __name__ == "__main__":
    terminal.run("onnx", main)
