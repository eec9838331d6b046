"""Text of files, names and arguments reaches the terminal as one printable line of bounded length, whatever it is."""

import json
import os
import re
import shutil
import subprocess

import pytest

from lockstep_program import PROGRAM, ROOT, lockstep
from tensor_file_mutations import assemble, parse, write

ARCH = str(ROOT / "arch-configs/optimus.yaml")
TINY = str(ROOT / "workloads/tiny.yaml")
TRACE = (ROOT / "workloads/traces/tiny.safetensors").read_bytes()
LUTS = (ROOT / "workloads/traces/tiny-luts.safetensors").read_bytes()
ENERGY = ROOT / "arch-configs/energy"
LONGEST = 2100 * 4  # bytes of a message with its prefix

# Every byte but NUL, and what a terminal or a reader of lines obeys.
BYTES = bytes(range(1, 256))
HOSTILE = {
    "bytes": BYTES,
    "escape": b"\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "lines": "a\nlockstep: error: forged\r\u0085b\u2028c\u2029d\x0b\x0c".encode(),
    "direction": "\u202eabc\u202c\u2066x\u2069".encode(),
    "c1": "\u009b31m\u0090".encode(),
    "broken": b"\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xff\xfe",
}
LONG = b"x" * 100_000  # an argument has at most 128 KiB
MEGABYTE = b"\x1b\n" * 500_000
FORBIDDEN = {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def is_printable(text):
    return not any(ord(c) in FORBIDDEN for c in text)


def run(args, cwd, **options):
    return subprocess.run(
        [os.fsencode(PROGRAM), *[os.fsencode(a) for a in args]], cwd=cwd, capture_output=True, timeout=60,
        **{"stdin": subprocess.DEVNULL, **options},
    )  # fmt: skip


def check_refusal(done, codes=(2, 3)):
    assert done.returncode in codes, (done.returncode, done.stderr[:500])
    assert done.stdout == b""
    text = done.stderr.decode("utf-8")  # strictly
    assert text.startswith("lockstep: error: ") and text.endswith("\n")
    assert len(done.stderr) <= LONGEST, len(done.stderr)
    assert is_printable(text[:-1]), text


ARGUMENTS = {
    "command": lambda t: [t],
    "option": lambda t: ["run", "optimus", "tiny", b"--" + t],
    "architecture": lambda t: ["run", t, "tiny"],
    "architecture's path": lambda t: ["run", b"./" + t, "tiny"],
    "workload": lambda t: ["run", "optimus", t],
    "workload's path": lambda t: ["run", "optimus", t + b".yaml"],
    "setting": lambda t: ["run", "optimus", "tiny", "--set", t],
    "key": lambda t: ["run", "optimus", "tiny", "--set", b"optimus." + t + b"=1"],
    "value": lambda t: ["run", "optimus", "tiny", "--set", b"optimus.mac_array.macs=" + t],
    "choice": lambda t: ["run", "optimus", "tiny", "--set", b"optimus.mac_array.sparse.format='" + t.replace(b"'", b"") + b"'"],
    "workload's key": lambda t: ["run", "optimus", "tiny", "--set", b"workload." + t + b"=1"],
    "engine": lambda t: ["run", "optimus", "tiny", "--engine", t],
    "seed": lambda t: ["run", "optimus", "tiny", "--seed", t],
    "cycles": lambda t: ["run", "optimus", "tiny", "--max-cycles", t],
    "window": lambda t: ["run", "optimus", "tiny", "--timeline", t],
    "memory": lambda t: ["run", "optimus", "tiny", "--memory-limit", t],
    "check": lambda t: ["check", t],
    "keys": lambda t: ["keys", t],
    "compare": lambda t: ["compare", b"./" + t, "b"],
    "rtl": lambda t: ["rtl", b"./" + t, "tiny", "-o", "x"],
}


@pytest.mark.parametrize("place", ARGUMENTS)
def test_arguments(tmp_path, place):
    for text in [*HOSTILE.values(), LONG]:
        check_refusal(run(ARGUMENTS[place](text), tmp_path))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for text in HOSTILE.values():
        name = text.replace(b"/", b"")[:200]
        check_refusal(run(["run", ARCH, TINY, "-o", b"file/" + name], tmp_path))


def workload_files(text):
    quoted = json.dumps(text.decode("latin-1")).encode()
    raw = text.replace(b"\x00", b"")
    yield b"kind: trace\ntrace: " + quoted + b"\n"
    yield b"kind: " + quoted + b"\n"
    yield b"kind: trace\n" + quoted + b": 1\n"
    yield b"kind: trace\ntrace: t\nsentences: {first: " + quoted + b"}\n"
    yield b"kind: luts\nprogram: " + quoted + b"\n"
    yield b"kind: matrices\nmatrices:\n  - {rows: 2, columns: 2, density: 1, name: " + quoted + b"}\n"
    yield b"kind: trace\ntrace: " + raw + b"\n"
    yield raw
    yield b"%" + raw


@pytest.mark.parametrize("name", [*HOSTILE, "megabyte", "nul"])
def test_workload_files(tmp_path, name):
    text = {"megabyte": MEGABYTE[:400_000], "nul": b"a\0b"}.get(name) or HOSTILE[name]
    for content in workload_files(text):
        (tmp_path / "w.yaml").write_bytes(content)
        check_refusal(run(["run", ARCH, "w.yaml"], tmp_path))


def test_architecture_files(tmp_path):
    head = f"clock_mhz: 200\nenergy_tables: [{ENERGY}/28nm.yaml]\n".encode()
    for text in [*HOSTILE.values(), MEGABYTE[:300_000]]:
        quoted = json.dumps(text.decode("latin-1")).encode()
        for content in (
            b"accelerator: " + quoted + b"\n" + head,
            b"accelerator: optimus\n" + head + quoted + b": 1\n",
            b"accelerator: optimus\n" + head + b"optimus: {mac_array: {macs: " + quoted + b"}}\n",
            b"accelerator: optimus\nclock_mhz: 200\nenergy_tables: [" + quoted + b"]\n",
        ):
            (tmp_path / "a.yaml").write_bytes(content)
            check_refusal(run(["run", "a.yaml", TINY], tmp_path))


@pytest.mark.parametrize("key", ["source", "unit", "event"])
def test_texts_of_prices(tmp_path, key):
    """They stand in energy.csv, area.csv and on the pages of reports."""
    shutil.copytree(ENERGY, tmp_path / "energy")
    table = tmp_path / "energy/28nm.yaml"
    plain = table.read_text()
    (tmp_path / "a.yaml").write_text("accelerator: optimus\nclock_mhz: 200\nenergy_tables: [energy/28nm.yaml]\n")
    for text in HOSTILE.values():
        quoted = json.dumps(text.decode("latin-1"))
        table.write_text(re.sub(rf"\b{key}: (\"[^\"]*\"|[^,}}\n]*)", lambda _: f"{key}: {quoted}", plain, count=1))
        check_refusal(run(["check", "a.yaml"], tmp_path))


def test_file_names(tmp_path):
    for text in HOSTILE.values():
        name = text.replace(b"/", b"")[:120] + b".yaml"
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb") as file:
            file.write(b"kind: trace\ntrace: t.safetensors\n")
        check_refusal(run(["run", ARCH, b"./" + name], tmp_path))
        with open(path, "wb") as file:
            file.write(b"kind: trace\nno_such_key: 1\n")
        check_refusal(run(["run", ARCH, b"./" + name], tmp_path))


def parts(original):
    length = int.from_bytes(original[:8], "little")
    return parse(original[8 : 8 + length]), original[8 + length :]


def header_with(original, change):
    header, data = parts(original)
    change(header)
    return assemble(write(header), data)


def text_with(original, key, change):
    def in_metadata(header):
        pair = next(p for p in header[0][1] if p[0] == key)
        root = parse(pair[1])
        change(root)
        pair[1] = write(root).decode()

    return header_with(original, in_metadata)


def replace_value(root, key, text):
    """In the first object, however deep, that has the key."""
    if isinstance(root, list):
        for item in root:
            if isinstance(item, list) and len(item) == 2 and item[0] == key:
                item[1] = text
                return True
            if replace_value(item, key, text):
                return True
    return False


FILES = {
    "tensor name": lambda t: header_with(TRACE, lambda h: h[1].__setitem__(0, t)),
    "dtype": lambda t: header_with(TRACE, lambda h: replace_value(h[1], "dtype", t)),
    "entry's key": lambda t: header_with(TRACE, lambda h: h[1][1][0].__setitem__(0, t)),
    "twice": lambda t: header_with(TRACE, lambda h: h.extend([[t, 1], [t, 1]])),
    "metadata key": lambda t: header_with(TRACE, lambda h: h[0][1].append([t, "x"])),
    "schema": lambda t: header_with(TRACE, lambda h: replace_value(h[0][1], "schema", t)),
    "model": lambda t: text_with(TRACE, "graph", lambda g: replace_value(g, "name", t)),
    "operator": lambda t: text_with(TRACE, "graph", lambda g: replace_value(dict(g)["operators"][0], "name", t)),
    "kind": lambda t: text_with(TRACE, "graph", lambda g: replace_value(dict(g)["operators"][0], "kind", t)),
    "phase": lambda t: text_with(TRACE, "graph", lambda g: replace_value(dict(g)["operators"][0], "phase", t)),
    "input": lambda t: text_with(TRACE, "graph", lambda g: replace_value(dict(g)["operators"][1], "inputs", [t])),
    "tensor": lambda t: text_with(TRACE, "graph", lambda g: replace_value(dict(g)["operators"][1], "weight", t)),
    "mask": lambda t: text_with(TRACE, "graph", lambda g: replace_value(dict(g)["operators"][1], "mask", t)),
    "field": lambda t: text_with(TRACE, "graph", lambda g: dict(g)["operators"][1].append([t, 1])),
    "point": lambda t: text_with(TRACE, "reference", lambda r: replace_value(dict(r)["points"][0], "operator", t)),
    "point's tensor": lambda t: text_with(TRACE, "reference", lambda r: replace_value(dict(r)["points"][0], "tensor", t)),
    "origin's key": lambda t: text_with(TRACE, "origin", lambda o: o.append([t, "x"])),
    "level": lambda t: text_with(LUTS, "program", lambda p: replace_value(dict(p)["levels"][0], "name", t)),
    "label": lambda t: text_with(LUTS, "program", lambda p: replace_value(dict(p)["levels"][0], "labels", [t])),
    "program": lambda t: text_with(LUTS, "program", lambda p: replace_value(p, "name", t)),
    "program's field": lambda t: text_with(LUTS, "program", lambda p: p.append([t, 1])),
}


@pytest.mark.parametrize("place", FILES)
def test_traces_and_programs(tmp_path, place):
    luts = place in ("level", "label", "program", "program's field")
    kind = "kind: luts\nprogram: t.safetensors\n" if luts else "kind: trace\ntrace: t.safetensors\n"
    (tmp_path / "w.yaml").write_text(kind)
    for text in [*HOSTILE.values(), b"a\0b", b"'\"\\", MEGABYTE[:300_000]]:
        (tmp_path / "t.safetensors").write_bytes(FILES[place](text.decode("latin-1")))
        done = run(["check", "w.yaml"], tmp_path)
        if done.returncode == 0:  # a name may hold every printable character
            assert place in ("model", "program") and text.isascii() and text.decode().isprintable()
        else:
            check_refusal(done)


def with_origin(original, text):
    def change(origin):
        for pair in origin:
            pair[1] = text

    return text_with(original, "origin", change)


@pytest.mark.parametrize(("original", "arch", "kind"), [(TRACE, "optimus", "trace"), (LUTS, "poetbin-tiny", "luts")])
def test_texts_of_the_origin_are_shown_on_one_line_and_kept_in_the_result(tmp_path, original, arch, kind):
    arch = ROOT / f"arch-configs/{arch}.yaml"
    field = "program" if kind == "luts" else "trace"
    (tmp_path / "w.yaml").write_text(f"kind: {kind}\n{field}: t.safetensors\n")
    plain = run(["run", arch, "w.yaml"], tmp_path) if (tmp_path / "t.safetensors").write_bytes(original) else None
    for number, text in enumerate(["\x1b[2J\nforged\u2028\u202ex\x00", "".join(map(chr, range(0x3000))), "x\n" * 500_000]):
        (tmp_path / "t.safetensors").write_bytes(with_origin(original, text))
        done = run(["run", arch, "w.yaml", "-o", f"out{number}"], tmp_path)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.decode().split("\n")
        assert all(map(is_printable, lines)) and max(map(len, lines)) < 1200
        assert len(lines) == len(plain.stdout.decode().split("\n"))
        summary = json.loads((tmp_path / f"out{number}/summary.json").read_text())
        assert text in json.dumps(summary, ensure_ascii=False) or json.dumps(text)[1:-1] in json.dumps(summary)
        checked = run(["check", "w.yaml"], tmp_path)
        assert checked.stdout.count(b"\n") == 1 and is_printable(checked.stdout.decode()[:-1])


def test_lists_of_presets(tmp_path):
    folder = tmp_path / "workloads"
    folder.mkdir()
    for number, text in enumerate(HOSTILE.values()):
        name = text.replace(b"/", b"").replace(b"\n", b"")[:100] + b".yaml"
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(b"# " + text.replace(b"\n", b" ") + b"\nkind: trace\n")
    done = run(["list"], tmp_path)
    assert done.returncode == 0
    lines = done.stdout.decode().split("\n")
    assert all(map(is_printable, lines))
    check_refusal(run(["run", "optimus", "no such preset"], tmp_path))


def test_answers_of_a_batch(tmp_path):
    lines = [b"[" + BYTES.replace(b"\n", b""), b'["run", "a\\u001b[2J", "b"]', b'["x\\u2028"]', b"\xff", MEGABYTE.replace(b"\n", b"")]
    done = run(["batch"], tmp_path, stdin=None, input=b"\n".join(lines) + b"\n")
    answers = done.stdout.decode().splitlines()
    assert len(answers) == len(lines)
    for answer in map(json.loads, answers):
        assert answer["code"] == 2 and is_printable(answer["message"]) and len(answer["message"]) <= 2000


@pytest.mark.parametrize(("args", "code"), [(["run", "optimus", "tny"], 2), (["run", "./no.yaml", "tiny"], 3),
                                            (["--frobnicate"], 2)])  # fmt: skip
def test_a_message_that_cannot_be_written_keeps_its_exit_code(tmp_path, args, code):
    with open("/dev/full", "w") as full:
        assert subprocess.run([PROGRAM, *args], stderr=full, cwd=ROOT).returncode == code
    read, write_end = os.pipe()
    os.close(read)
    assert subprocess.run([PROGRAM, *args], stderr=write_end, cwd=ROOT).returncode == code
    os.close(write_end)
    for closed in ("2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
        assert subprocess.run(["bash", "-c", f'exec "$@" {closed}', "bash", PROGRAM, *args], cwd=ROOT).returncode == code


@pytest.mark.parametrize("args", [["list"], ["--help"], ["--version"], ["keys"], ["run", "optimus-tiny", "tiny", "-o", "OUT"]])
def test_an_answer_that_cannot_be_written_ends_with_3(tmp_path, args):
    args = [str(tmp_path / "out") if word == "OUT" else word for word in args]
    read, pipe = os.pipe()
    os.close(read)
    with open("/dev/full", "w") as full:
        for stream in (full, pipe):
            done = subprocess.run([PROGRAM, *args], stdout=stream, stderr=subprocess.PIPE, text=True, cwd=ROOT)
            assert done.returncode == 3
            assert done.stderr == "lockstep: error: standard output cannot be written\n"
    os.close(pipe)
    done = subprocess.run(["bash", "-c", 'exec "$@" >&- 2>&-', "bash", PROGRAM, *args], cwd=ROOT)
    assert done.returncode == 3
    if "-o" in args:
        files = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
        assert "summary.json" in files and not any(b"lockstep: error" in content for content in files.values())


def test_lockstep_itself_says_nothing_that_is_not_printable():
    for args in (["list"], ["keys"], ["metrics"], ["--help"], ["run", "--help"]):
        assert all(map(is_printable, lockstep(*args).stdout.split("\n")))
