"""The folder of a sweep: sweep.yaml, summary.csv, points/<hash>/; one sweep at a time."""

import contextlib
import fcntl
import shutil

from scripts.sweeping.errors import FileError, SweepError
from scripts.sweeping.table import result, write_whole


class SweepFolder:
    def __init__(self, path):
        self.path = path
        self._points = path / "points"

    def point(self, name):
        return self._points / name

    def results(self, names):
        """Name -> summary, of those that are finished."""
        return {name: summary for name in dict.fromkeys(names) if (summary := result(self.point(name)))}

    @contextlib.contextmanager
    def locked(self, sweep_file, resume):
        """Makes the folder and keeps other sweeps out of it."""
        if resume and not (self.path / "sweep.yaml").is_file():
            raise SweepError(f"{self.path}: holds no sweep that could be resumed")
        try:
            self._points.mkdir(parents=True, exist_ok=True)
            lock = open(self.path / ".lock", "w")
        except OSError as error:
            raise FileError(f"{self.path}: cannot be written: {error.strerror}") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SweepError(f"{self.path}: another sweep is running in this folder") from None
            self._remove_parts()
            write_whole(self.path / "sweep.yaml", sweep_file.read_text(encoding="utf-8"))
            yield

    def _remove_parts(self):
        """What runs left that were killed while they wrote."""
        for part in self._points.glob("*.part-*"):
            shutil.rmtree(part, ignore_errors=True)

    def remove_damaged(self, name):
        """The program refuses to write over a folder that is not a result."""
        shutil.rmtree(self.point(name), ignore_errors=True)
