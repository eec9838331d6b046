"""The built program, as the tests of the command line run it."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (ROOT / os.environ.get("LOCKSTEP_BIN", "build/release/sim/app/lockstep")).resolve()


def lockstep(*args, cwd=ROOT, **options):
    """Runs the program to its end; stdout and stderr are text."""
    command = [str(PROGRAM), *map(str, args)]
    return subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **options
    )


def run_ok(*args, **options):
    done = lockstep(*args, **options)
    assert done.returncode == 0, done.stderr
    return done


def error_of(*args, code, **options):
    """The message of a refusal: exit code `code`, exactly one line on stderr, nothing on stdout."""
    done = lockstep(*args, **options)
    assert done.returncode == code, (done.returncode, done.stderr, done.stdout)
    assert done.stdout == ""
    assert done.stderr.startswith("lockstep: error: ")
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n")
    return done.stderr.removeprefix("lockstep: error: ").strip()


def batch(jobs):
    """Exit code and message of each job."""
    lines = "".join(json.dumps(words) + "\n" for words in jobs)
    done = subprocess.run([PROGRAM, "batch"], cwd=ROOT, input=lines, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line).values()) for line in done.stdout.splitlines()]


def files_of(folder):
    """Name -> bytes of a result, without host.json, which differs from run to run."""
    return {f.name: f.read_bytes() for f in sorted(Path(folder).iterdir()) if f.name != "host.json"}
