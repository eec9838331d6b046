"""Exports an ONNX Transformer to a trace.

    /usr/bin/python3 -m scripts.export.onnx MODEL.onnx TOKENS.json -o TRACE.safetensors

TOKENS.json says what an ONNX file does not:

    {"bos": 2, "eos": 3, "max_tokens": 64,
     "calibration": [[[source tokens], [target tokens]], ...],
     "sentences": [{"tokens": [source tokens], "source": "text", "human": "text"}, ...],
     "pieces": ["<pad>", ...],
     "origin": {"model": "...", "source": "...", "licence": "...", "notes": "..."}}

Calibration pairs are as in training: both sides end with EOS if the model was trained so, targets
without BOS; 100 are plenty. "pieces", "origin" and the two texts of a sentence may be left out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from scripts.base import terminal
from scripts.export.build_trace import Origin, Sentence, Tokenizer
from scripts.export.errors import TraceError, UnsupportedOperator
from scripts.export.graph_rules import nearest
from scripts.export.trace import Trace, write_trace

REQUIRED = {"bos", "eos", "max_tokens", "calibration", "sentences"}
OPTIONAL = {"pieces", "origin"}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = terminal.Parser(
        prog="python3 -m scripts.export.onnx",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument(
        "model", type=Path, help="ONNX file, opset 13 to 17, dynamic sentence lengths"
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


def read_tokens(path: Path) -> dict[str, Any]:
    try:
        tokens = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(tokens, dict):
        raise ValueError(f"{path}: must hold a JSON object")
    for key in sorted(REQUIRED - tokens.keys()):
        raise ValueError(f"{path}: {key!r} is missing")
    for key in sorted(tokens.keys() - REQUIRED - OPTIONAL):
        raise ValueError(f"{path}: unknown key {key!r}{nearest(key, REQUIRED | OPTIONAL)}")
    return tokens


def make_trace(options: argparse.Namespace) -> Trace:
    from scripts.export.onnx_exporter import export_onnx  # needs the onnx package, --help does not

    tokens = read_tokens(options.tokens)
    origin = {"model": options.model.name, "source": "", "licence": ""} | tokens.get("origin", {})
    return export_onnx(
        options.model,
        name=options.name or options.model.stem,
        origin=Origin(framework="ONNX", exporter="scripts/export/onnx_exporter.py", **origin),
        tokenizer=Tokenizer(tokens["bos"], tokens["eos"], tokens.get("pieces")),
        max_tokens=tokens["max_tokens"],
        calibration_pairs=tokens["calibration"],
        sentences=[Sentence(**sentence) for sentence in tokens["sentences"]],
        keep_zeros=options.keep_zeros,
    )


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        write_trace(options.output, make_trace(options))
    except ImportError as error:
        terminal.say(f"error: {error}; install python3-onnx")
    except (OSError, TypeError, ValueError, TraceError, UnsupportedOperator) as error:
        terminal.say(f"error: {error}")
    else:
        terminal.show(f"wrote {options.output}")
        return 0
    return 1


if __name__ == "__main__":
    terminal.run("onnx", main)
