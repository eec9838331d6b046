"""chrF2 against values worked out by hand."""

import pytest

from scripts.models.translation.chrf import chrf


def test_equal_texts_score_100_and_disjoint_ones_0():
    assert chrf(["Datei öffnen"], ["Datei öffnen"]) == pytest.approx(100)
    assert chrf(["abc"], ["xyz"]) == 0
    assert chrf([""], ["xyz"]) == 0


def test_hand_computed_pair():
    # hypothesis abcd, reference abxd of 4 characters: orders 1 to 4 count.
    # order 1: a, b, d match: 3/4. order 2: ab of ab bc cd: 1/3. orders 3, 4: none.
    # precision = recall = (3/4 + 1/3) / 4 = 13/48, and F of two equal numbers is that number.
    assert chrf(["abcd"], ["abxd"]) == pytest.approx(100 * 13 / 48)


def test_recall_weighs_four_times_precision():
    # hypothesis ab, reference abc: orders 1, 2. precision 1; recall (2/3 + 1/2) / 2 = 7/12.
    # F2 = 5 * 1 * 7/12 / (4 * 1 + 7/12) = 35/55
    assert chrf(["ab"], ["abc"]) == pytest.approx(100 * 35 / 55)
    # the other way round: F2 = 5 * 7/12 / (4 * 7/12 + 1) = 35/40
    assert chrf(["abc"], ["ab"]) == pytest.approx(100 * 35 / 40)


def test_white_space_does_not_count():
    assert chrf(["a b c"], ["abc"]) == pytest.approx(100)


def test_counts_are_summed_over_the_corpus():
    # order 1: 1 match of 1 + 3 characters on either side; orders 2 and 3: only in the second pair.
    assert chrf(["a", "xyz"], ["a", "uvw"]) == pytest.approx(100 * (1 / 4) / 3)


def test_repeated_ngrams_match_as_often_as_the_reference_has_them():
    # order 1: min(4, 1) of 4 and of 2: precision 1/4, recall 1/2; order 2: none of 3 and of 1.
    precision, recall = 1 / 8, 1 / 4
    assert chrf(["aaaa"], ["ab"]) == pytest.approx(
        100 * 5 * precision * recall / (4 * precision + recall)
    )
