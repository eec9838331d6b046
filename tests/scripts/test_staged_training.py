"""The schedule of training in stages, seen from a model of one weight."""

from dataclasses import dataclass
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")

from scripts.models.staged_training import Stage, StagedTrainer, learning_rate  # noqa: E402
from scripts.models.threads import slow_kernels  # noqa: E402

STEPS = 4  # an epoch


@dataclass(frozen=True)
class Size:
    width: int = 5


@dataclass(frozen=True)
class Recipe:
    model: Size = Size()
    stages: tuple = (Stage("dense", 0.0, 2, 1e-2), Stage("pruned40", 0.4, 2, 4e-3))
    seed: int = 7
    warm_up_steps: int = 3
    final_rate: float = 0.1
    weight_decay: float = 0.0
    gradient_norm: float = 1.0


class Recorder(StagedTrainer):
    """Remembers the seed of each epoch, and the rate and the zeros behind each step."""

    def __init__(self, folder: Path) -> None:
        self.seeds, self.rates, self.zeros = [], [], []
        super().__init__(Recipe(), folder)

    def new_model(self):
        return torch.nn.Linear(self.recipe.model.width, 1)

    def batches(self, seed):
        self.seeds.append(seed)
        for step in range(STEPS):
            yield torch.full((1, self.recipe.model.width), step + 1.0)

    def loss(self, batch):
        return (self.model(batch) - 3).square().sum()

    def validation(self):
        return "none"

    def _step(self, batch, rate):
        loss = super()._step(batch, rate)
        self.rates.append(self.optimiser.param_groups[0]["lr"])
        self.zeros.append(int((self.model.weight == 0).sum()))
        return loss


def test_every_epoch_has_a_seed_of_its_own_however_often_the_run_was_stopped(tmp_path: Path):
    whole = Recorder(tmp_path)
    whole.run()
    count, *seeds = whole.seeds
    assert len(set(seeds)) == 4
    (tmp_path / "progress.npz").unlink()
    for seed in seeds:
        part = Recorder(tmp_path)
        part.run(1)
        assert part.seeds == [count, seed]


def test_rates_of_a_stage_follow_its_schedule_over_its_epochs(tmp_path: Path):
    trainer = Recorder(tmp_path)
    trainer.run()
    expected = [
        learning_rate(stage, trainer.recipe, step, stage.epochs * STEPS)
        for stage in trainer.recipe.stages
        for step in range(stage.epochs * STEPS)
    ]
    assert trainer.rates == expected
    assert max(expected) == 1e-2 and min(expected[:8]) < 3e-3


def test_weights_pruned_when_a_stage_begins_stay_zero(tmp_path: Path):
    trainer = Recorder(tmp_path)
    trainer.run()
    assert trainer.zeros == [0] * 8 + [2] * 8


def test_kernels_for_unknown_processors_are_named():
    assert "OPENBLAS_CORETYPE=Haswell" in slow_kernels("Prescott")
    assert slow_kernels("Haswell") is None
