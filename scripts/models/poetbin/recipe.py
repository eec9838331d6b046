"""The numbers of a training run, and the published configurations as presets.

Sources: the authors' repository (github.com/onsabbatical/PoET-BiN); README.md says what is not
in it. P, T, L as there: inputs of a look-up table, trees a neuron, MAT levels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scripts.models.poetbin.boosting import Shape
from scripts.models.poetbin.trees import TreeRule


@dataclass(frozen=True)
class Run:
    """Epochs of SGD at one rate, or from rate down to final_rate geometrically."""

    epochs: int
    rate: float
    final_rate: float | None = None


@dataclass(frozen=True)
class OutputRecipe:
    """Retraining of the output layer: Adam, rate falling geometrically.

    It would reach final_rate after decay_epochs; training stops after epochs.
    """

    epochs: int
    decay_epochs: int
    rate: float = 1e-4
    final_rate: float = 3e-7
    batch: int = 100


@dataclass(frozen=True)
class Recipe:
    extractor: str  # a key of networks.EXTRACTORS
    hidden: tuple[int, ...]  # widths of the fully connected layers before the intermediate one
    inputs: int  # P
    trees: int  # T
    runs: tuple[Run, ...]
    output: OutputRecipe
    student_samples: int
    levels: int = 2  # L
    score_bits: int = 8  # q
    mass_weighted: bool = False
    augment: bool = False  # random crops and flips
    batch: int = 100
    momentum: float = 0.9
    weight_decay: float = 5e-4
    seed: int = 20

    @property
    def rule(self) -> TreeRule:
        return TreeRule(self.inputs, self.mass_weighted)

    @property
    def shape(self) -> Shape:
        return Shape(self.levels, self.trees)


M1 = Recipe(
    extractor="lenet",
    hidden=(512,),
    inputs=8,
    trees=32,
    runs=(Run(50, 0.01),),
    output=OutputRecipe(35, 600),
    student_samples=50_000,
)
C1 = Recipe(
    extractor="vgg11-binary",
    hidden=(4096, 4096),
    inputs=8,
    trees=40,
    runs=(Run(200, 0.1), Run(200, 0.03), Run(200, 0.01)),
    output=OutputRecipe(600, 600),
    student_samples=50_000,
    augment=True,
)
S1 = Recipe(
    extractor="vgg11",
    hidden=(1024, 1024),
    inputs=6,
    trees=36,
    runs=(Run(200, 5e-4, 3e-7), Run(200, 1e-3, 3e-7), Run(200, 5e-4, 3e-7)),
    output=OutputRecipe(500, 500),
    student_samples=32_000,
)
# As many steps of the output layer as M1 takes: the set is 35 times smaller.
DIGITS = replace(M1, output=OutputRecipe(35 * 35, 35 * 600))
PRESETS = {"M1": M1, "C1": C1, "S1": S1, "digits": DIGITS}
