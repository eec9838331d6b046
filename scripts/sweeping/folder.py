"""The folder of a sweep: sweep.yaml, summary.csv, points/<hash>/, damaged/; one sweep at a time."""

import contextlib
import fcntl
import itertools
import os
import shutil

from scripts.base import result
from scripts.sweeping.errors import FileError, SweepError
from scripts.sweeping.table import write_whole


def _is_locked(path):
    """A run holds the lock of its part folder's owner file as long as it lives."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class SweepFolder:
    def __init__(self, path):
        self.path = path
        self._points = path / "points"
        self._damaged = path / "damaged"
        self._complaints = {}  # name -> what was wrong with its result when it was read last

    def point(self, name):
        return self._points / name

    def results(self, names):
        """Name -> summary, of those that are finished."""
        found = {name: self._result(name) for name in dict.fromkeys(names)}
        return {name: summary for name, summary in found.items() if summary}

    def _result(self, name):
        self._complaints.pop(name, None)
        if not os.path.lexists(self.point(name)):
            return None
        try:
            return result.read(self.point(name))
        except result.DamagedResult as error:
            self._complaints[name] = str(error)
            return None

    def complaint(self, name):
        """What was wrong with a result that is there, else ""."""
        return self._complaints.get(name, "")

    @contextlib.contextmanager
    def locked(self, sweep_file, resume):
        """Makes the folder and keeps other sweeps out of it."""
        if resume and not (self.path / "sweep.yaml").is_file():
            raise SweepError(f"{self.path}: holds no sweep that could be resumed")
        try:
            self._points.mkdir(parents=True, exist_ok=True)
            lock = os.fdopen(os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666), "rb")
        except OSError as error:
            raise FileError(f"{self.path}: cannot be written: {error.strerror}") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SweepError(f"{self.path}: another sweep is running in this folder") from None
            self._check_places()
            self._remove_parts()
            write_whole(self.path / "sweep.yaml", sweep_file.read_text(encoding="utf-8"))
            yield

    def _check_places(self):
        """What cannot be replaced at the end is said at the beginning."""
        for name in ("summary.csv", "pareto.csv", "sweep.yaml"):
            if (self.path / name).is_dir():
                raise FileError(f"{self.path / name}: is a folder; the sweep writes a file of this name")

    def _remove_parts(self):
        """What runs left that were killed while they wrote; not those of a worker that has lost its scheduler and goes on."""
        for part in self._points.glob("*.part-*"):
            if not any(_is_locked(part / name) for name in ("owner", "owner.new")):
                shutil.rmtree(part, ignore_errors=True)

    def set_aside(self, name):
        """Makes room for the result of a point whose folder holds none that is whole; where that went.

        It is kept: nobody knows what else is in there.
        """
        place = self.point(name)
        try:
            self._damaged.mkdir(exist_ok=True)
            names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
            aside = next(path for path in map(self._damaged.joinpath, names) if not os.path.lexists(path))
            os.rename(place, aside)
        except OSError as error:
            raise FileError(f"{place}: cannot be moved to {self._damaged}: {error.strerror}") from None
        return aside
