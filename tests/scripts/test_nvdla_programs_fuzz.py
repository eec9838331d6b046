"""No register program ends in a crash, a hang or much memory: mutated ones are computed or refused in one printable line.

fuzz_seconds.py says how long each kind of file is tried.
"""

import random
import resource
import shutil
import subprocess
import time

import pytest

from fuzz_seconds import SECONDS
from lockstep_program import PROGRAM, ROOT
from nvdla_random import Program
from scripts.base.printable import printable
from test_nvdla_programs import transactions

SLOWEST = 20  # seconds for one small program
MEMORY = 1 << 30  # bytes of addresses that a run may take
WORDS = {
    ".cfg": ["reg_write(", "mem_init(", "mem_load(", "check_crc(", "intr_notify(SDP_0, e);", "sync_wait(NVDLA_SDP, e);", "poll_reg_equal(",
             "0xffffffff", "0x1fff1fff", "4294967296", "-1", "0x", '"', '"../x"', ";", "(", ")", ",", "//", "NVDLA_", "NVDLA_SDP.", "_0",
             "ALL_ZERO", "RANDOM", "ADDR", "\x1b[31m", "\u00e9", "\0", "9" * 4000, "D_OP_ENABLE_0", "S_POINTER_0, 1", "event_0"],
    ".txn": ["load_mem", "write_reg", "read_reg", "wait", "dump_mem", "#NVDLA_SDP.D_OP_ENABLE_0", "#", "0xffffffff", "\x1b[2J", "\0", "9" * 4000,
             "../x", "golden.dat", "0x1fff1fff"],
    ".dat": ["{", "}", "offset:", "size:", "payload:", "0x", "0xfff", ",", "#", "offset:0xffffffffffffffff", "size:4096", "size:99999999999",
             "\x1b]0;x\x07", "\0", "0x00 " * 3000],
}  # fmt: skip


def mutated(text, words, draw):
    for _ in range(draw.choice([1, 1, 2, 4])):
        at = draw.randrange(len(text) + 1)
        end = at + draw.choice([1, 1, 2, 5, 40])
        way = draw.randrange(6)
        if way == 0:
            text = text[:at] + chr(draw.randrange(256)) + text[end:]
        elif way == 1:
            text = text[:at] + text[end:]
        elif way == 2:
            text = text[:at] + draw.choice(words) + text[end if draw.random() < 0.5 else at :]
        elif way == 3:  # repeat
            text = text[:end] + text[at:]
        elif way == 4:  # exchange two lines
            lines = text.split("\n")
            i, j = draw.randrange(len(lines)), draw.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
            text = "\n".join(lines)
        else:  # another digit
            digits = [i for i, c in enumerate(text) if c.isdigit()]
            at = draw.choice(digits) if digits else 0
            text = text[:at] + draw.choice("0123456789abcdef") + text[at + 1 :]
    return text if draw.random() > 0.05 else text[: draw.randrange(len(text) + 1)]


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def end_of(path):
    """Exit code and message of a check; a line that a terminal may be shown."""
    begin = time.monotonic()
    done = subprocess.run([PROGRAM, "check", path, "--memory-limit", "512M"], capture_output=True, timeout=120, preexec_fn=limited)
    assert time.monotonic() - begin < SLOWEST, path
    assert done.returncode in (0, 1, 2, 3, 4), (done.returncode, done.stderr)
    message = done.stderr.decode()
    assert message.count("\n") == (1 if done.returncode else 0)
    assert printable(message.rstrip("\n"), None) == message.rstrip("\n")
    assert "internal check" not in message, message
    return done.returncode


def seeds(folder):
    """Workload file, and the file beside it that is mutated."""
    for seed in range(12):
        beside = folder / f"s{seed}"
        beside.mkdir()
        path = Program(seed).write_to(beside)
        yield ".cfg", path, beside / "program.cfg"
        yield ".dat", path, sorted(beside.glob("*.dat"))[0]
    older = folder / "older"
    shutil.copytree(ROOT / "tests/nvdla", older)
    path = transactions(older)
    yield ".txn", path, older / "input.txn"


@pytest.mark.parametrize("suffix", WORDS)
def test_mutated_programs_end_in_one_line(tmp_path, suffix, record_property):
    draw, outcomes = random.Random(7), {}
    all_seeds = [(path, file, file.read_bytes().decode("latin-1")) for kind, path, file in seeds(tmp_path) if kind == suffix]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        path, file, text = draw.choice(all_seeds)
        file.write_text(mutated(text, WORDS[suffix], draw), "latin-1")
        code = end_of(path)
        outcomes[code] = outcomes.get(code, 0) + 1
        file.write_text(text, "latin-1")
    record_property("outcomes", str(outcomes))
    assert outcomes.get(2, 0) > 5, outcomes
