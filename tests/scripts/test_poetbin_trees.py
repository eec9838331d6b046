"""RINC-0 of the PoET-BiN trainer: both implementations against a plain reader of the definition."""

import math
from fractions import Fraction

import numpy as np
import pytest

from scripts.models.poetbin import tree_library, trees
from scripts.models.poetbin.trees import Samples, TreeRule, integer_weights, tree_outputs

needs_library = pytest.mark.skipif(
    not tree_library.library_path().is_file(), reason="needs the CMake target poetbin_trees"
)
IMPLEMENTATIONS = [
    pytest.param(trees.grow_tree, id="numpy"),
    pytest.param(tree_library.grow_tree, id="library", marks=needs_library),
]


def entropy_of_split(rows, labels, weights, feature):
    """-(1/W) sum over v, k of W_vk log2(W_vk / W_v) of one node."""
    result = 0.0
    for v in (0, 1):
        side = [i for i in range(len(rows)) if rows[i][feature] == v]
        side_weight = sum(weights[i] for i in side)
        for k in (0, 1):
            part = sum(weights[i] for i in side if labels[i] == k)
            if part:
                result -= part * math.log2(part / side_weight)
    return result


def level_entropy(nodes, labels, weights, rows, feature, mass):
    total = 0.0
    for node in nodes:
        node_weight = sum(weights[i] for i in node)
        if node_weight:
            parts = [[rows[i] for i in node], [labels[i] for i in node], [weights[i] for i in node]]
            norm = sum(weights) if mass else node_weight
            total += entropy_of_split(*parts, feature) / norm
    return total


def check_is_greedy(tree, rows, labels, weights, mass):
    """Each level's feature is the first of least entropy; leaves hold the heavier label."""
    nodes, used = [list(range(len(rows)))], []
    for level, chosen in enumerate(tree.features.tolist()):
        unused = [f for f in range(len(rows[0])) if f not in used]
        entropy = {f: level_entropy(nodes, labels, weights, rows, f, mass) for f in unused}
        least = min(entropy.values())
        if least >= (1 if mass else 2**level) - 1e-9:
            assert chosen == unused[0] or entropy[chosen] == pytest.approx(least, abs=1e-9)
        else:
            assert entropy[chosen] == pytest.approx(least, abs=1e-9)
            assert all(entropy[f] > least - 1e-9 for f in unused if f < chosen)
        used.append(chosen)
        nodes = [[i for i in node if rows[i][chosen] == v] for node in nodes for v in (0, 1)]
    for node, label in zip(nodes, tree.table.tolist(), strict=True):
        ones = sum(Fraction(weights[i]) for i in node if labels[i] == 1)
        assert label == (2 * ones > sum(Fraction(weights[i]) for i in node))


def problem(seed, samples, features):
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 2, (samples, features), np.uint8)
    labels = ((rows[:, 0] & rows[:, 2]) ^ (generator.random(samples) < 0.2)).astype(np.uint8)
    weights = generator.random(samples) ** 3 + 1e-6
    return Samples(rows), labels, integer_weights(weights / weights.sum())


@pytest.mark.parametrize("mass", [False, True])
@pytest.mark.parametrize("grow_tree", IMPLEMENTATIONS)
def test_tree_is_what_the_definition_says(grow_tree, mass):
    for seed in range(12):
        samples, labels, weights = problem(seed, samples=20 + 7 * seed, features=5 + seed)
        tree = grow_tree(samples, labels, weights, TreeRule(1 + seed % 5, mass))
        check_is_greedy(tree, samples.rows.tolist(), labels.tolist(), weights.tolist(), mass)


@needs_library
@pytest.mark.parametrize("mass", [False, True])
def test_library_and_numpy_give_the_same_trees(mass):
    for seed in range(20):
        samples, labels, weights = problem(seed, samples=300 + seed, features=9 + 3 * seed)
        rule = TreeRule(1 + seed % 8, mass)
        ours = trees.grow_tree(samples, labels, weights, rule)
        theirs = tree_library.grow_tree(samples, labels, weights, rule)
        assert ours.features.tolist() == theirs.features.tolist(), seed
        assert ours.table.tolist() == theirs.table.tolist(), seed


@pytest.mark.parametrize("grow_tree", IMPLEMENTATIONS)
def test_the_two_entropy_rules_choose_differently(grow_tree):
    """Feature 0 leaves a heavy node, where feature 1 helps, and a light one, which 2 solves."""
    blocks = {  # features and label: samples
        (0, 0, 0, 0): 95, (0, 0, 1, 0): 95, (0, 0, 0, 1): 3, (0, 0, 1, 1): 2,
        (0, 1, 0, 1): 2, (0, 1, 1, 1): 3, (1, 0, 0, 0): 2, (1, 0, 1, 1): 18,
    }  # fmt: skip
    data = np.repeat(np.array(list(blocks), np.uint8), list(blocks.values()), axis=0)
    samples, labels = Samples(data[:, :3]), data[:, 3]
    weights = integer_weights(np.full(len(data), 1 / len(data)))
    equal, mass = (grow_tree(samples, labels, weights, TreeRule(2, m)) for m in (False, True))
    assert equal.features.tolist() == [0, 2]
    assert mass.features.tolist() == [0, 1]


@pytest.mark.parametrize("grow_tree", IMPLEMENTATIONS)
def test_lowest_feature_wins_among_equal_ones_and_among_useless_ones(grow_tree):
    generator = np.random.default_rng(3)
    useful = generator.integers(0, 2, 64, np.uint8)
    noise = np.zeros(64, np.uint8)
    samples = Samples(np.column_stack([noise, noise, useful, 1 - useful, useful]))
    weights = integer_weights(np.full(64, 1 / 64))
    tree = grow_tree(samples, useful, weights, TreeRule(3))
    assert tree.features.tolist() == [2, 0, 1]


@pytest.mark.parametrize("grow_tree", IMPLEMENTATIONS)
def test_ties_and_empty_leaves_are_zero(grow_tree):
    samples = Samples(np.array([[0, 0], [0, 0], [1, 1]]))
    weights = np.array([5, 5, 1], np.uint64)
    tree = grow_tree(samples, np.array([0, 1, 1], np.uint8), weights, TreeRule(2))
    assert tree.table.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("grow_tree", IMPLEMENTATIONS)
def test_root_is_the_most_significant_address_bit(grow_tree):
    rows = np.array([[a, b] for a in (0, 1) for b in (0, 1)], np.uint8)
    labels = np.array([0, 1, 1, 1], np.uint8)  # feature 1 first: it carries more weight
    tree = grow_tree(Samples(rows), labels, np.array([1, 4, 2, 4], np.uint64), TreeRule(2))
    assert tree.features.tolist() == [1, 0]
    assert tree.table.tolist() == [0, 1, 1, 1]
    assert tree_outputs(tree, Samples(rows)).tolist() == labels.tolist()


@needs_library
def test_more_levels_than_features_are_refused():
    samples, labels, weights = problem(0, samples=10, features=3)
    with pytest.raises(ValueError, match="not more than there are features"):
        tree_library.grow_tree(samples, labels, weights, TreeRule(4))


def test_missing_library_is_named_with_the_command_that_builds_it(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCKSTEP_POETBIN_LIBRARY", str(tmp_path / "none.so"))
    tree_library._load.cache_clear()
    with pytest.raises(SystemExit, match="none.so is missing: cmake --preset release"):
        tree_library.grow_tree(*problem(0, samples=10, features=3), TreeRule(2))
