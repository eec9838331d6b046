"""No input of the exporters ends in a traceback: mutated TOKENS.json, ONNX files and graphs, and odd
modules end in an export or in one printable line.
"""

import copy
import json
import os
import random

import pytest

from scripts.base.printable import printable
from scripts.export.errors import ExportError, TraceError
from scripts.export.tokens_file import read_tokens

EXTENDED = os.environ.get("LOCKSTEP_EXTENDED") == "true"
GOOD = {
    "bos": 2,
    "eos": 3,
    "max_tokens": 24,
    "calibration": [[[4, 5, 3], [6, 7, 3]], [[8, 3], [9, 10, 3]]],
    "sentences": [{"tokens": [4, 5, 3], "source": "a", "human": "b"}],
    "pieces": ["<pad>", "a"],
    "origin": {"model": "m", "notes": "n"},
}
ODD = [
    None, True, -1, 0, 1, 23, 2**31, 10**400, 1.5, 1e308, float("nan"), float("inf"), "", "24", "\x1b[31m\n",
    "\u2028", "\ud800", [], [[]], [[[]]], [None], {}, {"tokens": []}, {"a": 1}, [0] * 100, "x" * 5000,
]  # fmt: skip


def in_one_line(error):
    text = str(error)
    assert text and printable(text, None) == text and len(text) <= 2000
    assert isinstance(error, (ExportError, TraceError)), type(error)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def mutated(value, draw):
    """One place replaced, left out, repeated or under another key."""
    value = copy.deepcopy(value)
    path = draw.choice(list(places(value)))
    if not path:
        return draw.choice(ODD)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    key, way = path[-1], draw.randrange(4)
    if way == 0:
        parent[key] = draw.choice(ODD)
    elif way == 1:
        del parent[key]
    elif isinstance(parent, list):
        parent.insert(draw.randrange(len(parent) + 1), draw.choice([parent[key], *ODD]))
    else:
        parent[draw.choice(["tokns", "", "\x1b]0;x", "bos", "x" * 3000, "\ud800"])] = parent[key]
    return value


def texts(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        value = GOOD
        for _ in range(draw.choice([1, 1, 2, 3])):
            value = mutated(value, draw)
            if not isinstance(value, (dict, list)):
                break
        try:
            data = json.dumps(value).encode()
        except (ValueError, RecursionError):
            continue
        if draw.random() < 0.2:
            at = draw.randrange(len(data) + 1)
            data = data[:at] + bytes([draw.randrange(256)]) + data[at + draw.randrange(2) :]
        yield data
    yield from (b"", b"\xff\xfe", b"[" * 100_000, b'{"bos": 1, "bos": 2}', b"\0", b'{"bos": 1e999}')


def test_tokens_files_end_in_one_line(tmp_path):
    path, outcomes = tmp_path / "t.json", {True: 0, False: 0}
    for data in texts(20_000 if EXTENDED else 1_000, seed=1):
        path.write_bytes(data)
        try:
            read_tokens(path)
            outcomes[True] += 1
        except Exception as error:
            in_one_line(error)
            assert str(error).startswith(str(path))
            outcomes[False] += 1
    assert min(outcomes.values()) > 50


@pytest.fixture(scope="module")
def onnx_files(tmp_path_factory):
    pytest.importorskip("onnx", reason="python3-onnx is not installed")
    import onnx_model

    spellings = [{}, {"attention": "sdpa", "norm": "steps"}, {"linear": "gemm", "attention": "fused split"}]
    return tmp_path_factory.mktemp("onnx"), [onnx_model.model(**options) for options in spellings]


def exported(path):
    from scripts.export.build_trace import Contents, Origin, Sentence, Tokenizer, build_trace
    from scripts.export.onnx_exporter import extract_onnx

    pairs = [([5, 9, 7, 3], [8, 7, 3])]
    graph = extract_onnx(path, Tokenizer(2, 3), 6, pairs)
    build_trace(graph, Contents("m", Origin("", "", "", "", ""), Tokenizer(2, 3), 6, pairs, [Sentence([5, 3])]))


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
    for number in range(3_000 if EXTENDED else 40):
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
    for number in range(5_000 if EXTENDED else 120):
        made = copy.deepcopy(models[number % len(models)])
        for _ in range(draw.choice([1, 1, 1, 2, 4])):
            changed_graph(made, draw)
        done.append(outcome(folder / "graph.onnx", made.SerializeToString()))
    assert 0 < sum(done) < len(done)


def replacements(torch):
    nn = torch.nn
    return [
        lambda: nn.Identity(), lambda: nn.Linear(16, 16), lambda: nn.Linear(16, 7), lambda: nn.Tanh(),
        lambda: nn.LayerNorm(16), lambda: nn.LayerNorm((1, 16)), lambda: nn.Embedding(23, 16),
        lambda: nn.GRU(16, 16), lambda: nn.MultiheadAttention(16, 4), lambda: nn.ModuleList(),
        lambda: nn.MultiheadAttention(16, 4, batch_first=True, kdim=8, vdim=8), lambda: nn.Dropout(0.9),
        lambda: nn.TransformerEncoderLayer(16, 2, 32, norm_first=True), lambda: nn.Sequential(), lambda: None,
        lambda: nn.BatchNorm1d(16), lambda: nn.Softmax(-1), lambda: nn.Bilinear(16, 16, 16),
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_models_with_odd_modules_end_in_one_line():
    torch = pytest.importorskip("torch", reason="python3-torch is not installed")
    from small_torch_model import random_model, random_pairs

    from scripts.export.build_trace import Tokenizer
    from scripts.export.pytorch_exporter import extract

    draw, done = random.Random(4), []
    for _ in range(2_000 if EXTENDED else 100):
        model = random_model()
        for _ in range(draw.choice([1, 1, 2])):
            paths = [path for path, _ in model.named_modules() if path]
            parent, _, name = draw.choice(paths).rpartition(".")
            setattr(model.get_submodule(parent), name, draw.choice(replacements(torch))())
        try:
            extract(model, Tokenizer(2, 3), 24, random_pairs(3))
            done.append(True)
        except Exception as error:
            in_one_line(error)
            done.append(False)
    assert 0 < sum(done) < len(done)
