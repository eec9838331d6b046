"""scripts/sweep.py on a small machine: results, limits, interruption, continuation, mistakes of the surroundings."""

import csv
import fcntl
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")

from lockstep_program import PROGRAM, ROOT, files_of, run_ok

MACS, COLUMNS = "optimus.mac_array.macs", "optimus.input_window.columns"
TINY = "machines: [optimus-tiny]\nworkloads: [tiny-synthetic]\n"
SMALL = TINY + f"grid: {{{COLUMNS}: [4, 8], {MACS}: [16, 18, 32]}}\n"  # 18 MACs are not sets of 4
SLOW = "machines: [optimus]\nworkloads: [transformer-base]\n"


def command(folder, text, *options):
    (folder / "study.yaml").write_text(text)
    words = [ROOT / "scripts/sweep.py", folder / "study.yaml", "-o", folder / "out", "--lockstep", PROGRAM, *options]
    return [sys.executable, *map(str, words)]


def sweep(folder, text, *options, code=0):
    """Runs a sweep into folder/out; stdout and stderr are text."""
    done = subprocess.run(command(folder, text, *options), capture_output=True, text=True, timeout=120, cwd=folder)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def terminal_of(words, code=0):
    """What a terminal shows on which the command runs."""
    master, slave = os.openpty()
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=slave, timeout=60)
    os.close(slave)
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    assert done.returncode == code, shown
    return shown


def table(folder):
    with open(folder / "out/summary.csv", newline="") as file:
        return list(csv.DictReader(file))


def points(folder):
    """Results that are whole; one that is being written stands in a folder *.part-*."""
    return sorted(f for f in (folder / "out/points").glob("*/summary.json") if ".part-" not in f.parent.name)


def counting_program(folder, script='exec "$PROGRAM" "$@"'):
    """A program that notes its runs in folder/calls and then does as `script` says; all else is the real one's.

    Each job of a batch is such a run, in a process of its own, as in the real one.
    """
    run = folder / "run"
    run.write_text(f'#!/bin/bash\nPROGRAM="{PROGRAM}"\necho "$*" >> "{folder}/calls"\n{script}\n')
    run.chmod(0o755)
    program = folder / "program"
    program.write_text(BATCH.format(python=sys.executable, program=PROGRAM, run=run, script=script))
    program.chmod(0o755)
    return program


BATCH = """#!{python}
import json, os, signal, subprocess, sys
words = sys.argv[1:]
if words[0] != "batch" or "--plan" in words:
    os.execv("{program}", ["lockstep", *words])
signal.signal(signal.SIGTERM, lambda *_: (job.terminate(), signal.signal(15, signal.SIG_DFL), os.kill(os.getpid(), 15)))
for line in iter(sys.stdin.readline, ""):
    job = subprocess.Popen(["{run}", *json.loads(line)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True)
    error = job.communicate()[1].strip().removeprefix("lockstep: error: ")
    print(json.dumps({{"code": job.returncode, "message": error}}), flush=True)
# {script!r}
"""


def calls(folder):
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return folder, sweep(folder, SMALL + "columns: [counters.mac_array.busy_cycles]\n", "-j", 2, code=1)


def test_folder_of_a_run_that_goes_on_is_left_to_it(tmp_path):
    """A worker that has lost its scheduler ends its point; of runs that are gone nothing stays."""
    text = TINY + f"grid: {{{COLUMNS}: [4]}}\n"
    sweep(tmp_path, text)
    alive, gone = (tmp_path / f"out/points/{name}.part-1" for name in ("alive", "gone"))
    for part in (alive, gone):
        (part / "new").mkdir(parents=True)
        (part / "owner").touch()
    with open(alive / "owner", "rb") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        sweep(tmp_path, text, "--resume")
        assert (alive / "new").is_dir() and not gone.exists()
    sweep(tmp_path, text, "--resume")
    assert not alive.exists()


def test_each_point_is_what_the_program_alone_computes(small, tmp_path):
    row = table(small[0])[2]
    sets = ["--set", f"{COLUMNS}=4", "--set", f"{MACS}=32"]
    run_ok("run", "optimus-tiny", "tiny-synthetic", "--no-values", *sets, "-o", tmp_path / "alone")
    assert files_of(small[0] / "out/points" / row["folder"]) == files_of(tmp_path / "alone")
    assert 0 < int(row["counters.mac_array.busy_cycles"]) < int(row["cycles"])


def test_bad_points_are_reported_and_the_others_go_on(small):
    assert [row["status"] for row in table(small[0])] == ["ok", "failed", "ok"] * 2
    message = "18 MACs cannot be split into sets of 4 ways"
    assert message in table(small[0])[1]["message"] and table(small[0])[1]["cycles"] == ""
    log = small[1].stderr
    assert log.count(message) == 2 and "point 2: optimus-tiny tiny-synthetic" in log
    assert len(log.splitlines()) == 2  # progress is for terminals
    assert small[1].stdout == f"{small[0]}/out/summary.csv: 6 points, 2 failed\n"


def test_axis_of_one_machine_shows_what_the_others_use(tmp_path):
    ways = "optimus.mac_array.sparse.ways"
    machines = f"""\
machines:
- {{name: varied, file: optimus-tiny, grid: {{{ways}: [2, 8]}}}}
- {{name: as it is, file: optimus-tiny}}
- {{name: without ways, file: optimus-baseline}}
- {{name: removed, file: optimus-tiny, set: {{{ways}: null}}}}
workloads:
- {{name: seeded, file: tiny-synthetic, grid: {{workload.seed: [5]}}}}
- tiny-synthetic
"""
    sweep(tmp_path, machines)
    rows = table(tmp_path)
    used = [(row["machine"], row[ways]) for row in rows if row["workload"] == "seeded"]
    assert used[:4] == [("varied", "2"), ("varied", "8"), ("as it is", "4"), ("without ways", "")]
    assert used[4] == ("removed", "8")  # its default
    seeds = [row["workload.seed"] for row in rows if row["machine"] == "as it is"]
    assert seeds[0] == "5" and seeds[1] not in ("", "5")


def test_values_of_a_sweep_are_those_of_the_program(tmp_path):
    """0x10 and 007 are texts to both, 1e1 is a number to both, a text with a line break is one argument."""
    sweep(tmp_path, TINY + 'grid: {clock_mhz: [1e2, 0100, "100", yes, "1\\n2", 100.0]}\n', code=1)
    rows = table(tmp_path)
    assert [row["status"] for row in rows] == ["ok", "failed", "failed", "failed", "failed", "ok"]
    assert "'0100' is not a number" in rows[1]["message"]
    assert "'\"100\"' is not a number" in rows[2]["message"]


def test_table_does_not_depend_on_the_number_of_jobs(small, tmp_path):
    sweep(tmp_path, SMALL + "columns: [counters.mac_array.busy_cycles]\n", "-j", 1, code=1)
    assert (tmp_path / "out/summary.csv").read_bytes() == (small[0] / "out/summary.csv").read_bytes()


def test_only_what_is_missing_runs_again(tmp_path):
    program = counting_program(tmp_path)
    sweep(tmp_path, TINY + f"grid: {{{COLUMNS}: [4, 8]}}\n", "--lockstep", program)
    assert len(calls(tmp_path)) == 2
    sweep(tmp_path, TINY + f"grid: {{{COLUMNS}: [16, 8, 4]}}\n", "--lockstep", program)
    assert len(calls(tmp_path)) == 3 and "columns=16" in calls(tmp_path)[-1]
    damaged, incomplete, _ = points(tmp_path)
    damaged.write_text("{ damaged")
    incomplete.unlink()
    sweep(tmp_path, TINY + f"grid: {{{COLUMNS}: [16, 8, 4]}}\n", "--lockstep", program)
    assert len(calls(tmp_path)) == 5


def test_another_program_makes_all_points_stale(tmp_path):
    text = TINY + f"grid: {{{COLUMNS}: [4, 8]}}\n"
    sweep(tmp_path, text, "--lockstep", counting_program(tmp_path))
    sweep(tmp_path, text, "--lockstep", counting_program(tmp_path, 'exec "$PROGRAM" "$@"  # changed'))
    assert len(calls(tmp_path)) == 4


def test_equal_points_run_once(tmp_path):
    program = counting_program(tmp_path)
    text = TINY + f"list: [{{{MACS}: 16}}, {{{COLUMNS}: 8}}]\n"  # as the file has it
    shown = terminal_of(command(tmp_path, text, "--lockstep", str(program)))
    assert len(calls(tmp_path)) == 1
    assert "2 points, 1 different, 0 finished before\r\n" in shown and "[1/1]" in shown
    done = sweep(tmp_path, text, "--lockstep", program)
    assert done.stdout == f"{tmp_path}/out/summary.csv: 2 points, 1 different, 0 failed\n" and done.stderr == ""
    assert len({row["cycles"] for row in table(tmp_path)}) == 1 and len(table(tmp_path)) == 2


def test_points_that_take_too_long_are_ended(tmp_path):
    forever = "workload.sentences.count: 1000000"
    huge = "workload.d_model: 4096, workload.d_ff: 16384, workload.encoder_layers: 16"  # before the simulation
    points = f"list: [{{workload.seed: 1}}, {{{forever}}}, {{{huge}}}, {{workload.seed: 2}}]\n"
    sweep(tmp_path, TINY + points + "limits: {seconds: 2}\n", "-j", 1, code=1)
    assert [row["message"] for row in table(tmp_path)] == ["", "needs more than 2 s", "needs more than 2 s", ""]


def test_limits_of_memory_and_cycles_are_named(tmp_path):
    sweep(tmp_path, SLOW + "limits: {memory_mib: 60}\n", code=1)
    assert table(tmp_path)[0]["message"] == "needs more than 60 MiB of memory"
    sweep(tmp_path, TINY + "limits: {cycles: 100}\n", code=1)
    assert "100" in table(tmp_path)[0]["message"]


def test_values_are_compared_on_request(tmp_path):
    sweep(tmp_path, "machines: [optimus-tiny]\nworkloads: [tiny]\nvalues: true\n")
    assert int(table(tmp_path)[0]["compared_values"]) > 0


SEVERAL = SLOW + f"""grid: {{{COLUMNS}: [8, 16, 32, 64]}}
set: {{workload.encoder_layers: 1, workload.decoder_layers: 1, workload.vocabulary: 8000}}
"""


def bytes_of_table(folder):
    """Without the names of the points' folders, which depend on the program."""
    return re.sub(rb"\b[0-9a-f]{20}\b", b"", (folder / "out/summary.csv").read_bytes())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The table of SEVERAL in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    sweep(folder, SEVERAL, "-j", 2)
    return bytes_of_table(folder)


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_interruption_loses_nothing_finished(tmp_path, undisturbed, sent, code):
    program = counting_program(tmp_path)
    words = command(tmp_path, SEVERAL, "-j", "1", "--lockstep", str(program))
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while not points(tmp_path):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(sent)
    log = running.communicate(timeout=30)[1]
    assert running.returncode == code
    assert code != 130 or log.splitlines()[-1].startswith("sweep.py: interrupted; finished points are kept")
    assert not (tmp_path / "out/summary.csv").exists()
    before = len(calls(tmp_path))
    assert sweep(tmp_path, SEVERAL, "--resume", "--lockstep", program).stderr == ""
    assert before <= 3 and 4 <= len(calls(tmp_path)) <= 5  # at most the one that was running runs twice
    assert bytes_of_table(tmp_path) == undisturbed


def error_of(folder, text, *options, code):
    line = sweep(folder, text, *options, code=code).stderr.splitlines()[-1]
    assert line.startswith("sweep.py: error: ")
    return line.removeprefix("sweep.py: error: ")


def test_second_sweep_in_a_folder_is_refused(tmp_path):
    program = counting_program(tmp_path, "sleep 60")
    running = subprocess.Popen(command(tmp_path, TINY, "--lockstep", str(program)), stderr=subprocess.PIPE)
    while not calls(tmp_path):
        assert running.poll() is None
        time.sleep(0.02)
    try:
        assert error_of(tmp_path, TINY, code=2) == f"{tmp_path}/out: another sweep is running in this folder"
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    message = error_of(tmp_path, TINY, "-o", tmp_path / "file/out", code=3)
    assert message == f"{tmp_path}/file/out: cannot be written: Not a directory"


def test_full_disk_ends_the_sweep_with_its_message(tmp_path):
    refuse = 'while [ "$1" != -o ]; do shift; done; echo "lockstep: error: $2: No space left on device" >&2; exit 3'
    program = counting_program(tmp_path, refuse)
    text = TINY + f"grid: {{{COLUMNS}: [4, 8, 16, 32]}}\n"
    message = error_of(tmp_path, text, "-j", 1, "--lockstep", program, code=3)
    assert message.endswith(": No space left on device; finished points are kept")


@pytest.mark.parametrize("size", ["1m", "150k"])
def test_disk_that_is_really_full_ends_the_sweep(tmp_path, size):
    if os.getuid() != 0:
        pytest.skip("mounting a small file system needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no small file system: {mounted.stderr.strip()}")
    try:
        text = TINY + f"grid: {{{COLUMNS}: {{from: 4, to: 103, steps: 100}}}}\n"
        message = error_of(tmp_path, text, "-o", disk / "out", code=3)
        assert message.endswith(": No space left on device; finished points are kept")
        results = [path for path in (disk / "out/points").glob("*/summary.json") if ".part-" not in path.parent.name]
        assert 1 <= len(results) < 100 and all(json.loads(path.read_text())["metrics"] for path in results)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "out/points").mkdir(parents=True)
    (tmp_path / "out/points").chmod(0o555)
    words = command(tmp_path, TINY)
    if os.getuid() == 0:  # whom permissions do not stop
        words = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Permission denied; finished points are kept" in done.stderr) == (3, True), done.stderr


def test_killed_and_resumed_at_random_it_ends_as_if_undisturbed(tmp_path):
    """Kills the sweep 20 times in the extended tests, else 3 times; each time wherever it happens to be."""
    extended = os.environ.get("LOCKSTEP_EXTENDED") == "true"
    values = "{from: 4, to: 63, steps: 60}" if extended else "{from: 4, to: 15, steps: 12}"
    text = TINY + f"grid: {{{COLUMNS}: {values}, {MACS}: [16, 18, 32]}}\n"
    (tmp_path / "whole").mkdir()
    start = time.monotonic()
    sweep(tmp_path / "whole", text, "-j", 2, code=1)
    lasts = time.monotonic() - start
    generator = random.Random(1)
    for _ in range(20 if extended else 3):
        running = subprocess.Popen(command(tmp_path, text, "-j", "2"), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(generator.uniform(0, lasts))
        running.kill()
        running.wait()
        if running.returncode != -signal.SIGKILL or generator.random() < 0.5:  # done, or half of it is lost
            for result in points(tmp_path)[::2]:
                shutil.rmtree(result.parent, ignore_errors=True)
    sweep(tmp_path, text, "-j", 2, code=1)
    assert (tmp_path / "out/summary.csv").read_bytes() == (tmp_path / "whole/out/summary.csv").read_bytes()
    assert not list((tmp_path / "out/points").glob("*.part-*"))


def test_missing_program_is_named(tmp_path):
    assert "nowhere: the program is not there" in error_of(tmp_path, TINY, "--lockstep", tmp_path / "nowhere", code=3)


def test_resume_refuses_a_folder_without_a_sweep(tmp_path):
    assert error_of(tmp_path, TINY, "--resume", code=2) == f"{tmp_path}/out: holds no sweep that could be resumed"
    assert not (tmp_path / "out").exists()


def test_dry_run_lists_points_and_writes_nothing(tmp_path):
    lines = sweep(tmp_path, SMALL + f"constraints: ['{MACS} != 18']\n", "--dry-run").stdout.splitlines()
    assert lines[0] == f"1 missing optimus-tiny tiny-synthetic {COLUMNS}=4 {MACS}=16"
    assert lines[-1] == "4 points, 0 finished before, 2 more excluded by constraints"
    assert not (tmp_path / "out").exists()


def test_terminal_gets_one_live_line(tmp_path):
    text = terminal_of(command(tmp_path, SMALL), code=1)
    assert "\r\033[K[5/6], " in text and text.count("18 MACs cannot be split") == 2
