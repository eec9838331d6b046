"""How far a sweep is: one live line on a terminal; elsewhere the points that failed, nothing more."""

import math
import threading
import time

from scripts.base.terminal import LiveLine
from scripts.base.printable import printable

_SHOWN_OF_MESSAGE = 1000  # characters


class Progress:
    """Counts points, also those of batches that are still running; called from several threads."""

    def __init__(self, total, stream=None, clock=time.monotonic):
        self._total, self._clock = total, clock
        self._line = LiveLine(stream)
        self._lock = threading.RLock()
        self._settled = self._failed = 0
        self._running = {}  # batch -> points of it that have ended
        self._ended = set()  # batches
        self._start = None  # when the first point began: a cluster may have no workers before
        self.slots = 1  # points that run at a time

    def running(self, batch, count):
        """So many points of the batch have ended, and another one begins."""
        with self._lock:
            if batch in self._ended:
                return
            self._start = self._clock() if self._start is None else self._start
            self._running[batch] = count
            self._show()

    def ended(self, batch, count):
        """The batch has ended with so many of its points."""
        with self._lock:
            self._ended.add(batch)
            self._running.pop(batch, None)
            self._settled += count
            self._show()

    def failed(self, name, message):
        with self._lock:
            self._failed += 1
            self._line.say(f"{printable(name, _SHOWN_OF_MESSAGE)}: {printable(message, _SHOWN_OF_MESSAGE)}")
            self._show()

    def close(self):
        with self._lock:
            self._line.close()

    def _show(self):
        self._line.show(self._text())

    def _text(self):
        done = self._settled + sum(self._running.values())
        parts = [f"[{done}/{self._total}]"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if elapsed := self._elapsed(done):
            parts.append(f"{done / elapsed:.3g} points/s")
            if done < self._total:
                parts.append(f"{duration(self._left(done, elapsed))} left")
        return ", ".join(parts)

    def _elapsed(self, done):
        """Seconds of work; None as long as too little is done to tell how fast it is: a point for each that runs."""
        if self._start is None or done < max(2, min(self.slots, self._total)):
            return None
        return max(self._clock() - self._start, 1e-3)

    def _left(self, done, elapsed):
        """Seconds. Points that run are half done in the mean; the last ones cannot share what is left of one."""
        left = self._total - done
        at_a_time = min(self.slots, left)
        seconds_a_point = elapsed * min(self.slots, self._total) / (done + at_a_time / 2)
        return seconds_a_point * left / at_a_time


def duration(seconds):
    """As a person says it, never nothing."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}" if seconds < 10 * length else f"{seconds / length:.0f} {unit}"
    return f"{max(1, math.ceil(seconds))} s"
