"""Scripts end in their exit code and without a traceback, whatever became of their streams and is in their messages."""

import io
import os
import subprocess
import sys

import pytest

from lockstep_program import ROOT
from scripts.base import terminal
from scripts.base.progress import Progress

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from scripts.base import terminal

def main():
    parser = terminal.Parser(prog="script")
    parser.add_argument("-n", type=int)
    parser.parse_args(sys.argv[1:])
    {body}

terminal.run("script", main)
"""
REFUSES = 'terminal.error("script", "bad \\n\\x1b name"); return 2'
SHOWS = "[terminal.show(f'line\\n{n}') for n in range(100000)]"


def script(body, redirection="", *words):
    """Runs it in a shell that redirects its streams."""
    command = [sys.executable, "-c", SCRIPT.format(root=str(ROOT), body=body), *words]
    return subprocess.run(["bash", "-c", f'"$@" {redirection}', "bash", *command], capture_output=True, text=True, timeout=60)


def test_message_is_one_line():
    done = script(REFUSES)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "script: error: bad \\x0a\\x1b name\n")


def test_mistake_in_the_command_line_is_one_line():
    done = script("", "", "-n", "x\ny")
    assert done.returncode == 2
    assert done.stderr.startswith("script: error: argument -n: invalid int value: ") and done.stderr.count("\n") == 1


def test_text_with_a_message_ends_it_as_a_failure():
    done = script('sys.exit("script: \\x1b failed")')
    assert (done.returncode, done.stderr) == (1, "script: \\x1b failed\n")


def test_file_that_is_not_there_is_named():
    done = script("open('/nowhere/\\x1b')")
    assert (done.returncode, done.stderr) == (3, "script: error: /nowhere/\\x1b: No such file or directory\n")


def test_interruption_is_said():
    done = script("raise KeyboardInterrupt")
    assert (done.returncode, done.stderr) == (130, "script: interrupted\n")


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-", "2> >(true)"])
def test_message_that_cannot_be_written_does_not_change_the_exit_code(redirection):
    done = script(REFUSES, redirection)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize("body", [SHOWS, "terminal.show('short')"])
def test_full_standard_output_is_an_error_of_its_own(body):
    done = script(body, ">/dev/full")
    assert done.returncode == 3
    assert done.stderr == "script: error: standard output cannot be written: No space left on device\n"


def test_reader_that_leaves_ends_it_silently():
    done = script(SHOWS, "| head -1; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stdout, done.stderr) == (141, "line\\x0a0\n", "")


def test_files_do_not_take_the_place_of_a_closed_stream(tmp_path):
    body = f"open({str(tmp_path / 'file')!r}, 'w').close(); opened = open({str(tmp_path / 'file')!r}, 'w'); {REFUSES}"
    assert script(body, "2>&-").returncode == 2
    assert (tmp_path / "file").read_text() == ""


def test_characters_that_the_encoding_lacks_are_escaped():
    command = [sys.executable, "-c", SCRIPT.format(root=str(ROOT), body=r"terminal.show('\u00b5\u96ea')")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\\xb5\\u96ea\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def long_work(stream):
    """A live line with a message in the middle, then three steps that are counted."""
    line = terminal.LiveLine(stream)
    line.show("1 of 2\x1b")
    line.say("wrong")
    line.show("2 of 2")
    line.close()
    progress = Progress(3, stream=stream)
    for _ in range(3):
        progress.step("step")
    progress.milestone("done")


def test_live_line_is_written_over_on_a_terminal_and_what_is_said_stays():
    stream, begin = Terminal(), "\r\033[K"
    long_work(stream)
    assert stream.getvalue() == (
        f"{begin}1 of 2\\x1b{begin}wrong\n{begin}2 of 2\n{begin}100.0 %  0:00 left  done\n"
    )


def test_where_nobody_waits_long_work_says_its_messages_only(capsys):
    stream = io.StringIO()
    long_work(stream)
    assert stream.getvalue() == "wrong\n"
    terminal.progress("1 of 2")
    assert capsys.readouterr().err == ""


def test_progress_reaches_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    terminal.progress("1 of 2")
    assert sys.stderr.getvalue() == "1 of 2\n"
