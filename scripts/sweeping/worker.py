"""Points on whatever host a worker runs: needs nothing but the standard library and the shared folders.

A batch is a dict: `program`, `root` (folder to call it in), `points` (each the arguments of a `lockstep run`, its
result's folder the last), `seconds` and `memory_mib` (limits of a point, or None). The points run one after the other
in `lockstep batch`, which makes once what they share. The outcome is a list, an item a point: the message of a failure,
empty when the result is in its folder; and whether the sweep has to end because results cannot be written. The list is
shorter than `points` when these take long: the rest is to be given to whoever is free.
"""

import json
import os
import signal
import subprocess
import tempfile
import time

_OUT_OF_TIME = 124  # exit code of the program, and of a point in its answer
_CANNOT_WRITE = 3
_TOLD_TO_END = -signal.SIGTERM, -signal.SIGINT
_PATIENCE_SECONDS = 5
_LARGE_PAGES = "glibc.malloc.hugetlb=1"  # halve what a fork of the program costs


def run(batch):
    start, end = time.monotonic(), None
    outcomes, program = [], None
    try:
        for words in batch["points"]:
            outcome = "", False
            if not _is_finished(words):  # a worker that was lost may have got this far
                program, outcome = _run_point(batch, program, words)
            if outcome is None:
                break
            outcomes.append(outcome)
            end = end or _end(start)
            if outcome[1] or time.monotonic() > end:
                break
    except OSError as error:
        outcomes.append((str(error), True))
    finally:
        if program:
            program.close()
    return outcomes


def _end(start):
    """When to stop, now that the first point, which made what all share, has ended: going on is then cheap."""
    now = time.monotonic()
    return now + max(_PATIENCE_SECONDS, 3 * (now - start))


def _is_finished(words):
    return os.path.exists(os.path.join(words[-1], "summary.json"))


def _run_point(batch, program, words):
    """The program to go on with, and the outcome; None when the program was told to end, as at the end of a sweep.

    What memory earlier points left behind must not fail this one.
    """
    fresh = program is None
    program = program or _Program(batch)
    code, message = program.run(words)
    if code in _TOLD_TO_END:
        return program, None
    if code is None or "out of memory" in message:
        program.close()
        program = None
    if not fresh and "out of memory" in message:
        return _run_point(batch, None, words)
    return program, _outcome(batch, words[-1], code, message)


def _outcome(batch, folder, code, message):
    if code == 0:
        return "", False
    if batch["memory_mib"] and "out of memory" in message:
        return f"needs more than {batch['memory_mib']} MiB of memory", False
    return message, code == _CANNOT_WRITE and folder in message


class _Program:
    """`lockstep batch`, which outlives a failed point but not a crash in what it makes for several."""

    def __init__(self, batch):
        self._seconds = batch["seconds"]
        self._errors = tempfile.TemporaryFile("w+", errors="replace")
        self._process = subprocess.Popen(
            [*_limits(batch), batch["program"], "batch", *self._time_limit()],
            cwd=batch["root"],
            env={"GLIBC_TUNABLES": _LARGE_PAGES, **os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            errors="replace",
        )

    def run(self, words):
        """Exit code and message of a point; the code is None, or a signal, when the program itself has ended."""
        try:
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self._process.stdout.readline()
        if not answer.endswith("\n"):
            return self._end()
        answer = json.loads(answer)
        return answer["code"], answer["message"]

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        self._errors.close()

    def _time_limit(self):
        return ["--seconds", str(self._seconds)] if self._seconds else []

    def _end(self):
        code = self._process.wait()
        if self._seconds and code == _OUT_OF_TIME:
            return None, f"needs more than {self._seconds:g} s"
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        message = lines[-1].removeprefix("lockstep: error: ") if lines else f"ended {how}"
        return (code if code in _TOLD_TO_END else None), message


def _limits(batch):
    """Limits of the process outlive this one: should it be killed, the point still ends."""
    words = ["prlimit", "--core=0"]
    return words + ([f"--as={batch['memory_mib'] << 20}"] if batch["memory_mib"] else [])
