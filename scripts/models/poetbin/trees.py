"""RINC-0 of PoET-BiN: a decision tree whose nodes of one level all test the same feature.

So P levels are one look-up table with P inputs. Two implementations give the same trees, bit by
bit: grow_tree here, in plain numpy, and grow_tree in tree_library, in C++. Both work on integer
weights, whose sums do not depend on the order of summation, and on the C library's log2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

WEIGHT_UNITS = 1 << 52  # of the weight 1.0, the sum over all samples; sums stay exact in a double

_log2 = np.frompyfunc(math.log2, 1, 1)  # numpy's own log2 differs in the last bit


@dataclass(frozen=True)
class TreeRule:
    """inputs: P. mass_weighted: add the entropies of a level's nodes by the nodes' weights."""

    inputs: int
    mass_weighted: bool = False


@dataclass(frozen=True)
class Tree:
    """features[0] is the root and the most significant bit of the address into the table."""

    features: np.ndarray  # int32[P]
    table: np.ndarray  # uint8[2^P]


class Samples:
    """Binary features, uint8[S, F], in the three layouts that training and evaluation use."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = np.ascontiguousarray(rows, dtype=np.uint8)
        self.columns = np.ascontiguousarray(self.rows.T)
        self.packed = np.packbits(self.rows, axis=1, bitorder="little")

    @property
    def count(self) -> int:
        return self.rows.shape[0]

    @property
    def feature_count(self) -> int:
        return self.rows.shape[1]


def tree_outputs(tree: Tree, samples: Samples) -> np.ndarray:
    """uint8[S]"""
    return tree.table[addresses(samples.columns, tree.features)]


def addresses(columns: np.ndarray, features: np.ndarray) -> np.ndarray:
    """uint32[S]: the bits of these features, the first one most significant."""
    result = np.zeros(columns.shape[1], np.uint32)
    for feature in features:
        result = (result << 1) | columns[feature]
    return result


def integer_weights(weights: np.ndarray) -> np.ndarray:
    """Weights of sum 1 in units of 2^-52."""
    return np.rint(weights * WEIGHT_UNITS).astype(np.uint64)


def weighted_entropy(zeros: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Weight times entropy, in bits, of sets with these integer weights of the two labels."""
    result = np.zeros(zeros.shape)
    mixed = (zeros > 0) & (ones > 0)
    a, b = zeros[mixed].astype(float), ones[mixed].astype(float)
    logs_a, logs_b = (_log2(x / (a + b)).astype(float) for x in (a, b))
    result[mixed] = -(a * logs_a + b * logs_b)
    return result


def grow_tree(samples: Samples, labels: np.ndarray, weights: np.ndarray, rule: TreeRule) -> Tree:
    """The greedy tree for labels uint8[S] and integer weights uint64[S]."""
    nodes = np.zeros(samples.count, np.int64)
    features: list[int] = []
    for level in range(rule.inputs):
        entropies = level_entropies(samples, labels, weights, nodes, rule.mass_weighted)
        bound = 1.0 if rule.mass_weighted else float(1 << level)
        features.append(best_feature(entropies, features, bound))
        nodes = 2 * nodes + samples.columns[features[-1]]
    table = [_node_label(labels[nodes == n], weights[nodes == n]) for n in range(1 << rule.inputs)]
    return Tree(np.array(features, np.int32), np.array(table, np.uint8))


def best_feature(entropies: np.ndarray, used: list[int], bound: float) -> int:
    """The lowest unused feature of least entropy; the lowest unused one if none is below bound."""
    unused = [f for f in range(entropies.size) if f not in used]
    best = min(unused, key=lambda f: entropies[f])
    return best if entropies[best] < bound else unused[0]


def level_entropies(
    samples: Samples, labels: np.ndarray, weights: np.ndarray, nodes: np.ndarray, mass: bool
) -> np.ndarray:
    """float64[F]: what remains to be known of the label when each feature splits every node."""
    result = np.zeros(samples.feature_count)
    for node in np.unique(nodes):
        zeros, ones = (weights * ((nodes == node) & (labels == k)) for k in (0, 1))
        norm = weights.sum() if mass else zeros.sum() + ones.sum()
        if norm > 0:
            set_zeros, set_ones = zeros @ samples.rows, ones @ samples.rows
            clear = weighted_entropy(zeros.sum() - set_zeros, ones.sum() - set_ones)
            result += (clear + weighted_entropy(set_zeros, set_ones)) / float(norm)
    return result


def _node_label(labels: np.ndarray, weights: np.ndarray) -> int:
    ones = weights[labels == 1].sum()
    return int(ones > weights.sum() - ones)
