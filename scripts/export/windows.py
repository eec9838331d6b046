"""Where the windows of convolutions and pools lie on a map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Side:
    """Along the rows or along the columns of a map of `size` of them."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    behind: int
    ceil_mode: bool = False

    @property
    def extent(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    @property
    def positions(self) -> int:
        """How many windows there are; 0 or less: none."""
        room = self.size + self.before + self.behind - self.extent
        positions = (-(-room // self.stride) if self.ceil_mode else room // self.stride) + 1
        last_is_behind = (positions - 1) * self.stride >= self.size + self.before
        return positions - (self.ceil_mode and last_is_behind)

    def has_empty_window(self) -> bool:
        """Whether a window has no element of the map."""
        first = np.arange(self.positions) * self.stride - self.before
        missing = np.maximum(0, -first)  # elements before the map, of which a window skips whole steps
        first_inside = first + -(-missing // self.dilation) * self.dilation
        return bool(((first_inside >= self.size) | (first_inside - first >= self.extent)).any())


Sides = tuple[Side, Side]  # rows, columns


def sides(
    size: tuple[int, int],
    kernel: list[int],
    stride: list[int],
    padding: list[int],
    dilation: list[int] | None = None,
    ceil_mode: bool = False,
) -> Sides:
    dilation = dilation or [1, 1]
    rows, columns = (
        Side(size[i], kernel[i], stride[i], dilation[i], padding[i], padding[i + 2], ceil_mode)
        for i in (0, 1)
    )
    return rows, columns


def padded(x: Array, around: Sides, outside: float) -> Array:
    """x [C, H, W] with `outside` around it, exactly as far as windows reach."""
    rows, columns = around
    reach = [(side.positions - 1) * side.stride + side.extent for side in around]
    whole = np.full((len(x), *reach), outside, x.dtype)
    inside = x[:, : max(0, reach[0] - rows.before), : max(0, reach[1] - columns.before)]
    bottom, right = rows.before + inside.shape[1], columns.before + inside.shape[2]
    whole[:, rows.before : bottom, columns.before : right] = inside
    return whole


def taps(x: Array, around: Sides, outside: float) -> Iterator[tuple[int, int, Array]]:
    """For each kernel row and column: [C, rows, columns], what all windows have there."""
    whole = padded(x, around, outside)
    rows, columns = around
    for r in range(rows.kernel):
        for s in range(columns.kernel):
            yield r, s, whole[:, places(rows, r)][:, :, places(columns, s)]


def places(side: Side, tap: int) -> slice:
    first = tap * side.dilation
    return slice(first, first + (side.positions - 1) * side.stride + 1, side.stride)
