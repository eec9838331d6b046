"""Accuracy by stage, as JSON in the work folder and as Markdown."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.base import output_file


@dataclass(frozen=True)
class Times:
    """What training took, earlier interrupted runs included: user and system time of all threads,
    and time by the clock.
    """

    cpu_seconds: float
    wall_seconds: float

    def __add__(self, other: Times) -> Times:
        return Times(self.cpu_seconds + other.cpu_seconds, self.wall_seconds + other.wall_seconds)


class Stopwatch:
    """Times since it was made, of this process."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.monotonic()

    def read(self) -> Times:
        return Times(time.process_time() - self._cpu, time.monotonic() - self._wall)


@dataclass(frozen=True)
class Stage:
    name: str
    test_accuracy_percent: float
    times: Times | None  # none: nothing was trained


@dataclass(frozen=True)
class Report:
    stages: list[Stage]
    train_agreement_percent: float  # of student and teacher bits
    test_agreement_percent: float
    luts: list[int]  # look-up tables of each level, output layer last
    full_luts: list[int]  # the same if boosting had never stopped early

    def write(self, path: Path) -> None:
        output_file.write(path, json.dumps(asdict(self), indent=2) + "\n")

    def markdown(self) -> str:
        rows = [
            f"| {s.name} | {s.test_accuracy_percent:.2f} | {_seconds(s.times)} |"
            for s in self.stages
        ]
        return "\n".join(
            [
                "| stage | test accuracy, % | CPU, s | clock, s |",
                "| --- | --- | --- | --- |",
                *rows,
                "",
                f"Student bits equal to the teacher's: {self.train_agreement_percent:.2f} % in "
                f"training, {self.test_agreement_percent:.2f} % in test.",
                f"Look-up tables by level: {_levels(self.luts)}; without early stop: "
                f"{_levels(self.full_luts)}.",
            ]
        )


def _seconds(times: Times | None) -> str:
    return " | " if times is None else f"{times.cpu_seconds:.1f} | {times.wall_seconds:.1f}"


def _levels(luts: list[int]) -> str:
    return f"{' + '.join(map(str, luts))} = {sum(luts)}"
