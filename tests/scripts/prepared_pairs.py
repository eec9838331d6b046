"""Encoder-decoder models as tests look at them: prepared for export, and the float network's logits.
Import it after pytest.importorskip("torch").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from small_torch_model import BOS, EOS, random_pairs
from torch import nn

from scripts.export.graph.float_operators import run
from scripts.export.graph.network import FloatNetwork
from scripts.export.graph.onnx import prepare_onnx_network
from scripts.export.graph.prepare import Prepared
from scripts.export.graph.pytorch import Export, Origin, export_network, prepare_network

ORIGIN = Origin("small", "PyTorch", "test", "random weights", "none")
MAX_TOKENS = 24
PROBE = ([5, 9, 7, 3], [2, 8, 7])


def _contents(others: dict[str, Any]) -> dict[str, Any]:
    pairs = others.pop("calibration", random_pairs(5))
    contents = {
        "name": "small", "origin": ORIGIN, "kind": "encoder_decoder", "max_tokens": MAX_TOKENS,
        "bos": BOS, "eos": EOS, "calibration": pairs, "samples": [pair[0] for pair in pairs[:1]],
    }  # fmt: skip
    return contents | others


def prepared(model: nn.Module, **others: Any) -> Prepared:
    """Lowered, proved and quantised."""
    return prepare_network(model, **_contents(others))[0]


def prepared_file(path: Any, **others: Any) -> Prepared:
    return prepare_onnx_network(path, **_contents(others))[0]


def exported(model: nn.Module, **others: Any) -> Export:
    return export_network(model, **_contents(others))


def contents(**others: Any) -> dict[str, Any]:
    return _contents(others)


def logits(made: Prepared | FloatNetwork, probe: Any = PROBE) -> np.ndarray:
    network = made.network if isinstance(made, Prepared) else made
    return run(network, dict(zip(("source", "target"), map(np.array, probe))))[network.operators[-1]]


def torch_logits(model: nn.Module, probe: Any = PROBE) -> np.ndarray:
    with torch.no_grad():
        return model.eval()(*(torch.tensor([side]) for side in probe))[0].numpy()


def names(made: Prepared) -> list[str]:
    return [operator.name for operator in made.network.operators]
