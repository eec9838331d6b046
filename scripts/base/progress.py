"""Progress of long work of known length, with the time left: on a terminal only."""

from __future__ import annotations

import time
from typing import TextIO

from scripts.base.terminal import LiveLine


class Progress:
    """Counts steps towards a total and estimates the time left from the speed of this run."""

    def __init__(self, total: int, done: int = 0, stream: TextIO | None = None) -> None:
        self._total, self._done, self._start_count = total, done, done
        self._line = LiveLine(stream)
        self._start = self._last_shown = time.monotonic()

    def step(self, label: str) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last_shown >= 0.5:
            self._last_shown = now
            self._line.show(self._status(label))

    def milestone(self, label: str) -> None:
        """A line that stays."""
        self._line.show(self._status(label))
        self._line.close()

    def _status(self, label: str) -> str:
        done = self._done - self._start_count
        left = (time.monotonic() - self._start) / done * (self._total - self._done) if done else 0.0
        share = 100 * self._done / self._total
        return f"{share:5.1f} %  {format_time(left)} left  {label}"


def format_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
