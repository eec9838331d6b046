"""A sweep whose batch processes die: each loses at most the point that it was running, and says how it ended."""

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")

from lockstep_program import PROGRAM
from test_sweep_run import TINY, sweep, table

CLOCKS = [100, 200, 300, 400]
TEXT = TINY + f"grid: {{clock_mhz: {CLOCKS}}}\n"


def dying_program(folder, at_200="", after_each="", at_start="", planning=":"):
    """A program that does what the real one does, and these commands of a shell at certain moments of a batch."""
    script = f"""#!/bin/bash
if [ "$1" = batch ] && [ "$2" = --plan ]; then {planning}; fi
if [ "$1" != batch ] || [ "$2" = --plan ]; then exec "{PROGRAM}" "$@"; fi
echo >> "{folder}/starts"
{at_start}
while read -r line; do
  case $line in *clock_mhz=200*) {at_200 or ":"};; esac
  printf '%s\\n' "$line" | "{PROGRAM}" "$@"
  {after_each}
done
"""
    (folder / "program").write_text(script)
    (folder / "program").chmod(0o755)
    return folder / "program"


def starts(folder):
    return len((folder / "starts").read_text().splitlines())


def messages(folder):
    return [row["message"] for row in table(folder)]


def test_process_that_dies_after_each_point_loses_none(tmp_path):
    sweep(tmp_path, TEXT, "-j", 1, "--lockstep", dying_program(tmp_path, after_each="kill -9 $$"))
    assert [row["status"] for row in table(tmp_path)] == ["ok"] * 4
    assert starts(tmp_path) == 4


@pytest.mark.parametrize(
    "death, message",
    [
        ("kill -9 $$", "ended by signal 9 (Killed)"),
        ("kill -SEGV $$", "ended by signal 11 (Segmentation fault)"),
        ("echo 'terminate called' >&2; kill -ABRT $$", "ended by signal 6 (Aborted): terminate called"),
        ("exit 0", "ended with code 0"),
        ("echo first >&2; echo 'lockstep: error: it is broken' >&2; exit 7", "it is broken"),
        ("printf '\\033[31mred\\u2028' >&2; exit 7", "\\x1b[31mred\\u{2028}"),
        ("printf '{\"code\": 0, \"mess'; kill -9 $$", "ended by signal 9 (Killed)"),
        ("kill -TERM $$", "its process was told to end 3 times"),
    ],
)
def test_point_that_ends_its_process_each_time_fails_and_the_others_do_not(tmp_path, death, message):
    """Four processes: the first, one more for point 2, one without a job to see that it starts, one for the rest. Of one
    that is told to end nothing is concluded: its batch comes back three times, and the rest is a batch of its own.
    """
    done = sweep(tmp_path, TEXT, "-j", 1, "--lockstep", dying_program(tmp_path, at_200=death), code=1)
    assert messages(tmp_path) == ["", message, "", ""]
    assert f"point 2: optimus-tiny tiny-synthetic clock_mhz=200: {message}\n" in done.stderr
    assert starts(tmp_path) == (5 if "told to end" in message else 4)


def test_answers_that_are_none_fail_their_point(tmp_path):
    program = dying_program(tmp_path, at_200="echo '[1]'; continue")
    sweep(tmp_path, TEXT, "-j", 1, "--lockstep", program, code=1)
    assert messages(tmp_path) == ["", "the program answers with something that is no answer", "", ""]


def test_program_that_cannot_start_fails_its_points_at_once(tmp_path):
    sweep(tmp_path, TEXT + "limits: {memory_mib: 4}\n", "-j", 1, code=1)
    (message,) = set(messages(tmp_path))
    assert message.startswith("the program cannot start: ended ")
    assert " under the limit of 4 MiB of memory" in message


@pytest.mark.parametrize("at_start, how", [("kill -9 $$", "by signal 9 (Killed)"), ("exit 5", "with code 5")])
def test_program_that_always_dies_is_started_three_times_a_batch(tmp_path, at_start, how):
    """For its first point, for the same point once more, and without a job: then all its points have failed."""
    sweep(tmp_path, TEXT, "-j", 1, "--lockstep", dying_program(tmp_path, at_start=at_start), code=1)
    assert messages(tmp_path) == [f"the program cannot start: ended {how}"] * 4
    assert starts(tmp_path) == 3


@pytest.mark.parametrize("planning", ["kill -9 $$", "exit 7", "echo nothing; exit 0", "echo '{}'; exit 0"])
def test_planning_that_fails_costs_no_point(tmp_path, planning):
    sweep(tmp_path, TEXT, "-j", 1, "--lockstep", dying_program(tmp_path, planning=planning))
    assert [row["status"] for row in table(tmp_path)] == ["ok"] * 4
