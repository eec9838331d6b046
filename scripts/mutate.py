#!/usr/bin/python3
"""Breaks the model on purpose, one small fault at a time, and asks whether a test notices.

    scripts/mutate.py [FOLDER ...] [--seed N] [--count N] [-o FILE] [--jobs N]

Draws faults among all places of the C++ sources in FOLDER [sim/accelerators] where an operator of a fixed list applies, puts
each into a copy of the tracked files (build/mutants/), builds the tests and runs them: those in C++,
then the numbers kept in tests/golden/. A fault that does not compile is replaced by the next one drawn. What writes RTL
(folders rtl/) is left out: tests/cosim/ judges it, which takes minutes to build. FILE [build/mutants.jsonl] gets a line for
each fault; a second call with the same seed goes on after the last one.
Exit codes: 0 every fault was noticed, 1 some were not (they are listed), 2 mistake in the command line.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.base import terminal
from scripts.base.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / "build" / "mutants"
TEST_SECONDS = 120  # a test that takes longer hangs
NOT_BUILT = "not built"

# What clang-format leaves around operators tells a comparison from a template's bracket, a sum from a sign.
OPERATORS = (
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r" \* ", " + "),
    (r" / ", " * "),
    (r" % ", " / "),
    (r" < ", " <= "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" >= ", " > "),
    (r" == ", " != "),
    (r" != ", " == "),
    (r" && ", " || "),
    (r" \|\| ", " && "),
    (r" \+= ", " -= "),
    (r"\bstd::max\b", "std::min"),
    (r"\bstd::min\b", "std::max"),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![\w.])0(?![\w.'])", "1"),
    (r"(?<![\w.])1(?![\w.'])", "2"),
    (r"\bif \(", "if (false && "),
    (r"\bif \(", "if (true || "),
)


@dataclass(frozen=True)
class Fault:
    file: str
    line: int
    column: int
    before: str
    after: str

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}: '{self.before}' -> '{self.after}'"


def code_of(line):
    """The line with its texts and comments blanked out."""
    line = re.sub(r'"(\\.|[^"\\])*"', lambda text: " " * len(text.group()), line)
    return re.sub(r"//.*", "", line)


def faults_of(path, name):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = code_of(line)
        if code.startswith("#") or re.match(r"\s*(static_assert|SIM_CHECK|template)", code):
            continue
        for pattern, after in OPERATORS:
            for match in re.finditer(pattern, code):
                yield Fault(name, number, match.start(), match.group(), after)


def drawn(folders, seed):
    """All faults in the order in which they are tried."""
    sources = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.cpp"))
    files = [path for path in sources if path.parent.name != "rtl"]
    faults = [fault for path in files for fault in faults_of(path, path.relative_to(ROOT).as_posix())]
    random.Random(seed).shuffle(faults)
    return faults


def run(*words):
    """In a session of its own, of which nothing stays: a test that hangs has forked what hangs."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
    with subprocess.Popen(words, cwd=COPY, env=environment(), start_new_session=True, **pipes) as process:
        try:
            output = process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(words, process.returncode, *output)


def environment():
    return os.environ | {"CCACHE_BASEDIR": str(COPY), "CCACHE_NOHASHDIR": "1", "LOCKSTEP_BIN": "build/release/sim/app/lockstep"}


def targets():
    """The tests of every machine, and of the parts that machines share."""
    machines = sorted(path.parent.name for path in (ROOT / "tests" / "accelerators").glob("*/CMakeLists.txt"))
    return [*(f"accelerators_{name}_test" for name in machines), "unit_hw_test", "unit_core_test", "lockstep"]


def build():
    return run("cmake", "--build", "build/release", "--target", *targets())


def copy_tree():
    """A copy of the tracked files as they are, built, whose tests are green."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        if not (COPY / name).exists() or (COPY / name).read_bytes() != (ROOT / name).read_bytes():
            shutil.copy(ROOT / name, COPY / name)
    for done in (run("cmake", "--preset", "release"), build()):
        if done.returncode:
            raise SystemExit(f"mutate.py: error: {COPY} does not build:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    noticed = noticed_by(1)
    if noticed:
        raise SystemExit(f"mutate.py: error: without a fault {noticed} fails")


def noticed_by(jobs):
    """The first test that fails; None when all pass."""
    words = "ctest --test-dir build/release -L machine|unit -E _NOT_BUILT --stop-on-failure".split()
    ctest = run(*words, "--timeout", str(TEST_SECONDS), "-j", str(jobs))
    if ctest.returncode:
        failed = re.findall(r"Test +#\d+: (\S+) .*\*\*\*", ctest.stdout)
        return failed[0] if failed else "ctest"
    golden = run("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/scripts/test_golden.py")
    failed = re.findall(r"^FAILED (\S+)", golden.stdout, re.MULTILINE)
    return (failed[0] if failed else "pytest") if golden.returncode else None


def plant(fault):
    path = COPY / fault.file
    lines = path.read_text(encoding="utf-8").split("\n")
    line = lines[fault.line - 1]
    lines[fault.line - 1] = line[: fault.column] + fault.after + line[fault.column + len(fault.before) :]
    path.write_text("\n".join(lines), encoding="utf-8")


def judge(fault, jobs):
    """The test that notices it, NOT_BUILT, or None."""
    plant(fault)
    try:
        return NOT_BUILT if build().returncode else noticed_by(jobs)
    finally:
        shutil.copyfile(ROOT / fault.file, COPY / fault.file)


def results_of(path, faults):
    """Of an earlier call with the same faults."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    known = [asdict(fault) for fault in faults[: len(lines)]]
    if [line["fault"] for line in lines] != known:
        raise SystemExit(f"mutate.py: error: {path} is of another seed or of other sources; name another file with -o")
    return lines


def built(results):
    return sum(result["noticed_by"] != NOT_BUILT for result in results)


def report(results):
    survivors = [Fault(**result["fault"]) for result in results if result["noticed_by"] is None]
    faults = built(results)
    print(f"{faults} faults, {faults - len(survivors)} noticed, {len(results) - faults} more did not compile")
    for fault in survivors:
        print(f"not noticed: {fault}")
    return 1 if survivors else 0


def parse_arguments(words):
    text = argparse.RawDescriptionHelpFormatter
    parser = terminal.Parser(prog="mutate.py", description=__doc__, formatter_class=text)
    add = parser.add_argument
    add("folders", nargs="*", default=["sim/accelerators"], metavar="FOLDER")
    add("--seed", type=int, default=1, metavar="N", help="[1]")
    add("--count", type=terminal.positive, default=60, metavar="N", help="faults that compile [60]")
    add("-o", "--out", type=Path, default=ROOT / "build" / "mutants.jsonl", metavar="FILE")
    add("--jobs", type=terminal.positive, default=os.cpu_count(), metavar="N", help="tests at once [cores]")
    return parser.parse_args(words)


def main(words):
    options = parse_arguments(words)
    faults = drawn(options.folders, options.seed)
    results = results_of(options.out, faults)
    copy_tree()
    progress = Progress(options.count, built(results))
    with options.out.open("a", encoding="utf-8") as out:
        for fault in faults[len(results) :]:
            if built(results) >= options.count:
                break
            results.append({"fault": asdict(fault), "noticed_by": judge(fault, options.jobs)})
            print(json.dumps(results[-1]), file=out, flush=True)
            if results[-1]["noticed_by"] != NOT_BUILT:
                progress.step(str(fault))
    return report(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
