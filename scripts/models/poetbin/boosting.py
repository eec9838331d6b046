"""RINC-L of PoET-BiN: AdaBoost over trees (L = 1), over groups of trees (L = 2), and so on.

The weighted vote of up to P members is again a look-up table with P inputs: a MAT (multiply, add,
threshold). Boosting stops after a member without error: its weight update would divide by zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Union

import numpy as np

from scripts.models.poetbin.trees import Samples, Tree, TreeRule, integer_weights, tree_outputs

PERFECT_ALPHA = 10.36  # of a member without error

GrowTree = Callable[[Samples, np.ndarray, np.ndarray, TreeRule], Tree]


@dataclass(frozen=True)
class Mat:
    """Member k drives address bit k; bits of members that are not there have no effect."""

    members: list["Module"]
    alphas: np.ndarray  # float64[members]
    table: np.ndarray  # uint8[2^P]


Module = Union[Tree, Mat]


@dataclass(frozen=True)
class Shape:
    """A module of `levels` MAT levels (L) with at most `trees` trees (T)."""

    levels: int
    trees: int

    def members(self, inputs: int) -> Iterator[Shape]:
        """What a MAT of this shape combines: full modules of one level less, the last maybe not."""
        capacity = inputs ** (self.levels - 1)
        for begin in range(0, self.trees, capacity):
            yield Shape(self.levels - 1, min(capacity, self.trees - begin))

    def lut_counts(self, inputs: int) -> list[int]:
        """Look-up tables of each level, trees first, if boosting does not stop early."""
        return [-(-self.trees // inputs**level) for level in range(self.levels + 1)]

    def check(self, inputs: int) -> None:
        if self.levels < 0 or not 1 <= self.trees <= inputs**self.levels:
            raise ValueError(
                f"{self.trees} trees do not fit {self.levels} levels of {inputs} inputs: "
                f"1 to {inputs ** max(self.levels, 0)} do"
            )


@dataclass(frozen=True)
class Trained:
    module: Module
    outputs: np.ndarray  # uint8[S], of the training samples


class Booster:
    """Trains modules for one set of samples and labels."""

    def __init__(
        self, samples: Samples, labels: np.ndarray, rule: TreeRule, grow_tree: GrowTree
    ) -> None:
        self.samples, self.labels, self.rule, self._grow_tree = samples, labels, rule, grow_tree

    def train(self, shape: Shape) -> Trained:
        """A module trained from equal weights."""
        shape.check(self.rule.inputs)
        return self._train(shape, np.full(self.samples.count, 1 / self.samples.count))

    def _train(self, shape: Shape, weights: np.ndarray) -> Trained:
        if shape.levels == 0:
            tree = self._grow_tree(self.samples, self.labels, integer_weights(weights), self.rule)
            return Trained(tree, tree_outputs(tree, self.samples))
        members, alphas = self._boost(shape, weights)
        table = mat_table(alphas, self.rule.inputs)
        address = sum(m.outputs.astype(np.uint32) << k for k, m in enumerate(members))
        return Trained(Mat([m.module for m in members], alphas, table), table[address])

    def _boost(self, shape: Shape, weights: np.ndarray) -> tuple[list[Trained], np.ndarray]:
        members: list[Trained] = []
        alphas: list[float] = []
        for member_shape in shape.members(self.rule.inputs):
            members.append(self._train(member_shape, weights))
            wrong = members[-1].outputs != self.labels
            error = float(weights[wrong].sum())
            alphas.append(alpha(error))
            if error <= 0:
                break
            weights = 0.5 * weights / np.where(wrong, error, 1 - error)
        return members, np.array(alphas)


def alpha(error: float) -> float:
    """The vote of a member whose wrong samples have this share of all weight."""
    return PERFECT_ALPHA if error <= 0 else 0.5 * math.log2((1 - error) / error)


def mat_table(alphas: np.ndarray, inputs: int) -> np.ndarray:
    """uint8[2^inputs]: 1 where the votes of the set bits are more than half of all votes."""
    address = np.arange(1 << inputs)
    votes = np.zeros(address.size)
    for k, vote in enumerate(alphas):
        votes += np.where(address >> k & 1, vote, 0.0)
    return (votes > 0.5 * sum(alphas)).astype(np.uint8)
