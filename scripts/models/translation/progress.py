"""Progress of a long run: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Counts steps towards a total and estimates the time left from the speed of this run."""

    def __init__(self, total: int, done: int = 0, stream: TextIO = sys.stderr) -> None:
        self._total, self._done, self._start_count = total, done, done
        self._stream = stream
        self._start = self._last_shown = time.monotonic()

    def step(self, label: str) -> None:
        self._done += 1
        now = time.monotonic()
        if self._stream.isatty() and now - self._last_shown >= 0.5:
            self._last_shown = now
            self._stream.write(f"\r\033[K{self._status(label)}")
            self._stream.flush()

    def line(self, label: str) -> None:
        """A line that stays."""
        clear = "\r\033[K" if self._stream.isatty() else ""
        self._stream.write(f"{clear}{self._status(label)}\n")
        self._stream.flush()

    def _status(self, label: str) -> str:
        done = self._done - self._start_count
        left = (time.monotonic() - self._start) / done * (self._total - self._done) if done else 0.0
        share = 100 * self._done / self._total
        return f"{share:5.1f} %  {format_time(left)} left  {label}"


def format_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
