"""The tree stage: one RINC module for each intermediate neuron, each in a file of its own.

Stopped at any point, it goes on with the neurons whose files are missing.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from scripts.base.progress import Progress
from scripts.models.arrays import read_arrays
from scripts.models.poetbin import cascade
from scripts.models.poetbin.boosting import Booster, GrowTree
from scripts.models.poetbin.cascade import Cascade
from scripts.models.poetbin.recipe import Recipe
from scripts.models.poetbin.report import Times
from scripts.models.poetbin.tree_library import grow_tree
from scripts.models.poetbin.trees import Samples


def neuron_path(folder: Path, neuron: int) -> Path:
    return folder / f"neuron-{neuron:03d}.npz"


def train_student(
    samples: Samples, bits: np.ndarray, recipe: Recipe, folder: Path, jobs: int
) -> Cascade:
    """Learns the neurons' bits, uint8[S, N], in `jobs` threads."""
    folder.mkdir(parents=True, exist_ok=True)
    count = bits.shape[1]
    left = [n for n in range(count) if not neuron_path(folder, n).exists()]
    progress = Progress(count, count - len(left))
    pool = ThreadPoolExecutor(jobs)
    futures = [pool.submit(_train_neuron, samples, bits, recipe, folder, n) for n in left]
    try:
        for future in as_completed(futures):
            progress.step("student")
            progress.milestone(f"student {future.result()}")
    finally:
        pool.shutdown(cancel_futures=True)
    return load_student(folder, count)


def load_student(folder: Path, neurons: int) -> Cascade:
    """The neurons of a finished tree stage."""
    return cascade.join([cascade.load(neuron_path(folder, n)) for n in range(neurons)])


def student_times(folder: Path) -> Times:
    """By the clock: all time in which at least one neuron was in training."""
    cpu_seconds, spans = 0.0, []
    for path in folder.glob("neuron-*.npz"):
        arrays = read_arrays(path)
        cpu_seconds += float(arrays["cpu_seconds"])
        spans.append(tuple(arrays["span"]))
    return Times(cpu_seconds, length_of_union(spans))


def length_of_union(spans: list[tuple[float, float]]) -> float:
    total, covered = 0.0, -math.inf
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, covered))
        covered = max(covered, end)
    return total


def _train_neuron(
    samples: Samples,
    bits: np.ndarray,
    recipe: Recipe,
    folder: Path,
    neuron: int,
    grow: GrowTree = grow_tree,
) -> str:
    """Leaves the neuron's file; a line for the display."""
    cpu, begin = time.thread_time(), time.time()
    labels = np.ascontiguousarray(bits[:, neuron])
    trained = Booster(samples, labels, recipe.rule, grow).train(recipe.shape)
    module = cascade.flatten([trained.module])
    seconds, span = np.array(time.thread_time() - cpu), np.array([begin, time.time()])
    cascade.save(module, neuron_path(folder, neuron), cpu_seconds=seconds, span=span)
    agreement = 100 * np.mean(trained.outputs == labels)
    return f"neuron {neuron}: {module.lut_counts[0]} trees, {agreement:.2f} % of samples right"
