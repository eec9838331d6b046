"""The simulator as scripts call it, and what tells one build and one input file from another."""

import functools
import hashlib
import json
import os
import subprocess
from pathlib import Path

from scripts.base import terminal
from scripts.sweeping.errors import FileError

ROOT = Path(__file__).resolve().parents[2]
MAX_INPUT_BYTES = 4 << 30


def add_options(parser):
    """Those of every script that calls the program often."""
    default = os.environ.get("LOCKSTEP_BIN", "build/release/sim/app/lockstep")
    jobs = {"type": terminal.positive, "default": os.cpu_count(), "metavar": "N"}
    program = {"type": lambda text: Path(text).resolve(), "default": (ROOT / default).resolve(), "metavar": "PROGRAM"}
    parser.add_argument("-j", "--jobs", **jobs, help="runs at a time [one a core]")
    parser.add_argument("--lockstep", **program, help=f"[{default}]")


class RunError(Exception):
    """The program refused or failed; the text is its own message."""


def digest(data):
    return hashlib.sha256(data).hexdigest()


@functools.cache
def digest_of_file(path):
    """Of its bytes, never all of them in memory; a point of a sweep is named by it."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_INPUT_BYTES:
                raise FileError(f"{path}: {size} bytes; a file of a sweep may have {MAX_INPUT_BYTES}")
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def call(program, *arguments, stdin=""):
    """What the program prints."""
    done = subprocess.run(
        [str(program), *map(str, arguments)],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RunError(done.stderr.strip() or f"exit code {done.returncode}")
    return done.stdout


@functools.cache
def known_keys(program, what):
    """Key -> default (None: has none), of a machine's architecture file or of `workload`."""
    sections = json.loads(call(program, "keys", what, "--json"))["sections"]
    keys = [key for section in sections for key in section["keys"]]
    return {key["key"]: key["default"] for key in keys if key["type"] != "block"}
