"""Weights and biases of torch.nn modules as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scripts.export.calls import Array, Matrix
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.pytorch_tensors import check_tensors

Constants = dict[str, Any]


def check_settings(model: nn.Module) -> None:
    """Names what cannot be exported by looking at the modules."""
    if not isinstance(model, nn.Module):
        raise ExportError(f"the model is {type(model).__name__}; use a torch.nn.Module")
    if isinstance(model, torch.jit.ScriptModule):
        raise UnsupportedOperator(
            "model", "a scripted or traced module", "pass the Python module that it was made from"
        )
    check_tensors(model)
    if not any(isinstance(module, nn.Embedding) for module in model.modules()):
        raise UnsupportedOperator(
            "model",
            f"{type(model).__name__} without nn.Embedding",
            "put it into a module that looks source and target tokens up in nn.Embedding and ends "
            "in an nn.Linear to the logits",
        )
    for path, module in model.named_modules():
        if "quantized" in type(module).__module__:
            raise UnsupportedOperator(
                path, f"{type(module).__name__} of torch's quantization", "pass the float model"
            )
        if isinstance(module, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
            kind = type(module).__name__
            if module.norm_first:
                raise UnsupportedOperator(
                    path, f"{kind} with norm_first=True", "train it with norm_first=False"
                )
            activation = getattr(module.activation, "__name__", type(module.activation).__name__)
            if activation not in ("relu", "ReLU"):
                raise UnsupportedOperator(
                    path, f"{kind} with activation {activation}", "train it with ReLU"
                )


def _embedding(path: str, module: nn.Embedding) -> Constants:
    return {"table": _array(module.weight)}


def _linear(path: str, module: nn.Linear) -> Constants:
    return {"matrix": _matrix(path, module)}


def _norm(path: str, module: nn.LayerNorm) -> Constants:
    if len(module.normalized_shape) != 1:
        raise UnsupportedOperator(
            path, "LayerNorm over several dimensions", "normalise the last one only"
        )
    size = module.normalized_shape[0]
    gamma = np.ones(size) if module.weight is None else _array(module.weight)
    return {"gamma": gamma, "beta": _bias(module.bias, size), "epsilon": module.eps}


def _attention(path: str, module: nn.MultiheadAttention) -> Constants:
    """Query, key and value weights lie in one tensor, one third each, unless kdim or vdim differs."""
    if module.bias_k is not None or module.add_zero_attn:
        raise UnsupportedOperator(
            path,
            "MultiheadAttention with add_bias_kv or add_zero_attn",
            "use no additional key",
        )
    if module._qkv_same_embed_dim:
        weights = np.split(_array(module.in_proj_weight), 3)
    else:
        own = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
        weights = [_array(weight) for weight in own]
    biases = np.split(_bias(module.in_proj_bias, 3 * module.embed_dim), 3)
    parts = {
        part: Matrix(f"{path}.{part}", *constants)
        for part, *constants in zip("qkv", weights, biases)
    }
    return parts | {"out": _matrix(f"{path}.out_proj", module.out_proj), "heads": module.num_heads}


def _matrix(path: str, module: nn.Linear) -> Matrix:
    bias = _bias(module.bias, module.out_features)
    return Matrix(path, _array(module.weight), bias)


def _array(tensor: Tensor) -> Array:
    return tensor.detach().double().numpy()


def _bias(bias: Tensor | None, size: int) -> Array:
    return np.zeros(size) if bias is None else _array(bias)


CONSTANTS = {
    nn.Embedding: ("embedding", _embedding),
    nn.MultiheadAttention: ("attention", _attention),
    nn.Linear: ("linear", _linear),
    nn.LayerNorm: ("norm", _norm),
}
