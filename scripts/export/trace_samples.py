"""The samples of a trace: what goes into the network, and the tokens that come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scripts.export.graph_shapes import SOURCE, TARGET, Lengths
from scripts.export.network_rules import NETWORKS
from scripts.export.ragged import rows_of
from scripts.export.safetensors import Tensors

Array = np.ndarray
ALLOWED = "reference.allowed_tokens"
LABELS = "reference.labels"
INPUT_PREFIX = "reference.inputs."
TARGETS = "reference.target_tokens"


@dataclass
class Sample:
    """`inputs`: `source` or `prompt` tokens [n], or int8 tensors by the names of the model's inputs.
    `produced` and `allowed`: of networks that choose tokens; the latter of a `decoder` only.
    """

    inputs: dict[str, Array]
    produced: list[int] = field(default_factory=list)
    allowed: int | None = None


def sentences_of(model: dict[str, Any]) -> str | None:
    """The tensor that holds the samples' tokens; None: samples are tensors."""
    name = NETWORKS[model["kind"]].samples_of
    return name and f"reference.{name}_tokens"


def samples_of(model: dict[str, Any], count: int, tensors: Tensors) -> list[Sample]:
    """Of a checked trace."""
    network = NETWORKS[model["kind"]]
    name = network.samples_of
    if name is None:
        names = [value["name"] for value in model["inputs"]]
        return [
            Sample({name: tensors[INPUT_PREFIX + name][i] for name in names}) for i in range(count)
        ]
    samples = [Sample({name: row}) for row in rows_of(f"reference.{name}_tokens", tensors)]
    if network.chooses_tokens:
        for sample, row in zip(samples, rows_of(TARGETS, tensors)):
            sample.produced = row.tolist()
    if name == "prompt":
        for sample, allowed in zip(samples, tensors[ALLOWED]):
            sample.allowed = int(allowed)
    return samples


def lengths_of(sample: Sample) -> Lengths:
    """Rows of source and target when all tokens are given at once."""
    lengths = {}
    if "source" in sample.inputs:
        lengths[SOURCE] = len(sample.inputs["source"])
        lengths[TARGET] = len(sample.produced)
    if "prompt" in sample.inputs:
        lengths[TARGET] = len(sample.inputs["prompt"]) + len(sample.produced) - 1
    return lengths


def limit_of(model: dict[str, Any], sample: Sample) -> int:
    """How many tokens may be produced at most."""
    if model["kind"] == "decoder":
        room = model["max_tokens"] - len(sample.inputs["prompt"]) + 1
        return min(sample.allowed or room, room)
    return default_limit(len(sample.inputs["source"]), model["max_tokens"])


def default_limit(source_tokens: int, max_tokens: int) -> int:
    """Most target tokens that an `encoder_decoder` produces for a sentence."""
    return min(2 * source_tokens + 10, max_tokens)
