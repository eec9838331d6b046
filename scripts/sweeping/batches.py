"""Which points run in one process of the simulator: those that share a workload and its mapping, next to each other."""

import itertools
import json

from scripts.sweeping.program import call

_LARGEST = 32  # points: a batch more or less must not matter to when the last worker ends
_PLANNED_AT_ONCE = 4096


def cut(program, points, slots):
    """Batches of `points` (name, arguments of the run), made as they are asked for, with work for all `slots`."""
    points = iter(points)
    while window := list(itertools.islice(points, _PLANNED_AT_ONCE)):
        size = min(_LARGEST, -(-len(window) // slots))
        for group in _groups(program, window):
            for first in range(0, len(group), size):
                yield group[first : first + size]


def _groups(program, window):
    """Points of one workload, those with an equal mapping in a row, in the order of the file otherwise."""
    jobs = "".join(json.dumps(words) + "\n" for _, words in window)
    plans = [json.loads(line) for line in call(program, "batch", "--plan", stdin=jobs).splitlines()]
    rank = {}  # of a key, in order of appearance
    order = lambda plan: [rank.setdefault((part, plan[part]), len(rank)) for part in ("workload", "mapping")]
    ranked = sorted(zip(map(order, plans), range(len(window))))
    for _, group in itertools.groupby(ranked, key=lambda item: item[0][0]):
        yield [window[index] for _, index in group]
