"""Writes a trace of an older schema as one of today's, with nothing lost but sizes for people.

    /usr/bin/python3 -m scripts.export.convert OLD.safetensors -o NEW.safetensors

What the new file holds is computed again before it is written: tokens and stored outputs are those of
the old one. Exit code: 0 if the file is written, 1 if the old one is no right trace or the new one cannot
be written.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from scripts.base.packages import need

need("numpy")

from scripts.base import terminal  # noqa: E402
from scripts.export.errors import TraceError  # noqa: E402
from scripts.export.reference_outputs import verify_reference  # noqa: E402
from scripts.export.trace import SCHEMA, Trace, read_trace, write_trace  # noqa: E402


def converted(trace: Trace) -> Trace:
    """The same, to be written in today's schema."""
    return replace(trace, sizes={})


def main(arguments: list[str] | None = None) -> int:
    parser = terminal.Parser(
        prog="python3 -m scripts.export.convert",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("trace", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        trace = converted(read_trace(options.trace))
        verify_reference(trace, str(options.trace))
        write_trace(options.output, trace)
    except TraceError as error:
        terminal.say(f"error: {error}")
        return 1
    except OSError as error:
        terminal.say(f"error: {options.output}: cannot write: {error.strerror}")
        return 1
    terminal.show(f"wrote {options.output}: {SCHEMA}")
    return 0


if __name__ == "__main__":
    terminal.run("convert", main)
