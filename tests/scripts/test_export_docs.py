"""docs/trace-format.md says what the code does."""

import json
import re
from pathlib import Path

import numpy as np

from scripts.export import graph_rules, integer_weights, safetensors

PAGE = (Path(__file__).parents[2] / "docs/trace-format.md").read_text("utf-8")


KINDS = PAGE[PAGE.index("## Operators") : PAGE.index("## Arithmetic")]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)


def test_bytes_of_the_file_example():
    tensors = {
        "w": np.array([[1, -2, 127], [-128, 0, 3]], np.int8),
        "bias": np.array([1, -1], np.int32),
    }
    length, data = (bytes.fromhex(text) for text in blocks("hex"))
    (header,) = blocks("json")
    written = length + header.encode() + b" " * 42 + data
    assert written == safetensors.to_bytes({"schema": "x"}, tensors)
    assert len(written) == 206
    assert json.loads(header)["w"]["shape"] == [2, 3]


def test_numbers_of_the_linear_example():
    x, weight = np.array([[10, 127, 40]]), np.array([[3, 0, -2]])
    y = integer_weights.linear(x, weight, np.array([5]), np.array([96]), 8, relu=False)
    assert y.tolist() == [[-17]]
    assert "= -17." in PAGE


def test_every_kind_and_field_has_its_row():
    rows = {line.split("|")[1].strip(" `"): line for line in KINDS.splitlines() if "| `" in line}
    for name, kind in graph_rules.KINDS.items():
        fields = set(kind.every_field())
        fields -= set(graph_rules.KINDS["linear"].tensors()) if name == "logits" else set()
        for field in fields:
            assert f"`{field}`" in rows[name], (name, field)
