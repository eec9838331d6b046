"""Weights, biases and pruning masks of torch.nn modules as numpy arrays, under the operators' names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph_rules import nearest
from scripts.export.pytorch_capture import Call
from scripts.export.pytorch_structure import Structure

Array = np.ndarray
Masks = Mapping[str, Any]  # matrix name -> [H, W], nonzero where the weight is kept


@dataclass(frozen=True)
class Matrix:
    """`operator`: its name in the trace; `path`: its name by modules, e.g. encoder.layers.0.self_attn.out_proj."""

    operator: str
    path: str
    weight: Array
    bias: Array
    pruned: Array | None  # mask kept by torch.nn.utils.prune


def matrices(structure: Structure) -> Iterator[Matrix]:
    for layer in (*structure.encoder, *structure.decoder):
        for part, call in layer.parts.items():
            if isinstance(call.module, nn.MultiheadAttention):
                yield from _attention(f"{layer.path}.{part}", call)
            elif isinstance(call.module, nn.Linear):
                yield _linear(f"{layer.path}.{part}", call.path, call.module)
    yield _linear(structure.generator.path, structure.generator.path, structure.generator.module)


def _attention(operator: str, call: Call) -> Iterator[Matrix]:
    """Query, key and value weights lie in one tensor, one third each."""
    module = call.module
    weights, biases = array(module.in_proj_weight), _bias(module.in_proj_bias, 3 * module.embed_dim)
    mask = _buffer(module, "in_proj_weight_mask")
    for i, part in enumerate("qkv"):
        rows = slice(i * module.embed_dim, (i + 1) * module.embed_dim)
        pruned = None if mask is None else mask[rows]
        yield Matrix(f"{operator}.{part}", f"{call.path}.{part}", weights[rows], biases[rows], pruned)
    yield _linear(f"{operator}.out", f"{call.path}.out_proj", module.out_proj)


def _linear(operator: str, path: str, module: nn.Linear) -> Matrix:
    bias = _bias(module.bias, module.out_features)
    return Matrix(operator, path, array(module.weight), bias, _buffer(module, "weight_mask"))


def array(tensor: Tensor) -> Array:
    return tensor.detach().double().numpy()


def _bias(bias: Tensor | None, size: int) -> Array:
    return np.zeros(size) if bias is None else array(bias)


def _buffer(module: nn.Module, name: str) -> Array | None:
    buffer = dict(module.named_buffers(recurse=False)).get(name)
    return None if buffer is None else buffer.bool().numpy()


def norm_constants(call: Call, alone: bool) -> dict[str, Any]:
    module = call.module
    if len(module.normalized_shape) != 1:
        raise UnsupportedOperator(call.path, "LayerNorm over several dimensions", "normalise the last one only")
    size = module.normalized_shape[0]
    gamma = np.ones(size) if module.weight is None else array(module.weight)
    beta = _bias(module.bias, size)
    return {"gamma": gamma, "beta": beta, "epsilon": module.eps, "alone": alone}


def match_masks(found: list[Matrix], masks: Masks | None) -> dict[str, Array]:
    """Operator name -> bool mask: the given ones, else those of torch.nn.utils.prune."""
    given = {name: np.asarray(mask).astype(bool) for name, mask in (masks or {}).items()}
    known = {key: matrix for matrix in found for key in (matrix.operator, matrix.path)}
    for name in given.keys() - known.keys():
        raise ValueError(f"mask {name!r} belongs to no exported matrix{nearest(name, known)}")
    result = {matrix.operator: matrix.pruned for matrix in found if matrix.pruned is not None}
    for name, mask in given.items():
        _check_mask(name, mask, known[name].weight)
        result[known[name].operator] = mask
    return result


def _check_mask(name: str, mask: Array, weight: Array) -> None:
    if mask.shape != weight.shape:
        raise ValueError(f"mask {name}: shape {mask.shape}; its weight has {weight.shape}")
    dropped = np.count_nonzero(weight[~mask])
    if dropped:
        raise ValueError(f"mask {name}: {dropped} weights outside the mask are not 0; zero them in the model")
