"""Energy of the processor's package from RAPL, where Linux lets us read it."""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


class PackageEnergy:
    """Joules since construction, summed over packages; None when the counters are absent or not readable."""

    def __init__(self, powercap=POWERCAP):
        self._counters = [_Counter(folder) for folder in sorted(powercap.glob("intel-rapl:*")) if _is_package(folder)]
        self._readable = bool(self._counters) and all(counter.read() is not None for counter in self._counters)

    def joules(self):
        if not self._readable:
            return None
        return sum(counter.microjoules() for counter in self._counters) / 1e6


class _Counter:
    """One package; the counter wraps at max_energy_range_uj, at most once between two readings."""

    def __init__(self, folder):
        self._folder = folder
        self._last, self._total = self.read(), 0

    def read(self, name="energy_uj"):
        try:
            return int((self._folder / name).read_text())
        except (OSError, ValueError):
            return None

    def microjoules(self):
        now = self.read()
        step = now - self._last
        self._total += step if step >= 0 else step + self.read("max_energy_range_uj")
        self._last = now
        return self._total


def _is_package(folder):
    return folder.name.count(":") == 1
