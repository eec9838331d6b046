"""How far a sweep is: one live line on a terminal, some lines of a log elsewhere."""

import sys
import time

_SECONDS_BETWEEN_LINES = 10


class Progress:
    def __init__(self, total, stream=sys.stderr):
        self._total, self._stream = total, stream
        self._live = stream.isatty()
        self._done = self._failed = 0
        self._start = self._shown = time.monotonic()

    def failed(self, name, message):
        self._failed += 1
        self.say(f"{name}: {message}")

    def say(self, text):
        self._clear()
        print(text, file=self._stream, flush=True)

    def step(self):
        self._done += 1
        now = time.monotonic()
        if self._live:
            self._clear()
            print(self._line(now), end="", file=self._stream, flush=True)
        elif now - self._shown >= _SECONDS_BETWEEN_LINES or self._done == self._total:
            self._shown = now
            print(self._line(now), file=self._stream, flush=True)

    def close(self):
        if self._live and self._done:
            print(file=self._stream, flush=True)

    def _clear(self):
        if self._live:
            print("\r\033[K", end="", file=self._stream)

    def _line(self, now):
        rate = self._done / max(now - self._start, 1e-9)
        left = (self._total - self._done) / rate
        failed = f", {self._failed} failed" if self._failed else ""
        return f"[{self._done}/{self._total}]{failed}, {rate:.3g} points/s, {left:.0f} s left"
