"""Energy of multiply-accumulate classifiers: counts of the published shapes, and sums of rows."""

import math

import pytest

pytest.importorskip("yaml", reason="needs python3-yaml")

from scripts.studies.mac_baselines import PRECISIONS, energy, macs, prices, read_pj  # noqa: E402

BY_NAME = {precision.name: precision for precision in PRECISIONS}


@pytest.mark.parametrize(
    "widths, count",
    [
        ((512, 512, 10), 267_264),
        ((512, 4096, 4096, 10), 18_915_328),
        ((512, 1024, 1024, 10), 1_583_104),
    ],
)
def test_multiply_accumulates_of_the_published_shapes(widths, count):
    assert macs(widths) == count


def test_arithmetic_is_a_multiplication_and_an_addition_each():
    row = energy((512, 512, 10), BY_NAME["FP32"], 45)
    assert row["arithmetic_pj"] == pytest.approx(267_264 * (3.7 + 0.9))
    assert energy((10, 10), BY_NAME["INT8"], 45)["arithmetic_pj"] == pytest.approx(100 * (0.2 + 0.1))


def test_every_weight_is_read_once_in_words_of_64_bits():
    row = energy((64, 64), BY_NAME["INT8"], 45)
    assert row["weight_bytes"] == 4096
    assert row["memory_pj"] == pytest.approx(4096 / 8 * 3.3855)
    assert energy((64, 64), BY_NAME["XNOR"], 45)["memory_pj"] == pytest.approx(64 * 1.4137)


def test_memory_is_the_least_that_could_stand_in_or_a_bank_of_the_largest():
    assert read_pj(16384, 45) == pytest.approx(10.748)  # that of 128 bits reads for less than that of 64
    assert read_pj(6000, 45) == pytest.approx(3.3855 * (6.137 / 3.3855) ** math.log2(6000 / 4096))
    assert read_pj(100, 45) == pytest.approx(1.3227)  # the smallest that is so wide
    assert read_pj(10**9, 45) == read_pj(2048 * 1024, 45) == pytest.approx(127.53)


@pytest.mark.parametrize("node", [28, 45])
def test_fewer_bits_cost_less(node):
    rows = [energy((512, 512, 10), p, node) for p in PRECISIONS]
    for part in ("arithmetic_pj", "memory_pj"):
        values = [row[part] for row in rows]
        assert values == sorted(values, reverse=True), part
    assert prices(node)["binary_mac", 1] > 0
