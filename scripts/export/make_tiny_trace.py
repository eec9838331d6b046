"""Writes workloads/traces/tiny.safetensors: a random model small enough to check by hand, for
tests.

    /usr/bin/python3 -m scripts.export.make_tiny_trace workloads/traces/tiny.safetensors

The weights mean nothing. What matters: activations use the int8 range without saturating
everywhere, masks keep about 40 % with empty rows, empty columns and kept zeros, sentences end at
different lengths and one by EOS, and the outputs of every operator are stored for two sentences.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.base.packages import need

need("numpy")

import numpy as np  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.export import masks  # noqa: E402
from scripts.export.graph_fields import Operator  # noqa: E402
from scripts.export.reference_outputs import add_reference  # noqa: E402
from scripts.export.safetensors import Tensors  # noqa: E402
from scripts.export.trace import Trace, of_schema_1, write_trace  # noqa: E402
from scripts.export.transformer_graph import GraphNames, transformer_operators  # noqa: E402

SEED = 160  # decodes to 17, 9 and 22 tokens: EOS, EOS and the limit
MODEL = {
    "kind": "encoder_decoder",
    "d_model": 16,
    "heads": 2,
    "d_ff": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "vocabulary": 23,
    "max_tokens": 24,
    "bos": 2,
    "eos": 3,
}
SOURCES = [[7, 11, 5, 3], [20, 9, 3], [13, 4, 18, 22, 6, 3]]
KEPT = 0.4
SHIFT = 20
SPREAD = 48  # aimed-at standard deviation of int8 activations


def make_trace(seed: int = SEED) -> Trace:
    names = GraphNames(["encoder.layers.0"], ["decoder.layers.0"])
    operators = transformer_operators(names, MODEL["heads"])
    random = np.random.default_rng(seed)
    tensors: Tensors = {}
    for operator in operators:
        _add_constants(operator, tensors, random)
    trace = of_schema_1(
        {"name": "tiny", "model": MODEL, "operators": operators},
        {
            "model": "random weights, encoder-decoder Transformer",
            "framework": "numpy",
            "exporter": "scripts/export/make_tiny_trace.py",
            "source": f"numpy.random.default_rng({seed})",
            "licence": "public domain (CC0-1.0)",
            "notes": "for tests; every operator's output is stored for sentences 0 and 1",
        },
        tensors,
    )
    add_reference(trace, SOURCES, [(i, operator["name"]) for i in (0, 1) for operator in operators])
    return trace


def _add_constants(operator: Operator, tensors: Tensors, random: np.random.Generator) -> None:
    add = {
        "embedding": _embedding,
        "linear": _linear,
        "logits": _linear,
        "attention_scores": _attention_scores,
        "softmax": _softmax,
        "attention_values": _attention_values,
        "add_norm": _add_norm,
    }
    for key, tensor in add[operator["kind"]](operator, random).items():
        operator[key] = f"{operator['name']}.{key}"
        tensors[operator[key]] = tensor


def _embedding(operator: Operator, random: np.random.Generator) -> dict[str, np.ndarray]:
    operator |= {"token_multiplier": 12000, "position_multiplier": 5000, "shift": 14}
    return {
        "table": _int8(random.normal(0, 40, (MODEL["vocabulary"], MODEL["d_model"]))),
        "positions": _int8(random.normal(0, 60, (MODEL["max_tokens"], MODEL["d_model"]))),
    }


def _linear(operator: Operator, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Multipliers bring an accumulator of the expected spread back to SPREAD."""
    rows, columns = _matrix_shape(operator)
    kept = _mask(rows, columns, random)
    weight = _int8(random.normal(0, 50, kept.shape)) * kept
    weight[kept & (random.random(kept.shape) < 0.05)] = 0  # quantised to zero, yet kept
    spread = np.sqrt((weight.astype(float) ** 2).sum(1)) * SPREAD + 1000
    operator["shift"] = SHIFT
    return {
        "weight": weight.astype(np.int8),
        "bias": np.rint(random.normal(0, 0.3, rows) * spread).astype(np.int32),
        "multiplier": np.rint((1 << SHIFT) * SPREAD / spread).astype(np.int32),
        "mask": masks.pack(kept),
    }


def _matrix_shape(operator: Operator) -> tuple[int, int]:
    d, last = MODEL["d_model"], operator["name"].rsplit(".", 1)[-1]
    shapes = {
        "linear1": (MODEL["d_ff"], d),
        "linear2": (d, MODEL["d_ff"]),
        "generator": (MODEL["vocabulary"], d),
    }
    return shapes.get(last, (d, d))


def _mask(rows: int, columns: int, random: np.random.Generator) -> np.ndarray:
    """KEPT at random, one row and one column empty."""
    kept = random.random((rows, columns)) < KEPT
    kept[random.integers(rows)] = False
    kept[:, random.integers(columns)] = False
    return kept


def _attention_scores(operator: Operator, random: np.random.Generator) -> dict[str, np.ndarray]:
    head_features = MODEL["d_model"] // MODEL["heads"]
    operator |= _scale(1 / (SPREAD * np.sqrt(head_features)))
    return {}


def _softmax(operator: Operator, random: np.random.Generator) -> dict[str, np.ndarray]:
    return {"table": np.rint(65535 * np.exp(-np.arange(256) * 0.04)).astype(np.uint16)}


def _attention_values(operator: Operator, random: np.random.Generator) -> dict[str, np.ndarray]:
    operator |= _scale(1.5 / 127)
    return {}


def _add_norm(operator: Operator, random: np.random.Generator) -> dict[str, np.ndarray]:
    operator |= {"x_multiplier": 30000, "y_multiplier": 40000, "shift": 23}
    d = MODEL["d_model"]
    return {
        "gamma": np.rint(random.normal(1, 0.2, d) * SPREAD * 2**8).astype(np.int32),
        "beta": np.rint(random.normal(0, 0.2, d) * SPREAD * 2**23).astype(np.int32),
    }


def _scale(factor: float) -> dict[str, int]:
    return {"multiplier": round(factor * (1 << SHIFT)), "shift": SHIFT}


def _int8(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), -128, 127).astype(np.int8)


def main() -> None:
    parser = terminal.Parser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("output", type=Path)
    write_trace(parser.parse_args().output, make_trace())


if __name__ == "__main__":
    terminal.run("make_tiny_trace", main)
