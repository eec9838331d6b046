"""Every mistake in an input is refused with one line that names it, and with the documented exit code."""

import json
import struct

import pytest

from lockstep_program import ROOT, error_of, lockstep, run_ok

TINY = str(ROOT / "workloads/tiny.yaml")
TRACE = ROOT / "workloads/traces/tiny.safetensors"
ENERGY = ROOT / "arch-configs/energy"
HEADER = f"accelerator: optimus\nclock_mhz: 200\nenergy_tables: [{ENERGY}/28nm.yaml]\n"

COMMAND_LINES = [
    ([], "A subcommand is required"),
    (["frobnicate"], "A subcommand is required"),
    (["run", "optimus"], "WORKLOAD is required"),
    (["run", "optimus", "tiny", "--frobnicate"], "--frobnicate"),
    (["run", "optimus", "tiny", "--engine", "fast"], "fast not in {skip,tick}"),
    (["run", "optimus", "tiny", "--max-cycles", "many"], "--max-cycles: many is not a whole number"),
    (["run", "optimus", "tiny", "--seed", "-1"], "--seed: -1 is not a whole number"),
    (["run", "optimus", "tiny", "--seed", "1.0"], "--seed: 1.0 is not a whole number"),
    (["run", "optimus", "tiny", "--seed", ""], "--seed:  is not a whole number"),
    (["run", "optimus", "tiny", "--max-cycles", str(2**64)], f"{2**64} is not a whole number 0 … {2**64 - 1}"),
    (["batch", "--seconds", "0"], "--seconds: 0 is not a number 0.001 … 1e9"),
    (["batch", "--seconds", "nan"], "--seconds: nan is not a number 0.001 … 1e9"),
    (["batch", "--seconds", "1e19"], "--seconds: 1e19 is not a number 0.001 … 1e9"),
    (["batch", "--seconds", "2s"], "--seconds: 2s is not a number 0.001 … 1e9"),
    (["run", "optimus", "tiny", "--seed", "1"], "--seed 1: this workload draws nothing at random"),
    (["run", "optimus", "tiny", "--timeline", "9"], "--timeline 9: not of the form FROM:TO"),
    (["run", "optimus", "tiny", "--timeline", "9:9"], "--timeline 9:9: not of the form FROM:TO"),
    (["run", "optimus", "tiny", "--set", "macs"], "--set macs: not of the form key=value"),
    (["run", "optimus-tny", "tiny"], "no preset 'optimus-tny' in arch-configs/; did you mean 'optimus-tiny'?"),
    (["run", "optimus", "tny"], "no preset 'tny' in workloads/; did you mean 'tiny'?"),
    (["keys", "optimos"], "there is no accelerator 'optimos'; did you mean 'optimus'"),
    (["check", "optimus", "--set", "optimus.mac_aray.macs=8"], "did you mean 'optimus.mac_array'?"),
    (["check", "optimus", "--set", "optimus.mac_array.macs=0"], "--set optimus.mac_array.macs=0: "),
    (["check", "optimus", "tiny", "--set", "workload.knd=x"], "knd"),
    (["check", "optimus", "tiny", "--set", "workload.trace=&a x"], "--set workload.trace=&a x: begins with &: an anchor"),
    (["check", "optimus", "tiny", "--set", "workload.trace.x=1"], "--set workload.trace.x=1: 'trace' is a value, not a block"),
]

ARCHITECTURES = [
    ("optimus: {}\n", "accelerator: is required"),
    ("accelerator: optimos\n" + HEADER.split("\n", 1)[1], "did you mean 'optimus'"),
    (HEADER + "optimus:\n  mac_arry: {}\n", ":5: optimus.mac_arry: unknown key; did you mean 'optimus.mac_array'?"),
    (HEADER + "colour: red\n", ":4: colour: unknown key"),
    (HEADER + "clock_mhz: 100\n", ":4: key 'clock_mhz' is given twice; it stands on line 2 too"),
    (HEADER + "optimus:\n  mac_array: {macs: 0}\n", ":5: optimus.mac_array.macs: '0' is not a whole number 1 … 65536 MACs"),
    (HEADER + "optimus:\n  mac_array: {macs: many}\n", "'many' is not a whole number"),
    (HEADER + "optimus:\n  mac_array: {macs: 10}\n", "10 MACs cannot be split into sets of 8 ways"),
    (HEADER + "optimus:\n  skipping: {cross_kv_once: true}\n", "is read only when redundant_decoding is false"),
    (HEADER + "optimus:\n  mac_array: [\n", "a bracket that does not close"),
    ("", "not a map of keys to values"),
    (HEADER.replace("200", "0"), ":2: clock_mhz: '0' is not a number"),
    (HEADER.replace("28nm.yaml]", f"28nm.yaml, {ENERGY}/45nm.yaml]"), "is given twice"),
]


@pytest.mark.parametrize("args, message", COMMAND_LINES, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_mistake_on_the_command_line(args, message):
    assert message in error_of(*args, code=2)


@pytest.mark.parametrize("text, message", ARCHITECTURES, ids=[m for _, m in ARCHITECTURES])
def test_mistake_in_an_architecture(tmp_path, text, message):
    path = tmp_path / "arch.yaml"
    path.write_text(text)
    refusal = error_of("run", path, TINY, code=2)
    assert message in refusal
    assert "arch.yaml" in refusal or "28nm.yaml" in refusal or "45nm.yaml" in refusal
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text, seed", [("010", 10), ("08", 8), ("0", 0), (str(2**64 - 1), 2**64 - 1)])
def test_whole_numbers_are_decimal(tmp_path, text, seed):
    run_ok("run", "optimus-tiny", "tiny-synthetic", "--seed", text, "-o", tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text())["workload"]["seed"] == seed


def test_mixed_nodes_in_energy_tables(tmp_path):
    (tmp_path / "one.yaml").write_text(
        "voltage_v: 1\nrows:\n  - {event: add, width_bits: 8, value_pj: 1, unit: x, node_nm: 45, source: s}\n"
        "  - {event: add, width_bits: 9, value_pj: 1, unit: x, node_nm: 28, source: s}\n"
    )
    arch = tmp_path / "arch.yaml"
    arch.write_text("accelerator: optimus\nclock_mhz: 1\nenergy_tables: [one.yaml]\n")
    assert "of 28 nm, others are of 45 nm" in error_of("check", arch, code=2)
    arch.write_text(arch.read_text() + "allow_mixed_nodes: true\n")
    assert "right" in run_ok("check", arch).stdout


@pytest.mark.parametrize(
    "args, message",
    [
        (["run", "none.yaml", TINY], "none.yaml: cannot be opened: No such file or directory"),
        (["run", "arch-configs/", TINY], "arch-configs/: not a regular file"),
        (["run", "optimus", "none/workload.yaml"], "none/workload.yaml: cannot be opened"),
        (["compare", "none", "none"], "none/summary.json: cannot be opened"),
    ],
    ids=str,
)
def test_missing_file(args, message):
    assert message in error_of(*args, code=3)


def test_missing_energy_table(tmp_path):
    arch = tmp_path / "arch.yaml"
    arch.write_text("accelerator: optimus\nclock_mhz: 200\nenergy_tables: [none.yaml]\n")
    assert "none.yaml: cannot be opened" in error_of("check", arch, code=3)


def trace_workload(tmp_path, content):
    (tmp_path / "t.safetensors").write_bytes(content)
    path = tmp_path / "w.yaml"
    path.write_text("kind: trace\ntrace: t.safetensors\n")
    return path


def with_header(header):
    return struct.pack("<Q", len(header)) + header


WHOLE = TRACE.read_bytes()
TRACES = {
    "empty": b"",
    "half": WHOLE[: len(WHOLE) // 2],
    "one byte short": WHOLE[:-1],
    "one byte long": WHOLE + b"\0",
    "header longer than the file": struct.pack("<Q", 1 << 40) + WHOLE[8:],
    "header length wraps": struct.pack("<Q", (1 << 64) - 8) + WHOLE[8:],
    "header not JSON": with_header(b"{" * 64),
    "deeply nested header": with_header(b"[" * 100_000),
    "text": b"this is no trace at all, but long enough for a header length",
    "zeros": bytes(4096),
    "no metadata": with_header(b"{}".ljust(56)),
}


@pytest.mark.parametrize("name", TRACES)
def test_broken_trace(tmp_path, name):
    workload = trace_workload(tmp_path, TRACES[name])
    assert "t.safetensors" in error_of("check", "optimus-tiny", workload, code=2)


def test_flipped_header_bytes_never_crash(tmp_path):
    """Any byte of the header may be wrong: the program accepts the trace or refuses it in one line."""
    (length,) = struct.unpack("<Q", WHOLE[:8])
    for at in range(0, 8 + length, 997):
        broken = bytearray(WHOLE)
        broken[at] ^= 0x11
        workload = trace_workload(tmp_path, bytes(broken))
        done = lockstep("check", "optimus-tiny", workload)
        assert done.returncode in (0, 2), (at, done.returncode, done.stderr)


def test_missing_trace(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("kind: trace\ntrace: none.safetensors\n")
    assert "none.safetensors: cannot be opened" in error_of("check", "optimus-tiny", path, code=3)
