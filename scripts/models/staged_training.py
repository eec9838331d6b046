"""Training in stages with a checkpoint per epoch.

Stopped at any point, it goes on to the same result.
"""

from __future__ import annotations

import dataclasses
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from scripts.base.progress import Progress
from scripts.models import checkpoint
from scripts.models.pruning import Masks, apply_masks, prune


@dataclass(frozen=True)
class Stage:
    name: str
    sparsity: float  # share of the weights of each matrix that is pruned when the stage begins
    epochs: int
    peak_rate: float  # of the learning-rate schedule


class Recipe(Protocol):
    """The numbers of a training run; two are the same if their `repr` is."""

    @property
    def model(self) -> Any: ...  # a dataclass of numbers, texts and tuples

    @property
    def stages(self) -> tuple[Stage, ...]: ...

    @property
    def seed(self) -> int: ...

    @property
    def warm_up_steps(self) -> int: ...  # of a dense stage; a pruned one warms up in a tenth of it

    @property
    def final_rate(self) -> float: ...  # at the end of a stage, as a share of its peak

    @property
    def weight_decay(self) -> float: ...

    @property
    def gradient_norm(self) -> float: ...


def load_model(path: Path, make: Callable[..., nn.Module]) -> tuple[Any, Masks]:
    """The model of a finished stage in evaluation mode, and its pruning masks.

    `make` makes a model of the fields of its configuration.
    """
    state = checkpoint.load(path)
    try:
        model = make(**state["config"])
        model.load_state_dict(state["model"])
        return model.eval(), state["masks"]
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise checkpoint.broken(path, error) from error


def finished(folder: Path, stage: str, train: str) -> Path:
    """The file of a finished stage; `train` names the module that makes it."""
    path = folder / f"{stage}.npz"
    if not checkpoint.exists(path):
        raise SystemExit(f"{path} is missing: run {train} to its end")
    return path


def learning_rate(stage: Stage, recipe: Recipe, step: int, steps: int) -> float:
    """Linear warm-up, then a cosine from the peak to final_rate * peak; step counts from 0."""
    warm_up = recipe.warm_up_steps if stage.sparsity == 0 else recipe.warm_up_steps // 10
    if step < warm_up:
        return stage.peak_rate * (step + 1) / warm_up
    cosine = 0.5 + 0.5 * math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up))
    return stage.peak_rate * (recipe.final_rate + (1 - recipe.final_rate) * cosine)


class StagedTrainer(ABC):
    """Runs the stages of a recipe in a work folder.

    It leaves <stage>.npz for each finished stage and progress.npz after every epoch.
    """

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe, self.folder = recipe, folder
        torch.manual_seed(recipe.seed)
        self.model = self.new_model()
        self.optimiser = self._new_optimiser()
        self.masks: Masks = {}
        self.stage_index, self.epoch = 0, 0
        self.cpu_before, self.cpu_start = 0.0, time.process_time()
        self._resume()

    @abstractmethod
    def new_model(self) -> nn.Module:
        """With random weights."""

    @abstractmethod
    def batches(self, seed: int) -> Iterator[Any]:
        """Of one epoch, in an order that depends on the seed only; always equally many."""

    @abstractmethod
    def loss(self, batch: Any) -> Tensor:
        """What a step makes smaller."""

    @abstractmethod
    def validation(self) -> str:
        """How good the model is, for people."""

    def cpu_seconds(self) -> float:
        """User and system time of all threads, earlier runs included."""
        return self.cpu_before + time.process_time() - self.cpu_start

    def run(self, max_epochs: int | None = None) -> None:
        """All stages that are left, or at most max_epochs epochs of them."""
        stages = self.recipe.stages
        done = sum(s.epochs for s in stages[: self.stage_index]) + self.epoch
        total = sum(s.epochs for s in stages)
        last = total if max_epochs is None else min(total, done + max_epochs)
        per_epoch = sum(1 for _ in self.batches(0))
        progress = Progress(total * per_epoch, done * per_epoch)
        for number in range(done, last):
            self._run_epoch(number, per_epoch, progress)

    def _run_epoch(self, number: int, per_epoch: int, progress: Progress) -> None:
        stage = self.recipe.stages[self.stage_index]
        if self.epoch == 0 and stage.sparsity > 0:
            self.masks = prune(self.model, stage.sparsity)
            self.optimiser = self._new_optimiser()
        seed = self.recipe.seed * 1000 + number
        torch.manual_seed(seed)  # of dropout: an epoch does not depend on how the run got there
        self.model.train()
        total = 0.0
        for step, batch in enumerate(self.batches(seed), self.epoch * per_epoch):
            rate = learning_rate(stage, self.recipe, step, stage.epochs * per_epoch)
            total += self._step(batch, rate)
            progress.step(f"{stage.name} epoch {self.epoch + 1}/{stage.epochs}")
        self._finish_epoch(stage, total / per_epoch, progress)

    def _step(self, batch: Any, rate: float) -> float:
        loss = self.loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.gradient_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        apply_masks(self.model, self.masks)
        return float(loss.detach())

    def _finish_epoch(self, stage: Stage, loss: float, progress: Progress) -> None:
        self.epoch += 1
        self.model.eval()
        progress.milestone(
            f"{stage.name} epoch {self.epoch}/{stage.epochs}  training loss {loss:.3f}  "
            f"{self.validation()}  CPU {self.cpu_seconds() / 60:.1f} min"
        )
        if self.epoch == stage.epochs:
            checkpoint.save(self._result(), self.folder / f"{stage.name}.npz")
            self.stage_index, self.epoch = self.stage_index + 1, 0
        checkpoint.save(self._progress(), self.folder / "progress.npz")

    def _result(self) -> dict[str, Any]:
        return {
            "config": dataclasses.asdict(self.recipe.model),
            "model": self.model.state_dict(),
            "masks": self.masks,
            "cpu_seconds": self.cpu_seconds(),
        }

    def _progress(self) -> dict[str, Any]:
        return self._result() | {
            "recipe": repr(self.recipe),
            "optimiser": self.optimiser.state_dict(),
            "stage_index": self.stage_index,
            "epoch": self.epoch,
        }

    def _resume(self) -> None:
        path = self.folder / "progress.npz"
        if not checkpoint.exists(path):
            return
        state = checkpoint.load(path)
        if state.get("recipe") != repr(self.recipe):
            raise SystemExit(f"{path} belongs to another recipe; choose a new --work folder")
        try:
            self._take(state)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise checkpoint.broken(path, error) from error

    def _take(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.masks = state["masks"]
        self.stage_index, self.epoch = state["stage_index"], state["epoch"]
        self.cpu_before = state["cpu_seconds"]
        self.optimiser.load_state_dict(state["optimiser"])

    def _new_optimiser(self) -> torch.optim.Optimizer:
        """AdamW; only matrices decay."""
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        vectors = [p for p in self.model.parameters() if p.dim() == 1]
        groups = [
            {"params": matrices, "weight_decay": self.recipe.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-9)
