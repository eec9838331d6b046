"""Which points of a sweep run in one batch."""

import pytest

from lockstep_program import PROGRAM
from scripts.sweeping import batches

MACS, COLUMNS, DENSITY = "optimus.mac_array.macs", "optimus.input_window.columns", "workload.mask.density"


def cut(points, slots):
    """Names of the points of each batch; a point is (name, settings)."""
    words = [(name, ["run", "optimus-tiny", "tiny-synthetic", *_sets(settings)]) for name, settings in points]
    return [[name for name, _ in batch] for batch in batches.cut(PROGRAM, words, slots)]


def _sets(settings):
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def grid(macs, columns, densities=(0.25,)):
    triples = [(d, c, m) for d in densities for c in columns for m in macs]
    return [(f"{d} {m} {c}", {DENSITY: d, MACS: m, COLUMNS: c}) for d, c, m in triples]


def test_equal_mappings_stay_together_although_the_file_mixes_them():
    found = cut(grid([16, 32], range(4, 24), [0.25, 0.5]), 2)
    assert [{name.rsplit(" ", 1)[0] for name in batch} for batch in found] == [
        {"0.25 16"}, {"0.25 32"}, {"0.5 16"}, {"0.5 32"}
    ]  # fmt: skip
    assert [len(batch) for batch in found] == [20] * 4


def test_small_mappings_of_a_workload_are_packed():
    assert [len(batch) for batch in cut(grid([8, 16, 32, 64], range(4, 14)), 1)] == [30, 10]


@pytest.mark.parametrize("slots, sizes", [(1, [25, 25, 25, 25]), (8, [13, 13, 13, 13, 12, 12, 12, 12])])
def test_large_mapping_is_cut_evenly_with_work_for_all(slots, sizes):
    found = cut(grid([16], range(4, 104)), slots)
    assert sum(map(len, found)) == 100 and max(map(len, found)) <= max(sizes) and len(found) >= slots


def test_no_point_is_lost_not_even_a_wrong_one():
    points = [*grid([16, 18, 32], range(4, 20)), ("unknown", {"optimus.mac": 4})]  # 18 MACs are not sets of 4
    found = [name for batch in cut(points, 3) for name in batch]
    assert sorted(found) == sorted(name for name, _ in points)


def test_batches_are_made_as_they_are_asked_for():
    def endless():
        for column in range(10**9):
            yield str(column), ["run", "optimus-tiny", "tiny-synthetic", "--set", f"{COLUMNS}={column % 1000 + 1}"]

    assert len(next(iter(batches.cut(PROGRAM, endless(), 4)))) == 32
