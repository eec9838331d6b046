"""How every script meets the terminal: one escaped line an error, one meaning of exit codes, streams that may be gone."""

import argparse
import io
import os
import sys

from scripts.base.printable import printable

LINE = 2000  # characters of an error; what it quotes is shortened where it is quoted
FILE_OR_DISK = 3
INTERRUPTED = 130
NOBODY_READS = 141  # as of a program that SIGPIPE ends


class Parser(argparse.ArgumentParser):
    """Mistakes in the command line are one line."""

    def error(self, message):
        error(self.prog, f"{message}; see {self.prog} --help")
        sys.exit(2)


def positive(text):
    """The type of an option that counts something."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def error(program, message):
    say(f"{program}: error: {message}")


def say(text, stream=None):
    """A line on stderr, or on that stream, whatever is in the text."""
    print(printable(str(text), LINE), file=stream or sys.stderr, flush=True)


def progress(text):
    """A line on stderr for somebody who waits for long work: on a terminal only."""
    if sys.stderr.isatty():
        say(text)


class LiveLine:
    """How far long work is: one line that is written over on a terminal, nothing elsewhere."""

    def __init__(self, stream=None):
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._text = ""

    def show(self, text):
        if self._live:
            self._text = printable(text, LINE)
            print(f"\r\033[K{self._text}", end="", file=self._stream, flush=True)

    def say(self, text):
        """A line that stays, in the place of this one; elsewhere than on a terminal too."""
        if self._text:
            print("\r\033[K", end="", file=self._stream)
            self._text = ""
        say(text, self._stream)

    def close(self):
        """What was shown last stays."""
        if self._text:
            print(file=self._stream, flush=True)
            self._text = ""


def show(text):
    """A line on stdout, in full."""
    print(printable(str(text), None))


def run(program, main):
    """Ends this process with the exit code that `main()` returns (None: 0), whatever becomes of its streams."""
    _fill_closed_descriptors()
    terminal = os.isatty(1)
    encoding = sys.stdout and sys.stdout.encoding
    sys.stdout = _stream(_Output(1, "w", closefd=False), encoding, line_buffering=terminal)
    sys.stderr = _stream(_Log(2, "w", closefd=False), encoding, line_buffering=True)
    try:
        code = _code_of(program, main)
        sys.stdout.flush()
    except _OutputLost as lost:
        code = _after_loss(program, lost.__cause__)
    sys.exit(code)


def _code_of(program, main):
    try:
        return main() or 0
    except KeyboardInterrupt:
        say(f"{program}: interrupted")
        return INTERRUPTED
    except SystemExit as end:
        if isinstance(end.code, str):
            say(end.code.strip())
            return 1
        return end.code or 0
    except OSError as problem:
        error(program, f"{problem.filename}: {problem.strerror}" if problem.filename else problem)
        return FILE_OR_DISK


def _after_loss(program, problem):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered must not fail once more
    if isinstance(problem, BrokenPipeError):
        return NOBODY_READS
    error(program, f"standard output cannot be written: {problem.strerror}")
    return FILE_OR_DISK


def _fill_closed_descriptors():
    """Else a file that is opened later takes the place of a stream, and with it what is written there."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _stream(raw, encoding, line_buffering):
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=line_buffering)


class _OutputLost(Exception):
    """Its cause is the OSError; no handler of files that are read or written takes it for one of theirs."""


class _Output(io.FileIO):
    """What cannot be written ends the script."""

    def write(self, data):
        try:
            return super().write(data)
        except OSError as problem:
            raise _OutputLost from problem


class _Log(io.FileIO):
    """What cannot be written is left out."""

    def write(self, data):
        try:
            return super().write(data)
        except OSError:
            return len(data)
