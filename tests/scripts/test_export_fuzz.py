"""No input of the exporters ends in a traceback: mutated TOKENS.json and odd modules end in an export or in one printable
line. (ONNX files and graphs: test_export_fuzz_onnx.py.)
"""

import copy
import json
import os
import random

import pytest

from one_line import in_one_line
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
    from prepared_pairs import prepared
    from small_torch_model import random_model, random_pairs

    draw, done = random.Random(4), []
    for _ in range(800 if EXTENDED else 100):
        model = random_model()
        for _ in range(draw.choice([1, 1, 2])):
            paths = [path for path, _ in model.named_modules() if path]
            parent, _, name = draw.choice(paths).rpartition(".")
            setattr(model.get_submodule(parent), name, draw.choice(replacements(torch))())
        try:
            prepared(model, calibration=random_pairs(3), max_tokens=12)
            done.append(True)
        except Exception as error:
            in_one_line(error)
            done.append(False)
    assert 0 < sum(done) < len(done)
