"""The program and the scripts read YAML alike (docs/yaml.md): the same verdict on every file, the same values."""

import json
import os
import random
import subprocess

import pytest

pytest.importorskip("yaml", reason="needs python3-yaml (comes with python3-distributed)")

from scripts.base.yaml_dialect import YamlError, parse, read, value, written

import yaml_documents
from lockstep_program import PROGRAM, ROOT, error_of

# Beside the program, in the tests of the same build.
READER = PROGRAM.parents[2] / "tests/support/yaml_to_json"
COUNT = 100_000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 5_000
PLACES = ["a: %s\n", "a: [%s]\n", "a:\n- %s\n", "a:\n  %s\n", "a: {b: %s}\n", "%s: 1\n", "a: %s\n  %s\n", "a: |\n  %s\n"]


def answers(documents):
    """Of the program's reader, as JSON."""
    asked = b"".join(b"%d\n%s" % (len(document), document) for document in documents)
    done = subprocess.run([READER], input=asked, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def answer(document):
    """Of the scripts' reader, likewise."""
    try:
        return {"value": parse(document, "file")}
    except YamlError as error:
        return {"error": str(error)}


def exact(result):
    """Tells 1 from 1.0 and 0.0 from -0.0."""
    return json.dumps(result, sort_keys=True)


def assert_equal_readings(documents):
    """Returns the share that is right."""
    right = 0
    for document, of_program in zip(documents, answers(documents), strict=True):
        assert exact(answer(document)) == exact(of_program), document
        assert "\n" not in of_program.get("error", ""), document
        right += "value" in of_program
    return right / len(documents)


def table():
    return [json.loads(line) for line in (ROOT / "tests/support/yaml_scalars.jsonl").read_text("utf-8").split("\n") if line]


def test_scalars_mean_what_the_table_says():
    for row in table():
        found = answer(f"k: {row['text']}\n".encode())
        if "error" in row:
            assert row["error"] in found["error"], row
        else:
            assert exact(found) == exact({"value": {"k": row["value"]}}), row


def test_table_is_read_alike_in_every_place():
    documents = [place.replace("%s", row["text"]).encode() for row in table() for place in PLACES]
    assert_equal_readings(documents)


@pytest.mark.parametrize("seed", range(4))
def test_random_scalars_are_read_alike(seed):
    drawn = random.Random(seed)
    documents = [drawn.choice(PLACES).replace("%s", yaml_documents.scalar(drawn)).encode() for _ in range(COUNT // 4)]
    assert 0.2 < assert_equal_readings(documents) < 0.9


@pytest.mark.parametrize("seed", range(4))
def test_random_documents_are_read_alike(seed):
    drawn = random.Random(seed)
    documents = [yaml_documents.document(drawn) for _ in range(COUNT // 4)]
    assert 0.2 < assert_equal_readings(documents) < 0.9


def test_files_of_the_repository_are_right():
    paths = [path for folder in ("arch-configs", "workloads", "scripts") for path in sorted((ROOT / folder).rglob("*.yaml"))]
    assert len(paths) > 30
    assert assert_equal_readings([path.read_bytes() for path in paths]) == 1


def test_large_and_deep_files_are_read_alike():
    documents = [
        b"a: " + b"x" * (1 << 20),
        b"a: [" + b"1," * 49_000 + b"]",
        b"a: [" + b"1," * 100_001 + b"]",
        b"a: " + b"[" * 100_000,
        b"".join(b" " * i + b"a:\n" for i in range(40)),
        b"- " * 40 + b"a\n",
        b"k" * 300 + b": 1\n",
        b"a: 1\n" * 3000,
    ]
    assert_equal_readings(documents)


@pytest.mark.parametrize(
    "content, code", [(b"a: 1\n" * 210_000, 3), ((2).to_bytes(8, "little") + b"{}", 2)], ids=["too large", "tensors"]
)
def test_files_that_hold_no_keys_are_refused_alike(tmp_path, content, code):
    path = tmp_path / "w.yaml"
    path.write_bytes(content)
    with pytest.raises(YamlError) as refused:
        read(path)
    assert str(refused.value) == error_of("check", "optimus-tiny", path, code=code)


def test_written_values_are_read_back():
    texts = [row["value"] for row in table() if "value" in row] + ["a\nb", "\x85\u2028", "5 ", " ", "a: b", "- a", "#", "&a", "\x1b[31m"]
    for text in texts:
        line = written(text)
        assert "\n" not in line
        assert exact(value(line)) == exact(text), line
