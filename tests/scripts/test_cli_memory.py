"""Work is refused before it takes more memory than it may; estimates are neither too low nor far too high."""

import json
import os
import random
import re
import struct
import subprocess
import sys
import time

import pytest

from lockstep_program import PROGRAM, ROOT, error_of, lockstep, run_ok
from tensor_file_mutations import assemble, parse, write

EXTENDED = os.environ.get("LOCKSTEP_EXTENDED") == "true"
TRACE = (ROOT / "workloads/traces/tiny.safetensors").read_bytes()


# Its own parent: a process is born with the resident set of the one that made it, and this one's is large.
WATCH = """import os, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))"""


def peak_of(tmp_path, *args):
    """Largest resident set of a run, in bytes."""
    words = [str(PROGRAM), "run", *args, "-o", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-S", "-c", WATCH, *words], cwd=ROOT, capture_output=True, check=True)
    return int(done.stdout.split()[-1]) * 1024


RUNS = [
    ("optimus", "tiny"),
    ("optimus", "translation-quick"),
    ("optimus-without-skip", "translation-quick"),
    ("optimus", "transformer-base", "--set", "workload.sentences.count=2"),
    ("poetbin", "digits"),
    ("poetbin-fabric", "digits"),
    ("poetbin", "fashion-mnist"),
    ("poetbin", "digits", "--set", "workload.stimulus=random", "--set", "workload.samples.count=2000000"),
]


def expect_estimate_near(peak, args):
    """Neither below what a run takes nor far above."""
    below = lockstep("check", *args, "--memory-limit", peak - 1)
    assert below.returncode == 4, (peak, below.stderr)
    run_ok("check", *args, "--memory-limit", 3 * peak + 16 * 2**20)


@pytest.mark.parametrize("args", RUNS, ids=lambda args: " ".join(args[:2]) + f" {len(args)}")
def test_a_run_stays_within_its_estimate(tmp_path, args):
    expect_estimate_near(peak_of(tmp_path, *args), args)


def random_machine(rng):
    """A large or small array, in every format, with matrices from 128 x 128 to 8,000 x 640 weights."""
    mark = rng.choice(["delta", "pointer", "column_length"])
    array = {
        "macs": rng.choice([16, 64, 256, 1024, 4096]),
        "accumulators_per_mac": rng.choice([1, 2, 4, 16, 64, 512]),
        "accumulators": rng.choice(["private", "shared"]),
        "tile_rows": rng.choice(["auto", "auto", "largest", 1, 3]),
        "sparse.ways": rng.choice([1, 2, 4, 8]),
        "sparse.way_choice": rng.choice(["offline", "runtime"]),
        "sparse.column_mark": mark,
        "sparse.delta_bits": rng.choice([1, 2, 4, 8]) if mark == "delta" else "",
    }
    model = {
        "d_model": 64 * rng.randint(2, 10),
        "d_ff": rng.choice([256, 512, 1000, 2048]),
        "heads": 2,
        "vocabulary": rng.choice([0, 1000, 8000]),
        "encoder_layers": rng.randint(1, 2),
        "decoder_layers": rng.randint(1, 2),
        "mask.density": rng.choice([0.05, 0.1, 0.25, 0.5, 0.9]),
    }
    keys = {f"optimus.mac_array.{k}": v for k, v in array.items()} | {f"workload.{k}": v for k, v in model.items()}
    return ["optimus", "transformer-base"] + [word for k, v in keys.items() for word in ("--set", f"{k}={v}")]


@pytest.mark.parametrize("seed", range(80 if EXTENDED else 6))
def test_a_random_machine_stays_within_its_estimate(tmp_path, seed):
    rng = random.Random(seed)
    while True:
        args = random_machine(rng)
        if lockstep("check", *args).returncode == 0:  # else the formats do not go together
            return expect_estimate_near(peak_of(tmp_path, *args), args)


def longest_trace(tokens):
    """A trace whose one sentence has so many source tokens: its positions are as many."""
    length = int.from_bytes(TRACE[:8], "little")
    header, data = parse(TRACE[8 : 8 + length]), TRACE[8 + length :]
    tensors = {name: (dict(entry)["dtype"], dict(entry)["shape"]) for name, entry in header if name != "__metadata__"}
    content = {name: data[slice(*dict(entry)["data_offsets"])] for name, entry in header if name != "__metadata__"}
    metadata = dict(next(value for name, value in header if name == "__metadata__"))
    graph = json.loads(metadata["graph"])
    graph["model"]["max_tokens"] = tokens
    for operator in graph["operators"]:
        if operator["kind"] == "embedding":
            shape = [tokens, graph["model"]["d_model"]]
            tensors[operator["positions"]] = ("I8", shape)
            content[operator["positions"]] = bytes(shape[0] * shape[1])
    metadata |= {"graph": json.dumps(graph), "reference": '{"sentences":1,"points":[]}'}
    ragged = {"source": tokens, "target": 1}
    for side, count in ragged.items():
        tensors[f"reference.{side}_tokens"] = ("I32", [count])
        content[f"reference.{side}_tokens"] = struct.pack("<i", 4) * count
        tensors[f"reference.{side}_offsets"] = ("I32", [2])
        content[f"reference.{side}_offsets"] = struct.pack("<2i", 0, count)
    kept = [n for n in tensors if not n.startswith(("reference.point", "text."))]
    sizes = {"I32": 4, "U16": 2, "I8": 1, "U8": 1}
    ordered = sorted(kept, key=lambda n: (-sizes[tensors[n][0]], n))
    entries, end = {"__metadata__": metadata}, 0
    for name in ordered:
        begin, end = end, end + len(content[name])
        entries[name] = {"dtype": tensors[name][0], "shape": tensors[name][1], "data_offsets": [begin, end]}
    return assemble(json.dumps(entries).encode(), b"".join(content[name] for name in ordered))


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_small_trace_cannot_ask_for_gigabytes(tmp_path, command):
    (tmp_path / "long.safetensors").write_bytes(longest_trace(65536))
    (tmp_path / "long.yaml").write_text("kind: trace\ntrace: long.safetensors\n")
    message = error_of(command, ROOT / "arch-configs/optimus.yaml", "long.yaml", "--memory-limit", "2G", code=4, cwd=tmp_path)
    assert re.search(r"^long.yaml: needs about [0-9.]+ GiB of memory, most of it \([0-9.]+ GiB\) for operator "
                     r"'encoder.layers.0.self_attn.(scores|softmax)': 2 heads x 65536 tokens x 65536 keys; "
                     r"the limit is 2.0 GiB, given with --memory-limit$", message)  # fmt: skip
    assert [f.name for f in sorted(tmp_path.iterdir())] == ["long.safetensors", "long.yaml"]


# 4.2 billion weights: their masks take many seconds to draw.
LARGE = [word for key in ("d_model=8192", "d_ff=24576", "encoder_layers=3", "decoder_layers=2")
         for word in ("--set", f"workload.{key}")]  # fmt: skip


@pytest.mark.parametrize("limit", ["", "4G", "6G"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_large_model_is_refused_before_its_masks_are_drawn(tmp_path, command, limit):
    words = [command, "optimus", "transformer-base", *LARGE, *(["--memory-limit", limit] if limit else [])]
    out = ["-o", str(tmp_path / "out")] if command == "run" else []
    limited = 'ulimit -v 2000000; ulimit -t 2; exec "$@"'  # without the option the limit is what may be had
    done = subprocess.run(["bash", "-c", limited, "bash", PROGRAM, *words, *out], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 4, (done.returncode, done.stderr)
    assert re.match(r"lockstep: error: workloads/transformer-base.yaml: needs about [0-9.]+ GiB of memory", done.stderr)


def test_a_check_of_a_workload_alone_draws_no_masks():
    limited = 'ulimit -t 2; exec "$@"'
    done = subprocess.run(["bash", "-c", limited, "bash", PROGRAM, "check", "transformer-base", *LARGE, "--memory-limit", "1T"],
                          cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0 and "8192" in done.stdout, done.stderr


def test_without_an_option_the_limit_is_what_the_process_may_have(tmp_path):
    limited = ["bash", "-c", f'ulimit -v 220000; exec "{PROGRAM}" run optimus transformer-base -o "{tmp_path}/out"']
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4 and "ulimit -v" in done.stderr, done.stderr


def test_a_limit_must_be_a_size():
    assert "--memory-limit 1.5G: not a whole number of bytes with K, M, G or T" in error_of(
        "run", "optimus", "tiny", "--memory-limit", "1.5G", code=2
    )


def test_a_check_draws_no_samples():
    begun = time.monotonic()
    run_ok("check", "poetbin", "digits", "--set", "workload.stimulus=random", "--set", "workload.samples.count=16777216",
           "--memory-limit", "16G")  # fmt: skip
    assert time.monotonic() - begun < 2


def test_reading_takes_time_in_proportion_to_the_tensors(tmp_path):
    length = int.from_bytes(TRACE[:8], "little")
    metadata = parse(TRACE[8 : 8 + length])[0][1]
    entries = b",".join(
        b'"t%d":{"dtype":"I8","shape":[1],"data_offsets":[%d,%d]}' % (i, i, i + 1) for i in range(80_000)
    )
    text = b'{"__metadata__":' + write(metadata) + b"," + entries + b"}"
    (tmp_path / "many.safetensors").write_bytes(assemble(text, bytes(80_000)))
    (tmp_path / "many.yaml").write_text("kind: trace\ntrace: many.safetensors\n")
    begun = time.process_time()
    used = os.times().children_user
    error_of("check", ROOT / "arch-configs/optimus.yaml", "many.yaml", code=2, cwd=tmp_path)
    assert os.times().children_user - used < 1 and time.process_time() - begun < 5


def test_a_trace_that_shrinks_ends_in_a_message(tmp_path):
    """Whenever it happens: while it is read, or long after."""
    trace = tmp_path / "t.safetensors"
    (tmp_path / "w.yaml").write_text("kind: trace\ntrace: t.safetensors\n")
    whole = (ROOT / "workloads/traces/libreoffice-en-de.safetensors").read_bytes()
    codes = set()
    for delay in (0.0, 0.005, 0.01, 0.02, 0.05, 0.2):
        trace.write_bytes(whole)
        process = subprocess.Popen(
            [str(PROGRAM), "run", str(ROOT / "arch-configs/optimus.yaml"), "w.yaml", "-o", "out",
             "--set", "workload.sentences.count=3"],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(delay)
        os.truncate(trace, 4096)
        error = process.communicate(timeout=120)[1]
        codes.add(process.returncode)
        assert process.returncode in (0, 2, 3), error
        assert (process.returncode == 0) == (error == ""), error
        assert error.count("\n") <= 1
    assert 0 in codes  # what was read stays as it was
