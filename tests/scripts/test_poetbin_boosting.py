"""RINC-1, RINC-2 and deeper modules of PoET-BiN, against the boosting rule written out."""

import math

import numpy as np
import pytest

from scripts.models.poetbin import cascade, trees
from scripts.models.poetbin.boosting import Booster, Mat, Shape, alpha, mat_table
from scripts.models.poetbin.cascade import flatten
from scripts.models.poetbin.trees import Samples, TreeRule, integer_weights, tree_outputs

P = 3


def problem(samples=200, features=12, noise=0.15, seed=1):
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 2, (samples, features), np.uint8)
    labels = (rows[:, :7].sum(axis=1) > 3).astype(np.uint8)
    return Samples(rows), labels ^ (generator.random(samples) < noise).astype(np.uint8)


def train(samples, labels, levels, count):
    return Booster(samples, labels, TreeRule(P), trees.grow_tree).train(Shape(levels, count))


def vote(alphas, bits):
    return int(sum(a * b for a, b in zip(alphas, bits)) > 0.5 * sum(alphas))


def plain_outputs(samples, labels, weights, levels, count):
    """What a module of `count` trees answers, read from the rule, sample by sample."""
    if levels == 0:
        tree = trees.grow_tree(samples, labels, integer_weights(weights), TreeRule(P))
        return tree_outputs(tree, samples).tolist()
    alphas, members, left = [], [], count
    while left > 0:
        take = min(left, P ** (levels - 1))
        left -= take
        answers = plain_outputs(samples, labels, weights, levels - 1, take)
        members.append(answers)
        error = sum(w for w, a, y in zip(weights, answers, labels) if a != y)
        if error <= 0:
            alphas.append(10.36)
            break
        alphas.append(0.5 * math.log2((1 - error) / error))
        weights = np.array(
            [
                0.5 * w / (1 - error) if a == y else 0.5 * w / error
                for w, a, y in zip(weights, answers, labels)
            ]
        )
    return [vote(alphas, bits) for bits in zip(*members)]


@pytest.mark.parametrize("levels, count", [(0, 1), (1, 3), (1, 2), (2, 9), (2, 7), (3, 14)])
def test_module_answers_as_the_boosting_rule_says(levels, count):
    samples, labels = problem()
    trained = train(samples, labels, levels, count)
    expected = plain_outputs(samples, labels, np.full(200, 1 / 200), levels, count)
    assert trained.outputs.tolist() == expected


@pytest.mark.parametrize(
    "levels, count, luts",
    [(0, 1, [1]), (1, 3, [3, 1]), (2, 9, [9, 3, 1]), (2, 7, [7, 3, 1]), (3, 14, [14, 5, 2, 1])],
)
def test_shape_gives_the_look_up_tables_of_each_level(levels, count, luts):
    samples, labels = problem()
    assert flatten([train(samples, labels, levels, count).module]).lut_counts == luts


@pytest.mark.parametrize("levels, count", [(0, 2), (1, 4), (2, 10), (2, 0)])
def test_trees_that_do_not_fit_the_levels_are_refused(levels, count):
    samples, labels = problem(samples=20)
    with pytest.raises(ValueError, match="trees do not fit"):
        train(samples, labels, levels, count)


def test_boosting_stops_after_a_perfect_tree():
    samples, _ = problem()
    module = train(samples, samples.columns[4], levels=2, count=9).module
    assert flatten([module]).lut_counts == [1, 1, 1]
    assert module.alphas.tolist() == module.members[0].alphas.tolist() == [10.36]
    assert module.table.tolist() == [0, 1] * 4


def test_weights_keep_their_sum_and_give_the_wrong_samples_half_of_it():
    seen = []

    def grow_tree(samples, labels, weights, rule):
        tree = trees.grow_tree(samples, labels, weights, rule)
        seen.append((weights, tree_outputs(tree, samples) != labels))
        return tree

    samples, labels = problem()
    Booster(samples, labels, TreeRule(P), grow_tree).train(Shape(1, 3))
    for (_, wrong), (after, _) in zip(seen, seen[1:]):
        assert after.sum() / trees.WEIGHT_UNITS == pytest.approx(1)
        assert after[wrong].sum() / trees.WEIGHT_UNITS == pytest.approx(0.5)


def test_boosting_reduces_the_training_error():
    samples, labels = problem(samples=500, noise=0)
    errors = [
        np.mean(train(samples, labels, levels, P**levels).outputs != labels) for levels in (0, 1, 2)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_mat_is_a_strict_majority_of_votes():
    assert mat_table(np.array([1.0, 1.0]), 2).tolist() == [0, 0, 0, 1]
    assert mat_table(np.array([2.0, 1.0, 0.5]), 3).tolist() == [0, 1, 0, 1, 0, 1, 0, 1]
    assert mat_table(np.array([1.0]), 3).tolist() == [0, 1] * 4  # pins 1 and 2 have no effect


def test_alpha_of_known_errors():
    assert [alpha(e) for e in (0.5, 0.2, 0.0)] == [0, 1, 10.36]


def test_cascade_of_several_neurons_answers_as_its_modules(tmp_path):
    samples, labels = problem()
    trained = [train(samples, y, 2, 7) for y in (labels, samples.columns[2], 1 - labels)]
    students = [flatten([t.module]) for t in trained]
    cascade.save(cascade.join(students), tmp_path / "student.npz")
    loaded = cascade.load(tmp_path / "student.npz")
    expected = np.column_stack([t.outputs for t in trained])
    assert np.array_equal(loaded.outputs(samples), expected)
    assert np.array_equal(flatten([t.module for t in trained]).outputs(samples), expected)
    assert loaded.lut_counts == [7 + 1 + 7, 3 + 1 + 3, 3]


def test_evaluation_in_chunks_changes_nothing(monkeypatch):
    samples, labels = problem()
    student = flatten([train(samples, labels, 1, 3).module])
    whole = student.outputs(samples)
    monkeypatch.setattr(cascade, "CHUNK", 64)
    assert np.array_equal(student.outputs(samples), whole)


def test_member_k_of_a_mat_drives_address_bit_k():
    samples, labels = problem()
    module = train(samples, labels, 1, 3).module
    assert isinstance(module, Mat)
    bits = [tree_outputs(tree, samples) for tree in module.members]
    address = bits[0] + 2 * bits[1].astype(int) + 4 * bits[2]
    assert flatten([module]).outputs(samples)[:, 0].tolist() == module.table[address].tolist()
