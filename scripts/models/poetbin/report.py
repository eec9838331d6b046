"""Accuracy by stage, as JSON in the work folder and as Markdown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """cpu_seconds: user and system time of all threads that training the stage took."""

    name: str
    test_accuracy_percent: float
    cpu_seconds: float | None


@dataclass(frozen=True)
class Report:
    stages: list[Stage]
    train_agreement_percent: float  # of student and teacher bits
    test_agreement_percent: float
    luts: list[int]  # look-up tables of each level, output layer last
    full_luts: list[int]  # the same if boosting had never stopped early

    def write(self, path: Path) -> None:
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
        partial.replace(path)

    def markdown(self) -> str:
        rows = [
            f"| {s.name} | {s.test_accuracy_percent:.2f} | {_seconds(s.cpu_seconds)} |"
            for s in self.stages
        ]
        return "\n".join(
            [
                "| stage | test accuracy, % | CPU, s |",
                "| --- | --- | --- |",
                *rows,
                "",
                f"Student bits equal to the teacher's: {self.train_agreement_percent:.2f} % in "
                f"training, {self.test_agreement_percent:.2f} % in test.",
                f"Look-up tables by level: {_levels(self.luts)}; without early stop: "
                f"{_levels(self.full_luts)}.",
            ]
        )


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def _levels(luts: list[int]) -> str:
    return f"{' + '.join(map(str, luts))} = {sum(luts)}"
