"""ONNX nodes one at a time: what they become, and what the judge of the file computes of them."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")
pytest.importorskip("torch", reason="python3-torch is not installed")

from one_line import in_one_line  # noqa: E402
from onnx import helper  # noqa: E402
from test_export_network_onnx import prepare, saved  # noqa: E402

from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.onnx_layers import LAYERS  # noqa: E402

MAP, ROW = [1, 3, 7, 8], [1, 3, 11]
KERNEL = np.random.default_rng(0).normal(size=(4, 3, 3)).astype(np.float32)
MATRIX = np.random.default_rng(1).normal(size=(4, 3, 1, 1)).astype(np.float32)


def kinds(nodes, weights, shape, path):
    """What the file becomes, in front of a convolution, so that every element counts."""
    return [o.kind for o in prepare(saved(nodes, weights, shape, path), shape).network.operators]


def node(kind, *inputs, output="y", **attributes):
    return helper.make_node(kind, ["x", *inputs], [output], name="node", **attributes)


POOL = {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [0, 1, 2, 0], "ceil_mode": 1}
CASES = {
    "average": (node("AveragePool", **POOL, count_include_pad=1), {}, MAP, ["average_pool2d"]),
    "average of the map": (node("AveragePool", **POOL), {}, MAP, ["average_pool2d"]),
    "largest": (node("MaxPool", **POOL), {}, MAP, ["max_pool2d"]),
    "largest of a row": (node("MaxPool", kernel_shape=[3], strides=[2]), {}, ROW, ["max_pool2d"]),
    "average of a row": (node("AveragePool", kernel_shape=[3], pads=[1, 0]), {}, ROW, ["average_pool2d"]),
    "all of a row": (node("GlobalMaxPool"), {}, ROW, ["max_pool2d"]),
    "a row": (node("Conv", "k"), {"k": KERNEL}, ROW, ["conv2d"]),
    "cut off": (node("Pad", "p"), {"p": np.int64([0, 0, -1, 1, 0, 0, 2, -2])}, MAP, ["conv2d"] * 3),
    "of some axes": (
        node("Pad", "p", "", "a"), {"p": np.int64([1, 0, 2, 0]), "a": np.int64([-1, 2])}, MAP, ["conv2d"]
    ),
    "resized axes": (
        node("Resize", "", "s", axes=[2, 3], mode="nearest", coordinate_transformation_mode="asymmetric",
             nearest_mode="floor"), {"s": np.float32([2, 3])}, MAP, ["upsample"],
    ),
    "softmax of channels": (node("Softmax", axis=1), {"m": MATRIX}, MAP, ["conv2d"]),
    "softplus": (node("Softplus"), {}, MAP, ["activation"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_nodes(name, tmp_path):
    made, weights, shape, wanted = CASES[name]
    nodes = [made]
    if name.startswith("softmax"):
        made.input[0] = "c"
        nodes.insert(0, helper.make_node("Conv", ["x", "m"], ["c"], name="conv"))
    found = kinds(nodes, weights, shape, tmp_path / "m.onnx")
    assert [kind for kind in found if kind not in ("flatten", "unflatten")] == wanted


def averages(x, kernel, stride, pads, counted):
    """Window by window: [C, H, W]"""
    top, left, bottom, right = pads
    height, width = x.shape[1:]
    found = []
    for y in range(0, height + top, stride[0]):
        for z in range(0, width + left, stride[1]):
            places = [
                (r - top, c - left)
                for r in range(y, min(y + kernel[0], height + top + bottom))
                for c in range(z, min(z + kernel[1], width + left + right))
            ]
            inside = [(r, c) for r, c in places if 0 <= r < height and 0 <= c < width]
            total = sum((x[:, r, c] for r, c in inside), np.zeros(len(x)))
            found.append(total / len(places if counted else inside))
    return np.array(found).T


@pytest.mark.parametrize("counted", [0, 1])
def test_the_judge_counts_the_padding_of_one_side(counted):
    """With ceil_mode every window begins in the map or in the padding before it."""
    x = np.random.default_rng(0).normal(size=(2, 6, 8))
    attributes = {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1, "count_include_pad": counted}
    for pads in ([0, 0, 2, 1], [1, 0, 1, 0], [2, 1, 0, 0]):
        found = LAYERS["AveragePool"](attributes | {"pads": pads}, x[None])[0]
        np.testing.assert_allclose(found.reshape(2, -1), averages(x, (3, 2), (2, 2), pads, counted))


def test_hints_at_lengths_are_for_networks_of_tokens(tmp_path):
    wrong = node("Resize", "", "s", axes=[2, 3], mode="linear")
    with pytest.raises(ExportError, match="has mode linear, half_pixel") as caught:
        kinds([wrong], {"s": np.float32([2, 2])}, MAP, tmp_path / "m.onnx")
    in_one_line(caught.value)
    assert "dynamic axes" not in str(caught.value)
