"""Whatever a sweep file or a recipe of figures holds: it is read, or refused at once with one line."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("yaml", reason="needs python3-yaml (comes with python3-distributed)")

from scripts.plotting import gallery
from scripts.plotting.errors import PlotError
from scripts.sweeping.constraints import Constraint
from scripts.sweeping.errors import SweepError

from lockstep_program import PROGRAM, ROOT
from yaml_documents import damaged

MUTATIONS = 10_000 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 400
HEADER = "machines: [optimus-tiny]\nworkloads: [tiny-synthetic]\n"
GRID = "grid: {clock_mhz: [100]}\n"
ON_FILE = "machines: [{file: %s}]\nworkloads: [tiny]\n" + GRID


def laughs(key):
    """Nine levels of nine references each."""
    levels = (f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(9))
    return f"{key}a0: &a0 [{', '.join('x' * 9)}]\n{''.join(levels)}"


FILES = {
    "laughs.yaml": laughs("accelerator: optimus\n"),
    "deep.yaml": "accelerator: optimus\na: " + "[" * 5000 + "]" * 5000,
    "self.yaml": "accelerator: optimus\nenergy_tables: [mirror.yaml]\n",
    "mirror.yaml": "a: [mirror.yaml, self.yaml]\n",
    "broken-table.yaml": "accelerator: optimus\nenergy_tables: [broken.yaml]\n",
    "broken.yaml": "a: [\n",
    "latin.yaml": "accelerator: optimus\nenergy_tables: [latin-table.yaml]\n",
    "latin-table.yaml": b"a: \xff\xfe\x00",
    "huge.yaml": "accelerator: optimus\ntrace: huge.bin\n",
    "list.yaml": "- 1\n",
    "kindless.yaml": "accelerator: [optimus]\n",
    "large.yaml": "a: " + "x" * (1 << 20),
}


def constraint(text):
    return HEADER + GRID + f"constraints: [{json.dumps(text)}]\n"


def span(text):
    return HEADER + "grid: {clock_mhz: {%s}}\n" % text


def search(text):
    return HEADER + "search: {samples: 5, objectives: {cycles: minimize}, keys: {clock_mhz: [1, 2]}, %s}\n" % text


REFUSED = {
    "references": HEADER + laughs(""),
    "references of a machine": ON_FILE % "laughs.yaml",
    "depth of a machine": ON_FILE % "deep.yaml",
    "broken table": ON_FILE % "broken-table.yaml",
    "table in another encoding": ON_FILE % "latin.yaml",
    "6 GB file": ON_FILE % "huge.yaml",
    "list for a machine": ON_FILE % "list.yaml",
    "machine without a kind": ON_FILE % "kindless.yaml",
    "machine of 1 MiB": ON_FILE % "large.yaml",
    "machine that is a folder": ON_FILE % '"./"',
    "machine that is not there": ON_FILE % ('"' + "a/" * 3000 + 'x.yaml"'),
    "machine of a long name": ON_FILE % ('"' + "a" * 3000 + '.yaml"'),
    "depth": HEADER + "grid: " + "[" * 3000 + "]" * 3000,
    "steps": span("from: 1, to: 1000000000, steps: 1000000000"),
    "points": HEADER + "grid:\n" + "".join(f"  k{i}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n" for i in range(12)),
    "points of zips": HEADER + "zip: [" + ", ".join(f"{{k{i}: [1, 2]}}" for i in range(30)) + "]\n",
    "points of machines": "machines:\n" + "".join(f"- {{name: m{i}, file: optimus-tiny}}\n" for i in range(2000))
    + "workloads:\n" + "".join(f"- {{name: w{i}, file: tiny-synthetic}}\n" for i in range(2000)),
    "samples": HEADER + "random: {samples: 1000000000, keys: {clock_mhz: {from: 1, to: 2}}}\n",
    "repeated text": constraint("('a' * 20000000000) == 'b'"),
    "repeated list": constraint("[1] * 20000000000 == 1"),
    "format": constraint("'%5000000000d' % 1 == 1"),
    "joined texts": constraint("'a' + 'b' == 'ab'"),
    "brackets": constraint("(" * 5000 + "1" + ")" * 5000),
    "fewer brackets": constraint("(" * 190 + "1" + ")" * 190 + " + x"),
    "signs": constraint("-" * 100_000 + "1"),
    "fewer signs": constraint("-" * 900 + "1"),
    "nots": constraint("not " * 240 + "1"),
    "long number": constraint("9" * 400 + " / 3 > 1"),
    "longer number": constraint("9" * 5000 + " > 1"),
    "call": constraint("__import__('os').system('id')"),
    "attribute": constraint("().__class__ == 1"),
    "named value": constraint("(x := 1) == 1"),
    "function": constraint("(lambda: 1)() == 1"),
    "power": constraint("9 ** 9 ** 9 == 1"),
    "shift": constraint("1 << 99999999999 == 1"),
    "comprehension": constraint("[x for x in [1]] == 1"),
    "empty constraint": constraint(""),
    "formatted text": constraint("f'{1}' == 1"),
    "product": constraint("*".join(["9" * 4000] * 8) + " > 1"),
    "bytes": constraint("b'a' == 1"),
    "ellipsis": constraint("... == 1"),
    "complex number": constraint("1j == 1"),
    "division by zero": constraint("clock_mhz / 0 > 1"),
    "two lines": constraint("1 ==\n1"),
    "tag": HEADER + "x: !!python/object/apply:os.system [id]\n",
    "binary": HEADER + "grid: {clock_mhz: [!!binary aGk=]}\n",
    "set": HEADER + "grid: {clock_mhz: [!!set {a}]}\n",
    "reference to itself": HEADER + "grid: &g {clock_mhz: *g}\n",
    "merge": HEADER + "<<: {a: 1}\n",
    "no number": span("from: .nan, to: .nan, steps: 3"),
    "infinite": span("from: 1, to: .inf, steps: 3"),
    "beyond whole numbers": span("from: 1, to: " + "9" * 400 + ", steps: 3"),
    "too wide": span("from: -1.0e308, to: 1.0e308, steps: 3"),
    "too wide in logarithms": span("from: 1.0e-300, to: 1.0e300, steps: 3, scale: log"),
    "steps below 0": span("from: 1, to: 5, steps: -3"),
    "nothing for steps": span("from: 1, to: 5, steps: null"),
    "flag for steps": span("from: 1, to: 5, steps: true"),
    "list for a scale": span("from: 1, to: 5, steps: 3, scale: [log]"),
    "seconds of a text": HEADER + GRID + "limits: {seconds: .inf}\n",
    "few seconds": HEADER + GRID + "limits: {seconds: 1.0e-9}\n",
    "many seconds": HEADER + GRID + "limits: {seconds: 1.0e+300}\n",
    "much memory": HEADER + GRID + "limits: {memory_mib: 9999999999999999999}\n",
    "many cycles": HEADER + GRID + "limits: {cycles: 99999999999999999999999}\n",
    "other bytes": b"machines: [\xff]\n",
    "UTF-16": HEADER.encode("utf-16"),
    "NUL": HEADER + '"a\\u0000": 1\n',
    "raw NUL": HEADER + "a: \0\n",
    "escape sequence": HEADER + '"\x1b[31m": 1\n',
    "tab": HEADER + "grid:\n\tclock_mhz: [1]\n",
    "two of a name": "machines: [optimus, optimus]\nworkloads: [tiny]\n",
    "many of a name": "machines: [" + "optimus, " * 40_000 + "]\nworkloads: [tiny]\n",
    "nothing": "",
    "comments": "# machines\n",
    "list": "- 1\n",
    "texts for columns": HEADER + GRID + "columns: {a: 1}\n",
    "list for set": HEADER + "set: [1]\n",
    "search of many samples": search("samples: 100000000").replace("samples: 5, ", ""),
    "search of a large population": search("population: 1000000"),
    "search of a population below 0": search("population: -1"),
    "search of a seed below 0": search("seed: -1"),
    "search among lists": search("seed: 1").replace("[1, 2]", "[[1], [2]]"),
    "search of no multiple": search("seed: 1").replace("[1, 2]", "{from: 5, to: 6, multiple_of: 10}"),
    "search beyond exact numbers": search("seed: 1").replace("[1, 2]", "{from: 1, to: 18446744073709551615}"),
    "nothing for samples": search("samples: null").replace("samples: 5, ", ""),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With the files that the cases name."""
    made = tmp_path_factory.mktemp("hostile")
    for name, text in FILES.items():
        (made / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with open(made / "huge.bin", "wb") as file:
        file.truncate(6 << 30)
    return made


def outcomes(texts, folder):
    """What becomes of each sweep file, in its order."""
    names = []
    for number, text in enumerate(texts):
        names.append(folder / f"sweep-{number}.yaml")
        names[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
    reader = [sys.executable, Path(__file__).with_name("read_sweeps.py"), PROGRAM]
    asked = "".join(f"{name}\n" for name in names)
    done = subprocess.run(reader, input=asked, capture_output=True, text=True, cwd=ROOT)
    answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert len(answers) == len(texts), (texts[len(answers)][:500], done.stderr[-1000:])
    assert done.stderr == ""
    return answers


def test_hostile_sweep_files_are_refused_at_once_with_one_line(folder):
    for (name, text), answer in zip(REFUSED.items(), outcomes(REFUSED.values(), folder)):
        assert answer.get("code") in (2, 3), (name, answer)
        assert "\n" not in answer["message"], name
        assert answer["seconds"] < 2, (name, answer)


def test_tables_that_refer_to_each_other_are_read_once(folder):
    assert outcomes([ON_FILE % "self.yaml"], folder)[0]["points"] == 1


@pytest.mark.parametrize("name", ["references", "steps", "repeated text", "brackets", "6 GB file", "nothing"])
def test_command_ends_in_one_line(name, folder):
    sweep = folder / "command.yaml"
    sweep.write_bytes(REFUSED[name].encode())
    words = [sys.executable, ROOT / "scripts/sweep.py", sweep, "-o", folder / "out", "--lockstep", PROGRAM]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode in (2, 3)
    assert done.stdout == "" and done.stderr.count("\n") == 1 and done.stderr.startswith("sweep.py: error: ")
    assert not (folder / "out").exists()


def test_damaged_sweep_files_are_read_or_refused(folder):
    drawn = random.Random(20)
    files = [path.read_text("utf-8") for path in sorted((ROOT / "scripts/sweeps").glob("*.yaml"))]
    texts = [damaged(drawn, drawn.choice(files)) for _ in range(MUTATIONS)]
    answers = outcomes(texts, folder)
    for text, answer in zip(texts, answers):
        assert "points" in answer or answer["code"] in (2, 3), text
    refused = sum("code" in answer for answer in answers)
    assert 0.2 * len(texts) < refused < 0.9 * len(texts)


def test_damaged_recipes_of_figures_are_read_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "RECIPES", tmp_path)
    drawn = random.Random(21)
    files = [path.read_text("utf-8") for path in sorted((ROOT / "scripts/figures").glob("*.yaml"))]
    refused = 0
    for _ in range(MUTATIONS):
        text = damaged(drawn, drawn.choice(files))
        (tmp_path / "study.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            assert all(entry.words("folder") for entry in gallery.entries("study"))
        except PlotError as error:
            assert error.exit_code in (2, 3)
            refused += 1
    assert 0.2 * MUTATIONS < refused < 0.9 * MUTATIONS


def test_random_constraints_are_evaluated_or_refused_with_one_line():
    drawn = random.Random(22)
    words = ["a", "b.c", "1", "2.5", "'x'", "[1, 2]", "true", "(", ")", "+", "-", "*", "/", "//", "%", "==", "<", "in", "and", "or", "not"]
    words += [",", "**", "if", "else", ":", "=", "\\", "\n", "{", "}", "é", "0x10", "1_0", "1e999", "lambda", "@", "..", "a.", "None", "is"]
    values = {"a": 3, "b.c": "x"}
    held = 0
    for _ in range(MUTATIONS * 20):
        few = words[:21] if drawn.random() < 0.7 else words
        text = " ".join(drawn.choice(few) for _ in range(drawn.randrange(1, 8)))
        try:
            Constraint(text).holds(values)
            held += 1
        except SweepError as error:
            assert str(error).startswith("constraint '")
        except KeyError as error:
            assert error.args[0] not in values  # a name that is no key here; a sweep refuses it before
    assert held > MUTATIONS
