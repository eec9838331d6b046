"""Points on whatever host a worker runs: needs nothing but Dask, the standard library and the shared folders.

A batch is a dict: `program`, `root` (folder to call it in), `points` (each the arguments of a `lockstep run`, its
result's folder the last), `seconds` and `memory_mib` (limits of a point, or None), and where to tell how far it is:
`topic` (of Dask's events, or None), `name` of the batch, `seconds_between_reports`. The points run one after the other
in `lockstep batch`, which makes once what they share. The outcome is a list, an item a point: the message of a failure,
empty when the result is in its folder; and whether the sweep has to end because results cannot be written. The list is
shorter than `points` when these take long: the rest is to be given to whoever is free.

A process that dies loses at most the point that it was running: what earlier points left behind, or whoever ended the
process, must not fail this one, so it is tried once more in a new process, and fails when that one dies too. The others
go on.
"""

import errno
import json
import os
import signal
import subprocess
import tempfile
import time

_OUT_OF_TIME = 124  # exit code of the program, and of a point in its answer
_CANNOT_WRITE = 3
_OUT_OF_MEMORY = 4
_TOLD_TO_END = -signal.SIGTERM, -signal.SIGINT
_SHORT_OF_MEMORY = errno.ENOMEM, errno.EAGAIN
_PATIENCE_SECONDS = 5
_LARGE_PAGES = "glibc.malloc.hugetlb=1"  # halve what a fork of the program costs


def run(batch):
    start, end = time.monotonic(), None
    outcomes, program = [], None
    report = _Report(batch)
    try:
        for words in batch["points"]:
            report.done(len(outcomes))
            outcome = "", False
            if not _is_finished(words):  # a worker that was lost may have got this far
                program, outcome = _run_point(batch, program, words)
            if outcome is None:
                break
            outcomes.append(outcome)
            end = end or _end(start)
            if outcome[1] or time.monotonic() > end:
                break
    except _CannotStart as error:
        outcomes += [(str(error), False)] * (len(batch["points"]) - len(outcomes))
    except OSError as error:
        outcomes.append((str(error), True))
    finally:
        if program:
            program.close()
    return outcomes


class _CannotStart(Exception):
    """The program dies before it reads a point: all points of the batch would fail alike."""


class _Report:
    """Tells those who follow the batch's topic how many of its points have ended, not too often."""

    def __init__(self, batch):
        self._batch = batch
        self._next = time.monotonic()

    def done(self, count):
        now = time.monotonic()
        if not self._batch["topic"] or now < self._next:
            return
        import distributed

        self._next = now + self._batch["seconds_between_reports"]
        distributed.get_worker().log_event(self._batch["topic"], [self._batch["name"], count])


def _end(start):
    """When to stop, now that the first point, which made what all share, has ended: going on is then cheap."""
    now = time.monotonic()
    return now + max(_PATIENCE_SECONDS, 3 * (now - start))


def _is_finished(words):
    return os.path.exists(os.path.join(words[-1], "summary.json"))


def _run_point(batch, program, words, tries=2):
    """The program to go on with, and the outcome; None when the program was told to end, as at the end of a sweep."""
    fresh = program is None
    try:
        program = program or _Program(batch)
    except OSError as error:
        if error.errno not in _SHORT_OF_MEMORY:
            raise
        return None, (f"no process for it: {error.strerror}", False)
    code, message = program.run(words)
    if code in _TOLD_TO_END:
        return program, None
    again = program.has_ended and code != _OUT_OF_TIME or _is_short_of_memory(code, message)
    if not again and not program.has_ended:
        return program, _outcome(batch, words[-1], code, message)
    died = program.has_ended
    program.close()
    if died and _is_finished(words):
        return None, ("", False)
    if again and tries > 1 and (died or not fresh):
        return _run_point(batch, None, words, tries - 1)
    if again and died:
        _check_that_it_starts(batch)
    return None, _outcome(batch, words[-1], None if died else code, message)


def _is_short_of_memory(code, message):
    return code == _OUT_OF_MEMORY or "out of memory" in message


def _outcome(batch, folder, code, message):
    if code == 0:
        return "", False
    if batch["memory_mib"] and _is_short_of_memory(code, message):
        return f"needs more than {batch['memory_mib']} MiB of memory", False
    disk = os.path.basename(folder) in message or os.strerror(errno.ENOSPC) in message
    return message, code == _CANNOT_WRITE and disk


class _Program:
    """`lockstep batch`, which outlives a failed point but not a crash in what it makes for several."""

    def __init__(self, batch):
        self._batch = batch
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = _start(batch, self._errors, subprocess.PIPE)
        self.has_ended = False

    def run(self, words):
        """Exit code and message of a point; of the program, negative for a signal, when that `has_ended`."""
        try:
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self._process.stdout.readline()
        answer = _parsed(line)
        if answer is None and line.endswith("\n"):
            self._process.kill()
            self.has_ended = True
            return None, "the program answers with something that is no answer"
        if answer is None:
            return self._end()
        return answer["code"], answer["message"]

    def close(self):
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:  # of what it did not live to read
                pass
        self._process.wait()
        self._errors.close()

    def _end(self):
        self.has_ended = True
        try:
            code = self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:  # it closed its output and lives on
            self._process.kill()
            code = self._process.wait()
        if self._batch["seconds"] and code == _OUT_OF_TIME:
            return code, f"needs more than {self._batch['seconds']:g} s"
        return code, _ending(self._batch, code, self._errors)


def _parsed(line):
    """An answer of the program; None for a line that is none or was cut."""
    try:
        answer = json.loads(line) if line.endswith("\n") else None
    except ValueError:
        return None
    is_answer = isinstance(answer, dict) and isinstance(answer.get("code"), int)
    return answer if is_answer and isinstance(answer.get("message"), str) else None


def _start(batch, errors, stdin):
    seconds = ["--seconds", str(batch["seconds"])] if batch["seconds"] else []
    return subprocess.Popen(
        [*_limits(batch), batch["program"], "batch", *seconds],
        cwd=batch["root"],
        env={"GLIBC_TUNABLES": _LARGE_PAGES, **os.environ},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def _check_that_it_starts(batch):
    """After a process that died at its first point: was it the point, or would each one die?"""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = _start(batch, errors, subprocess.DEVNULL)
        process.communicate()
        if process.returncode not in (0, *_TOLD_TO_END):
            raise _CannotStart(f"the program cannot start: {_ending(batch, process.returncode, errors)}")


def _ending(batch, code, errors):
    """What is known of why it ended."""
    errors.seek(0)
    lines = errors.read().strip("\n").split("\n")
    how = f"ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with code {code}"
    limit = f" under the limit of {batch['memory_mib']} MiB of memory" if batch["memory_mib"] else ""
    said = lines[-1].removeprefix("lockstep: error: ")
    if said and code > 0 and not limit:
        return said
    return f"{how}{limit}{': ' if said else ''}{said}"


def _limits(batch):
    """Limits of the process outlive this one: should it be killed, the point still ends."""
    words = ["prlimit", "--core=0"]
    return words + ([f"--as={batch['memory_mib'] << 20}"] if batch["memory_mib"] else [])
