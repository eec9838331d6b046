"""The readers in Python and in C++ give every file the same verdict: traces and LUT programs, right and wrong."""

import os
import subprocess

import pytest
from broken_networks import RULES, broken
from lockstep_program import PROGRAM, ROOT
from plain_networks import NETWORKS
from random_networks import random_network
from tensor_file_mutations import FILLINGS, TOKENS, Mutator, assemble, parse, write

from scripts.export import lut_file, safetensors
from scripts.export.errors import TraceError
from scripts.export.trace import metadata_of, trace_of

VERDICTS = PROGRAM.parents[2] / "tests/readers/trace_verdicts"
TRACE = (ROOT / "workloads/traces/tiny.safetensors").read_bytes()
LUTS = (ROOT / "workloads/traces/tiny-luts.safetensors").read_bytes()
EXTENDED = os.environ.get("LOCKSTEP_EXTENDED") == "true"
MUTATED = 20_000 if EXTENDED else 800


def python_verdict(file):
    try:
        metadata, tensors = safetensors.parse(file, "file")
        if metadata.get("schema") == lut_file.SCHEMA:
            lut_file.program_of(metadata, tensors, "file")
        else:
            trace_of(metadata, tensors, "file")
    except TraceError as error:
        return str(error)
    return "right"


def program_verdicts(files):
    packed = b"".join(len(file).to_bytes(8, "little") + file for file in files)
    done = subprocess.run([str(VERDICTS)], input=packed, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(files)
    return lines


def same_verdicts(files):
    """Whether each file is right, when the readers agree in all."""
    pairs = list(zip(map(python_verdict, files), program_verdicts(files), strict=True))
    split = [f"{i}: {p} / {c}" for i, (p, c) in enumerate(pairs) if (p == "right") != (c == "right")]
    assert not split, "\n".join([f"{len(split)} of {len(files)} differ: number: Python / C++", *split[:20]])
    return [python == "right" for python, _ in pairs]


def parts(original):
    length = int.from_bytes(original[:8], "little")
    return parse(original[8 : 8 + length]), original[8 + length :]


def test_the_files_of_the_repository_are_right():
    files = [path.read_bytes() for path in sorted((ROOT / "workloads/traces").glob("*.safetensors"))]
    assert same_verdicts(files) == [True] * len(files)


@pytest.mark.parametrize("original", [TRACE, LUTS], ids=["trace", "luts"])
def test_only_spaces_may_follow_the_header(original):
    header, data = parts(original)
    text = write(header)
    assert same_verdicts([assemble(text, data)]) == [True]
    tails = [tail + b"{not json" for tail in FILLINGS] + FILLINGS + [b"\0" + b" " * 63, b" \n", b" \0 "]
    files = [assemble(text, data, filling) for filling in FILLINGS] + [assemble(text + tail, data) for tail in tails]
    assert not any(same_verdicts([f for f in files if f != original]))


@pytest.mark.parametrize("original", [TRACE, LUTS], ids=["trace", "luts"])
def test_entries_stand_in_the_order_of_their_data(original):
    header, data = parts(original)
    swapped = header[:1] + header[2:3] + header[1:2] + header[3:]
    last = header[1:] + header[:1]
    files = [assemble(write(type(header)(order)), data) for order in (header[::-1], swapped, last)]
    assert same_verdicts(files) == [False, False, True]


@pytest.mark.parametrize("original", [TRACE, LUTS], ids=["trace", "luts"])
def test_every_token_in_place_of_every_value_of_an_entry(original):
    header, data = parts(original)
    files = []
    for token in TOKENS:
        for place in (lambda e, t: e[0].__setitem__(1, t), lambda e, t: e[1].__setitem__(1, t),
                      lambda e, t: e[1][1].__setitem__(0, t), lambda e, t: e[2][1].__setitem__(0, t),
                      lambda e, t: e[2].__setitem__(1, t), lambda e, t: e[0].__setitem__(0, t)):  # fmt: skip
            changed, _ = parts(original)
            place(changed[1][1], token)
            files.append(assemble(write(changed), data))
    right = same_verdicts(files)
    assert not all(right)


def with_text(original, key, change):
    """The file with one of the metadata's JSON texts changed, as text."""
    header, data = parts(original)
    pair = next(p for p in header[0][1] if p[0] == key)
    pair[1] = change(pair[1])
    return assemble(write(header), data)


@pytest.mark.parametrize(("original", "key"), [(TRACE, "graph"), (TRACE, "reference"), (TRACE, "origin"),
                                               (LUTS, "program"), (LUTS, "origin")])  # fmt: skip
def test_texts_of_the_metadata_are_read_alike(original, key):
    right = [lambda t: f" \n\t\r{t}\r\n ", lambda t: t.replace(":", " : "), lambda t: "{" + t[1:]]
    wrong = [
        lambda t: "\ufeff" + t, lambda t: t + "\0", lambda t: t + "\0}", lambda t: "\0" + t, lambda t: t[:-1],
        lambda t: t + "{}", lambda t: t[:-1] + ",}", lambda t: "[" + t + "]", lambda t: t + "\x0c", lambda t: "",
        lambda t: "\u00a0" + t, lambda t: t[:-1] + ',"x":NaN}', lambda t: t[:-1] + "," + t[1:], lambda t: "null",
    ]  # fmt: skip
    verdicts = same_verdicts([with_text(original, key, change) for change in right + wrong])
    assert verdicts == [True] * len(right) + [False] * len(wrong)


@pytest.mark.parametrize(("key", "name"), [("graph", "name"), ("reference", "operator"), ("reference", "tensor")])
def test_names_are_texts(key, name):
    def numbered(text):
        root = parse(text)
        holder = root if key == "graph" else dict((k, v) for k, v in root)["points"][0]
        next(pair for pair in holder if pair[0] == name)[1] = 5
        return write(root).decode()

    assert same_verdicts([with_text(TRACE, key, numbered)]) == [False]


def test_vectors_come_with_their_stimulus():
    def silent(text):
        root = parse(text)
        next(pair for pair in root if pair[0] == "stimulus")[1] = ""
        return write(root).decode()

    assert same_verdicts([with_text(LUTS, "program", silent)]) == [False]


def test_values_and_depth_are_bounded_alike():
    def header(inner):
        return assemble(b'{"__metadata__":{"schema":"x"},"a":' + inner + b"}", b"")

    verdicts = program_verdicts([header(b"[" * 7 + b"]" * 7), header(b"[" * 8 + b"]" * 8)])
    assert "nested" not in verdicts[0] and "nested more than 8 levels" in verdicts[1]
    many = [header(b"[" + b",".join([b"0"] * n) + b"]") for n in (999_996, 999_997)]
    for reader in (program_verdicts, lambda files: list(map(python_verdict, files))):
        below, above = reader(many)
        assert "1000000 values" not in below and "1000000 values" in above


def with_norms(copies):
    """The trace with further copies of a normalisation, which read the same tensors."""

    def repeated(text):
        graph = parse(text)
        operators = next(pair for pair in graph if pair[0] == "operators")[1]
        norm = next(o for o in operators if ["kind", "add_norm"] in o)
        names = [["name", f"copy{i}"] for i in range(copies)]
        at = operators.index(norm) + 1
        operators[at:at] = [type(norm)(name if p[0] == "name" else p for p in norm) for name in names]
        return write(graph).decode()

    return with_text(TRACE, "graph", repeated)


def test_a_tensor_is_read_at_most_64_times():
    assert same_verdicts([with_norms(63), with_norms(64)]) == [True, False]


@pytest.mark.parametrize(("original", "seed"), [(TRACE, 1), (LUTS, 2)], ids=["trace", "luts"])
def test_mutated_files(original, seed):
    mutator = Mutator(original, seed)
    right = 0
    for first in range(0, MUTATED // 2, 500):
        right += sum(same_verdicts([mutator.file() for _ in range(min(500, MUTATED // 2 - first))]))
    assert MUTATED // 40 < right < MUTATED // 2 * 0.6, right


def file_of(trace):
    return safetensors.to_bytes(metadata_of(trace), trace.tensors)


def network_file(seed):
    return file_of(random_network(seed))


def test_every_rule_of_networks_broken_once():
    plain = {name: make() for name, make in NETWORKS.items()}
    assert all(same_verdicts([file_of(trace) for trace in plain.values()]))
    verdicts = same_verdicts([file_of(broken(plain[name], change)) for name, change, _ in RULES])
    assert not any(verdicts)


def test_random_networks_are_right():
    assert all(same_verdicts([network_file(seed) for seed in range(7000, 7000 + MUTATED // 8)]))


def test_mutated_networks():
    """Of every kind; several changes of each of many."""
    each = 20
    right = 0
    for first in range(0, MUTATED // each, 25):
        seeds = range(8000 + first, 8000 + min(first + 25, MUTATED // each))
        mutators = [Mutator(network_file(seed), seed) for seed in seeds]
        right += sum(same_verdicts([mutator.file() for mutator in mutators for _ in range(each)]))
    assert MUTATED // 20 < right < MUTATED * 0.6, right
