"""Which points run in one process of the simulator: those that share a workload and its mapping, next to each other."""

import itertools
import json

from scripts.sweeping.program import RunError, call

_LARGEST = 32  # points: a batch more or less must not matter to when the last worker ends
_PLANNED_AT_ONCE = 4096


def cut(program, points, slots):
    """Batches of `points` (name, arguments of the run), made as they are asked for, with work for all `slots`."""
    points = iter(points)
    while window := list(itertools.islice(points, _PLANNED_AT_ONCE)):
        size = min(_LARGEST, -(-len(window) // slots))
        for workload in _groups(program, window):
            yield from _packed(workload, size)


def _packed(mappings, size):
    """Batches of the points of one workload, a list a mapping; one that is not too large stays in one batch."""
    batch = []
    for mapping in mappings:
        pieces = -(-len(mapping) // size)
        length = -(-len(mapping) // pieces)
        for first in range(0, len(mapping), length):
            piece = mapping[first : first + length]
            if batch and len(batch) + len(piece) > size:
                yield batch
                batch = []
            batch += piece
    if batch:
        yield batch


def _groups(program, window):
    """For each workload, for each of its mappings, its points; all in the order of the file."""
    workloads = {}
    for point, (workload, mapping) in zip(window, _plans(program, window)):
        workloads.setdefault(workload, {}).setdefault(mapping, []).append(point)
    return [list(mappings.values()) for mappings in workloads.values()]


def _plans(program, window):
    """(workload, mapping) of each point. They only save time: should the program die of one, all count as equal."""
    jobs = "".join(json.dumps(words) + "\n" for _, words in window)
    try:
        lines = map(json.loads, call(program, "batch", "--plan", stdin=jobs).strip().split("\n"))
        plans = [(line["workload"], line["mapping"]) for line in lines]
    except (RunError, ValueError, TypeError, KeyError):
        plans = []
    return plans if len(plans) == len(window) else [("", "")] * len(window)
