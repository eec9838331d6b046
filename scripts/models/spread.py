"""Picks nobody made."""

from __future__ import annotations

from typing import TypeVar

Item = TypeVar("Item")


def spread(items: list[Item], count: int) -> list[Item]:
    """`count` items at even distances, so that all parts of the data and all lengths occur."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]
