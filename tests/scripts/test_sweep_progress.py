"""How far a sweep is: counted by points, with a time left that can be believed, by a clock that the test turns."""

import io
import re

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")

from scripts.sweeping.progress import Progress, duration
from test_sweep_run import COLUMNS, TINY, command, counting_program, terminal_of
from test_terminal import Terminal


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def line(stream):
    """The live line as it stands."""
    return stream.getvalue().rsplit("\r\033[K", 1)[-1]


def seconds_left(text):
    found = re.search(r"([\d.]+) (s|min|h|days) left", text)
    return float(found[1]) * {"s": 1, "min": 60, "h": 3600, "days": 86400}[found[2]] if found else None


def simulate(points, slots, seconds, batch=8, waiting=0.0):
    """Runs equal points in batches on so many slots; (done, time left shown, time really left) after each point."""
    clock, stream = Clock(), Terminal()
    progress = Progress(points, stream, clock)
    progress.slots = slots
    clock.now += waiting
    begin, total = clock.now, seconds * -(-points // slots)
    batches = [min(batch, points - first) for first in range(0, points, batch)]
    lanes = [None] * slots  # (batch, its points, ended)
    shown, names = [], iter(range(len(batches)))
    for step in range(-(-points // slots) + batch * slots):
        for lane in range(slots):
            if lanes[lane] is not None:
                name, ended = lanes[lane]
                ended += 1
                lanes[lane] = (name, ended)
                if ended == batches[name]:
                    progress.ended(name, ended)
                    lanes[lane] = None
                else:
                    progress.running(name, ended)
                left = max(0.0, begin + total - clock.now)
                shown.append((int(re.search(r"\[(\d+)/", line(stream))[1]), seconds_left(line(stream)), left))
            if lanes[lane] is None and (name := next(names, None)) is not None:
                lanes[lane] = (name, 0)
                progress.running(name, 0)
        clock.now += seconds
        if not any(lanes):
            break
    return shown


def test_it_advances_by_point_not_by_batch():
    assert [done for done, _, _ in simulate(20, 1, 3.0)] == list(range(1, 21))
    assert [done for done, _, _ in simulate(64, 4, 3.0)] == list(range(1, 65))


@pytest.mark.parametrize("points, slots, seconds", [(20, 1, 3.0), (64, 4, 0.05), (400, 8, 30.0), (10000, 16, 120.0), (1, 1, 5.0)])
@pytest.mark.parametrize("waiting", [0.0, 3600.0])
def test_time_left_is_near_the_truth_from_its_first_showing(points, slots, seconds, waiting):
    for done, shown, left in simulate(points, slots, seconds, waiting=waiting):
        assert shown is None or done < points
        if shown is not None:
            assert 0.5 * left - seconds - 1 <= shown <= 2 * left + 2 * seconds + 60 * (left > 120) + 1, (done, shown, left)


def test_no_time_is_shown_before_each_slot_has_ended_a_point():
    early = [shown for done, shown, _ in simulate(64, 8, 3.0) if done < 8]
    assert early and set(early) == {None}


def test_time_left_is_never_nothing_while_points_run():
    clock, stream = Clock(), Terminal()
    progress = Progress(100, stream, clock)
    progress.running("a", 0)
    progress.ended("a", 99)  # found on the disk, in no time
    assert seconds_left(line(stream)) == 1


def test_points_of_a_lost_batch_are_counted_once():
    clock, stream = Clock(), Terminal()
    progress = Progress(10, stream, clock)
    progress.running("a", 5)
    progress.running("a", 0)  # on another worker
    assert line(stream).startswith("[0/10]")
    progress.running("a", 7)
    progress.ended("a", 8)
    progress.running("a", 3)  # that comes late
    assert line(stream).startswith("[8/10]")


def test_log_has_the_failures_only():
    clock, stream = Clock(), io.StringIO()
    progress = Progress(40, stream, clock)
    for number in range(40):
        progress.running(number, 0)
        clock.now += 1
        progress.ended(number, 1)
    progress.failed("point 40: \x1b[31m", "bad\nline")
    progress.close()
    assert stream.getvalue() == "point 40: \\x1b[31m: bad\\x0aline\n"


def test_live_line_stays_below_what_is_said():
    stream = Terminal()
    progress = Progress(3, stream, Clock())
    progress.running("a", 1)
    progress.failed("point 1", "wrong")
    assert stream.getvalue().endswith("\r\033[Kpoint 1: wrong\n\r\033[K[1/3], 1 failed")


@pytest.mark.parametrize(
    "seconds, text",
    [(0, "1 s"), (0.2, "1 s"), (119.5, "120 s"), (120, "2 min"), (1000, "17 min"), (7200, "2 h"), (10000, "2.8 h"), (1e6, "12 days")],
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text


def test_terminal_sees_each_point_of_a_batch_end(tmp_path):
    program = counting_program(tmp_path, 'sleep 0.3; exec "$PROGRAM" "$@"')
    text = TINY + f"grid: {{{COLUMNS}: [4, 8, 12, 16]}}\n"
    shown = terminal_of(command(tmp_path, text, "-j", "1", "--lockstep", str(program)))
    assert list(dict.fromkeys(re.findall(r"\[(\d)/4\]", shown))) == ["0", "1", "2", "3", "4"]
    assert re.search(r"\[2/4\], [\d.]+ points/s, \d s left", shown)
