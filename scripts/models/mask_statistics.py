"""How kept weights are spread over the rows and columns of pruned matrices."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from scripts.models.pruning import Masks


@dataclass(frozen=True)
class Spread:
    """Kept weights a line (row or column): least, mean, most, and standard deviation / mean."""

    least: int
    mean: float
    most: int
    variation: float

    @staticmethod
    def of(counts: Tensor) -> Spread:
        mean = float(counts.double().mean())
        deviation = float(counts.double().std(unbiased=False))
        return Spread(int(counts.min()), mean, int(counts.max()), deviation / mean if mean else 0.0)

    def __str__(self) -> str:
        return f"{self.least}–{self.most} ({self.mean:.1f}, {self.variation:.2f})"


def table(masks: Masks) -> str:
    """Markdown: matrix, shape, density, spread over rows, spread over columns, and both for an
    independent mask of that density: sqrt((1 - density) / (density * line))."""
    lines = [
        "| matrix | rows x columns | density | kept a row: range (mean, CV) "
        "| kept a column: range (mean, CV) | CV if independent: row, column |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, mask in masks.items():
        height, width = mask.shape
        density = float(mask.double().mean())
        row, column = (((1 - density) / (density * n)) ** 0.5 for n in (width, height))
        lines.append(
            f"| {name} | {height} x {width} | {density:.3f} | {Spread.of(mask.sum(1))} "
            f"| {Spread.of(mask.sum(0))} | {row:.2f}, {column:.2f} |"
        )
    return "\n".join(lines)
