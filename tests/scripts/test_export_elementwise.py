"""Functions of one number, however a model or a file spells them, are one table each; and maxima."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")
onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

import torch.nn.functional as F  # noqa: E402
from one_line import in_one_line  # noqa: E402
from onnx import helper  # noqa: E402
from test_export_network_forms import prepare  # noqa: E402
from test_export_network_onnx import saved  # noqa: E402
from test_export_network_onnx import prepare as prepare_file  # noqa: E402
from test_export_views import ROWS, Tokens, conv, found, row  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import UnsupportedOperator  # noqa: E402

FUNCTIONS = {
    "celu": lambda y: F.celu(y, 0.7),
    "log-sigmoid": F.logsigmoid,
    "hard shrink": F.hardshrink,
    "soft shrink": F.softshrink,
    "tanh shrink": F.tanhshrink,
    "random slope": F.rrelu,
    "soft sign": F.softsign,
    "round": torch.round,
    "round to tenths": lambda y: torch.round(y, decimals=1),
    "floor": torch.floor,
    "what is behind the point": lambda y: y.frac() + y.remainder(0.7),
    "whole parts": lambda y: torch.div(y, 0.3, rounding_mode="floor"),
    "a power": lambda y: 2**y,
    "a choice": lambda y: torch.where(y > 0, y, 0.1 * y),
    "a choice of zeros": lambda y: torch.where(y >= 0.5, torch.zeros_like(y), y.sin()),
    "a choice by two bounds": lambda y: torch.where((y > -1) & ~(y >= 1) | (y == 3), y.exp(), y),
    "filled": lambda y: y.masked_fill(y < 0.2, 0.1),
    "a step": lambda y: y * (y > 0.5) + (y != 0).float() + torch.heaviside(y, torch.tensor(0.0)),
    "two functions": lambda y: torch.atan2(y.sinh(), y.abs() + 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_one_number_are_one_table(name):
    assert found(lambda x, m: FUNCTIONS[name](m(x)), conv(3, 4, 3)) == ["conv2d", "activation"]


def test_a_choice_by_another_value_is_made_of_products():
    kinds = found(lambda x, m, n: torch.where(m(x) > 0.1, n(x), -x), conv(3, 3, 1), conv(3, 3, 1))
    assert sorted(kinds) == ["activation"] * 3 + ["add", "conv2d", "conv2d", "multiply", "multiply"]
    with pytest.raises(UnsupportedOperator, match="logical_and of several values"):
        found(lambda x, m: torch.where((m(x) > 0) & (x > 0), x, 0.0), conv(3, 3, 1))


def test_padding_is_no_zero_of_a_table():
    """cos(0) is 1 around the map, too."""
    found(lambda x: F.pad(x, (1, 1)).cos(), samples=ROWS)
    found(lambda x: F.pad(x, (1, 1)).cos() + torch.where(F.pad(x, (1, 1)) > -1, 0.5, 0.0))


NODES = {
    "Celu": {"alpha": 0.7},
    "Ceil": {},
    "Floor": {},
    "Round": {},
    "Selu": {},
    "Shrink": {"lambd": 0.3, "bias": 0.2},
    "Sign": {},
    "Softplus": {},
    "Softsign": {},
    "ThresholdedRelu": {"alpha": 0.4},
    "Atan": {},
}
Z = {"z": np.float32(0.2), "k": np.float32(0.1)}


def test_nodes_of_one_number_are_one_table(tmp_path):
    for kind, attributes in NODES.items():
        node = helper.make_node(kind, ["x"], ["y"], name="node", **attributes)
        made = prepare_file(saved([node], {}, [1, 3, 4, 4], tmp_path / "m.onnx"), (1, 3, 4, 4))
        assert [o.kind for o in made.network.operators] == ["activation"], kind


def test_a_choice_of_a_file_is_one_table(tmp_path):
    nodes = [
        helper.make_node("Greater", ["x", "z"], ["g"]),
        helper.make_node("LessOrEqual", ["x", "k"], ["l"]),
        helper.make_node("Not", ["l"], ["n"]),
        helper.make_node("And", ["g", "n"], ["b"]),
        helper.make_node("Mul", ["x", "k"], ["m"]),
        helper.make_node("Where", ["b", "x", "m"], ["y"]),
    ]
    made = prepare_file(saved(nodes, Z, [1, 3, 4, 4], tmp_path / "m.onnx"), (1, 3, 4, 4))
    assert [o.kind for o in made.network.operators] == ["activation"]


MAXIMA = {
    "of a map": (lambda x, m: m(x).amax((2, 3)), conv(3, 4, 3)),
    "of pixels in one dimension": (lambda x, m: m(x).flatten(2).max(-1)[0], conv(3, 4, 3)),
    "least": (lambda x, m: m(x).flatten(2).min(-1).values + 1, conv(3, 4, 3)),
    "of channels": (lambda x, m: m(x).amax(1, keepdim=True), conv(3, 4, 3)),
    "of rows": (lambda x, m: m(x).amax(2), conv(3, 4, 3)),
    "of channels and rows": (lambda x, m: m(x).amax((1, 2)), conv(3, 4, 3)),
    "of everything": (lambda x, m: m(x).max(), conv(3, 4, 14)),
}
OF_ROWS = {
    "of a row": (lambda x, m: m(x).max(2)[0], row(3, 4, 3)),
    "of tokens": (lambda x, m: m(x).max(1)[0], lambda: nn.Linear(11, 5)),
    "of features": (lambda x, m: m(x).amin(2), lambda: nn.Linear(11, 5)),
}


@pytest.mark.parametrize("name", [*MAXIMA, *OF_ROWS])
def test_maxima(name):
    if name in MAXIMA:
        assert "max_pool2d" in found(*MAXIMA[name])
    else:
        assert "max_pool2d" in found(*OF_ROWS[name], samples=ROWS)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x.amax((1, 3)), r"a maximum over dimensions \[1, 3\] of 4"),
        (lambda x: x.flatten(1).amax(1), "a maximum over 768 elements"),
        (lambda x: x.flatten(2).max(2)[1] * 0.5, "the places of maxima"),
    ],
)
def test_maxima_that_no_pool_makes(function, words):
    with pytest.raises(UnsupportedOperator, match=words) as caught:
        found(function)
    in_one_line(caught.value)


def test_no_maximum_of_a_changing_number_of_tokens():
    sentences = [[2 + i for i in range(n)] for n in range(1, 10)]
    with pytest.raises(UnsupportedOperator, match="a maximum over tokens, whose number changes"):
        prepare(Tokens(lambda m, y: y.max(1)[0]), sentences, "encoder", max_tokens=9)


@pytest.mark.parametrize("kind", ["ReduceMax", "ReduceMin"])
def test_maxima_of_files(kind, tmp_path):
    nodes = [helper.make_node(kind, ["x", "a"], ["y"], keepdims=0)]
    path = saved(nodes, {"a": np.int64([2, 3])}, [1, 3, 4, 5], tmp_path / "m.onnx")
    kinds = [o.kind for o in prepare_file(path, (1, 3, 4, 5)).network.operators]
    assert [kind for kind in kinds if kind != "activation"] == ["max_pool2d", "flatten"]
