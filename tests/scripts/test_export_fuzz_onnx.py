"""No ONNX file or graph ends in a traceback: mutated ones end in an export or in one printable line."""

import copy
import os
import random

import pytest

from one_line import in_one_line

EXTENDED = os.environ.get("LOCKSTEP_EXTENDED") == "true"


@pytest.fixture(scope="module")
def onnx_files(tmp_path_factory):
    pytest.importorskip("onnx", reason="python3-onnx is not installed")
    import onnx_model

    spellings = [{}, {"attention": "sdpa", "norm": "steps"}, {"linear": "gemm", "attention": "fused split"}]
    return tmp_path_factory.mktemp("onnx"), [onnx_model.model(**options) for options in spellings]


def exported(path):
    from scripts.export.graph.onnx import Origin, export_onnx_network

    export_onnx_network(
        path, name="m", origin=Origin("", "", "", "", ""), kind="encoder_decoder", max_tokens=6, bos=2,
        eos=3, calibration=[([5, 9, 7, 3], [8, 7, 3])], samples=[[5, 3]],
    )  # fmt: skip


def outcome(path, data):
    """Whether it is exported; else it is refused in one line."""
    path.write_bytes(data)
    try:
        exported(path)
        return True
    except Exception as error:
        in_one_line(error)
        return False


def test_onnx_files_with_changed_bytes_end_in_one_line(onnx_files):
    folder, models = onnx_files
    draw, done = random.Random(2), []
    for number in range(1_000 if EXTENDED else 40):
        data = bytearray(models[number % len(models)].SerializeToString())
        structure = [i for i in range(len(data)) if 32 < data[i] < 127] if number % 2 else range(len(data))
        for _ in range(draw.choice([1, 1, 2, 5])):
            data[draw.choice(structure)] = draw.randrange(256)
        if draw.random() < 0.1:
            del data[draw.randrange(len(data)) :]
        done.append(outcome(folder / "bytes.onnx", bytes(data)))
    assert 0 < sum(done) < len(done)


def changed_graph(made, draw):
    """One structural change."""
    nodes, weights = made.graph.node, made.graph.initializer
    node, weight = draw.choice(nodes), draw.choice(weights)
    names = [name for n in nodes for name in (*n.input, *n.output)] + ["", "source", "nowhere"]
    kinds = [n.op_type for n in nodes] + ["Einsum", "If", "Range", "Expand", "ConstantOfShape", "Tile", "", "Neg"]
    values = [0, -1, 1, 2, 3, 7, 1000, 2**62, -(2**62)]

    def reshaped():
        del weight.dims[:]
        weight.dims.extend(draw.choice([[], [0], [1], [16], [1, 1, 16], [16, 16], [2**40], [-1], [256]]))

    def revalued():
        weight.raw_data = draw.choice([b"", bytes(len(weight.raw_data)), b"\xff" * len(weight.raw_data)])

    def attribute():
        if node.attribute:
            chosen = draw.choice(node.attribute)
            chosen.i = draw.choice(values)
            if chosen.ints:
                chosen.ints[draw.randrange(len(chosen.ints))] = draw.choice(values)
            if draw.random() < 0.2:
                chosen.name = draw.choice(["axis", "axes", "perm", "to", "\x1b"])
            if draw.random() < 0.2:
                del node.attribute[:]

    def rewired():
        if node.input:
            node.input[draw.randrange(len(node.input))] = draw.choice(names)

    changes = [
        lambda: setattr(node, "op_type", draw.choice(kinds)),
        lambda: nodes.remove(node),
        lambda: weights.remove(weight),
        lambda: setattr(weight, "data_type", draw.randrange(20)),
        lambda: setattr(node, "name", draw.choice(["", "\x1b[2J", "/a//b", "a" * 3000, "\u2028x/y"])),
        lambda: node.input.append(draw.choice(names)),
        lambda: node.ClearField("input"),
        lambda: node.ClearField("output"),
        reshaped, revalued, attribute, attribute, rewired, rewired, rewired,
    ]  # fmt: skip
    draw.choice(changes)()


def test_onnx_graphs_with_changed_structure_end_in_one_line(onnx_files):
    folder, models = onnx_files
    draw, done = random.Random(3), []
    for number in range(1_500 if EXTENDED else 120):
        made = copy.deepcopy(models[number % len(models)])
        for _ in range(draw.choice([1, 1, 1, 2, 4])):
            changed_graph(made, draw)
        done.append(outcome(folder / "graph.onnx", made.SerializeToString()))
    assert 0 < sum(done) < len(done)
