"""Training of a network with a checkpoint per epoch.

Stopped at any point, it goes on to the same result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from scripts.base.progress import Progress
from scripts.models import checkpoint
from scripts.models.image_sets import Dataset, Images
from scripts.models.poetbin.networks import EXTRACTORS, Network
from scripts.models.poetbin.pixels import Pixels
from scripts.models.poetbin.recipe import Recipe, Run
from scripts.models.poetbin.report import Stopwatch, Times


def geometric(first: float, last: float, step: int, steps: int) -> float:
    """From first at step 0 towards last at step `steps`."""
    return first * (last / first) ** (step / steps)


def epoch_rates(runs: tuple[Run, ...]) -> list[tuple[int, float]]:
    """Number of the run and learning rate of every epoch."""
    return [
        (number, geometric(run.rate, run.final_rate or run.rate, epoch, run.epochs))
        for number, run in enumerate(runs)
        for epoch in range(run.epochs)
    ]


class NetworkTrainer:
    """Trains one kind of network; its only file is <kind>.npz in the folder."""

    def __init__(self, kind: str, recipe: Recipe, data: Dataset, folder: Path) -> None:
        self.kind, self.recipe, self.data = kind, recipe, data
        self.path = folder / f"{kind}.npz"
        self.pixels = Pixels(data.train, EXTRACTORS[recipe.extractor].image_size)
        torch.manual_seed(recipe.seed)
        channels = data.train.pixels.shape[1]
        sizes = (channels, recipe.hidden, data.classes, recipe.inputs)
        self.network = Network(kind, recipe.extractor, *sizes)
        self.optimiser = self._new_optimiser()
        self.epoch, self.times = 0, Times(0, 0)
        self._resume()

    def run(self, max_epochs: int | None = None) -> Network:
        """All epochs that are left, or at most max_epochs; the network in evaluation mode."""
        rates = epoch_rates(self.recipe.runs)
        last = len(rates) if max_epochs is None else min(len(rates), self.epoch + max_epochs)
        progress = Progress(len(rates), self.epoch)
        while self.epoch < last:
            self._run_epoch(rates)
            progress.step(self.kind)
            share = accuracy(self.network, self.pixels, self.data.test)
            progress.milestone(f"{self.kind} epoch {self.epoch}  test accuracy {share:.2f} %")
        return self.network.eval()

    def _run_epoch(self, rates: list[tuple[int, float]]) -> None:
        watch = Stopwatch()
        number, rate = rates[self.epoch]
        if self.epoch > 0 and rates[self.epoch - 1][0] != number:
            self.optimiser = self._new_optimiser()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        torch.manual_seed(self.recipe.seed * 1000 + self.epoch)  # no matter how the run got here
        self.network.train()
        for rows in torch.randperm(len(self.data.train.labels)).split(self.recipe.batch):
            if len(rows) > 1:  # batch norm needs two
                self._step(rows)
        self.epoch += 1
        self.times += watch.read()
        checkpoint.save(self._state(), self.path)

    def _step(self, rows: torch.Tensor) -> None:
        images = self.pixels.batch(self.data.train, rows, self.recipe.augment)
        labels = torch.from_numpy(self.data.train.labels)[rows]
        self.optimiser.zero_grad(set_to_none=True)
        functional.cross_entropy(self.network(images), labels).backward()
        self.optimiser.step()

    def _new_optimiser(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            self.network.parameters(),
            lr=self.recipe.runs[0].rate,
            momentum=self.recipe.momentum,
            weight_decay=self.recipe.weight_decay,
        )

    def _state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "times": (self.times.cpu_seconds, self.times.wall_seconds),
        }

    def _resume(self) -> None:
        if not checkpoint.exists(self.path):
            return
        state = checkpoint.load(self.path)
        try:
            self.network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.epoch, self.times = state["epoch"], Times(*state["times"])
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise checkpoint.broken(self.path, error) from error


@torch.no_grad()
def accuracy(network: Network, pixels: Pixels, images: Images) -> float:
    """Per cent."""
    network.eval()
    classes = torch.cat([network(batch).argmax(dim=1) for batch in pixels.in_order(images)])
    return 100 * float((classes == torch.from_numpy(images.labels)).float().mean())
