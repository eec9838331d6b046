"""lockstep batch: what lockstep run writes, however much is shared, and failures that stay with their job."""

import json
import os
import signal
import subprocess
import time

from lockstep_program import PROGRAM, ROOT, files_of, lockstep, run_ok

COLUMNS, MACS, DENSITY = "optimus.input_window.columns", "optimus.mac_array.macs", "workload.mask.density"
FOREVER = ("--set", "workload.sentences.count=1000000")  # simulates for a minute or more
HUGE = [f"workload.{key}" for key in ("d_model=4096", "d_ff=16384", "encoder_layers=16")]  # masks for as long


def job(out, *words, machine="optimus-tiny", workload="tiny-synthetic"):
    return ["run", machine, workload, *map(str, words), "-o", str(out)]


def sets(*settings):
    return [word for setting in settings for word in ("--set", setting)]


def start(*options):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([PROGRAM, "batch", *options], cwd=ROOT, **pipes)


def answers(jobs, *options):
    """(code, message) of each job that was answered, and the exit code of the program."""
    process = start(*options)
    out = process.communicate("".join(json.dumps(words) + "\n" for words in jobs), timeout=120)[0]
    return [tuple(json.loads(line).values()) for line in out.splitlines()], process.returncode


def child_of(process):
    while True:
        text = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        if text:
            return int(text[0])
        time.sleep(0.02)


def test_results_are_those_of_single_runs(tmp_path):
    words = [
        sets(f"{COLUMNS}=4"),
        sets(f"{COLUMNS}=8"),  # as before, but the window
        sets(f"{MACS}=32"),  # another mapping of the same workload
        sets(f"{MACS}=32", f"{DENSITY}=0.5"),  # another workload
        sets(f"{COLUMNS}=4"),
        ["--engine", "tick", *sets(f"{COLUMNS}=8")],
        ["--timeline", "0:1000", "--seed", "3"],
        sets("optimus.mac_array.sparse.format=csc", "optimus.mac_array.sparse.ways="),
    ]
    done, code = answers([job(tmp_path / f"batch{i}", *w) for i, w in enumerate(words)])
    assert code == 0 and done == [(0, "")] * len(words)
    for i, w in enumerate(words):
        run_ok(*job(tmp_path / f"alone{i}", *w))
        assert files_of(tmp_path / f"batch{i}") == files_of(tmp_path / f"alone{i}"), w
    assert len({(tmp_path / f"batch{i}/summary.json").read_bytes() for i in range(len(words))}) == 6


def test_values_of_a_trace_are_computed_and_compared(tmp_path):
    done, _ = answers([job(tmp_path / name, workload="tiny") for name in "ab"])
    assert done == [(0, "")] * 2
    run_ok(*job(tmp_path / "alone", workload="tiny"))
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") == files_of(tmp_path / "alone")


def test_refused_jobs_have_the_message_of_run_and_change_nothing(tmp_path):
    wrong = [sets(f"{MACS}=18"), sets("workload.d_model=31"), sets("optimus.macs=4"), ["--max-cycles", "7"]]
    jobs = [w for i, words in enumerate(wrong) for w in (job(tmp_path / f"w{i}", *words), job(tmp_path / f"r{i}"))]
    done, _ = answers(jobs)
    for words, answer in zip(jobs, done):
        alone = lockstep(*words[:-1], tmp_path / "alone")
        assert answer == (alone.returncode, alone.stderr.removeprefix("lockstep: error: ").strip())
    assert [code for code, _ in done] == [2, 0, 2, 0, 2, 0, 1, 0]
    run_ok(*job(tmp_path / "right"))
    for i in range(4):
        assert files_of(tmp_path / f"r{i}") == files_of(tmp_path / "right")
        assert not (tmp_path / f"w{i}").exists()


def test_lines_that_are_no_jobs_are_refused(tmp_path):
    process = start()
    out = process.communicate('no JSON\n["list"]\n[1]\n["run", "a"]\n' + json.dumps(job(tmp_path / "a")) + "\n")[0]
    messages = [json.loads(line)["message"] for line in out.splitlines()]
    assert messages[0] == messages[2].replace("[1]", "no JSON") == "not a JSON list of arguments: no JSON"
    assert messages[1] == "a job is not a run" and "WORKLOAD is required" in messages[3] and messages[4] == ""


def test_zero_characters_are_refused_where_they_stand(tmp_path):
    right = job(tmp_path / "a", *sets(f"{MACS}=32"), "--engine", "skip")
    jobs = [[*right[:i], f"{word[:3]}\0{word[3:]}", *right[i + 1 :]] for i, word in enumerate(right)]
    jobs.append(["run", "optimus\0", "tiny"])  # names the output folder, too
    done, _ = answers(jobs + [right])
    for words, answer in zip(jobs, done):
        shown = next(word for word in words if "\0" in word).replace("\0", r"\x00")
        assert answer == (2, f"the argument '{shown}' holds the character U+0000, which none may hold")
    assert done[-1] == (0, "") and [path.name for path in tmp_path.iterdir()] == ["a"]


def test_crash_of_a_job_leaves_the_others_alone(tmp_path):
    process = start()
    for name, words in (("a", FOREVER), ("b", ())):
        process.stdin.write(json.dumps(job(tmp_path / name, *words)) + "\n")
    process.stdin.flush()
    os.kill(child_of(process), signal.SIGSEGV)
    out = process.communicate(timeout=60)[0].splitlines()
    assert json.loads(out[0]) == {"code": 139, "message": "ended by signal 11 (Segmentation fault)"}
    assert json.loads(out[1]) == {"code": 0, "message": ""}
    assert files_of(tmp_path / "b") and not (tmp_path / "a").exists()


def test_job_that_takes_too_long_is_ended(tmp_path):
    done, code = answers([job(tmp_path / "a", *FOREVER), job(tmp_path / "b")], "--seconds", "1.5")
    assert code == 0 and done == [(124, "needs more than 1.5 s"), (0, "")]
    assert sorted(f.name for f in tmp_path.iterdir()) == ["b"]  # nothing half written


def test_time_counts_while_shared_work_is_done(tmp_path):
    done, code = answers([job(tmp_path / "a"), job(tmp_path / "b", *sets(*HUGE))], "--seconds", "2")
    assert code == 124 and done == [(0, "")]


def test_job_ends_with_the_program(tmp_path):
    process = start()
    process.stdin.write(json.dumps(job(tmp_path / "a", *FOREVER)) + "\n")
    process.stdin.flush()
    child = child_of(process)
    process.terminate()
    process.wait(timeout=10)
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{child}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{child}") and not list(tmp_path.iterdir())


def test_plan_tells_what_jobs_share(tmp_path):
    settings = [f"{COLUMNS}=4", f"{COLUMNS}=8", f"{MACS}=32", f"{DENSITY}=0.5", f"{MACS}=18", "optimus.macs=4"]
    jobs = "".join(json.dumps(job(tmp_path, *sets(s))) + "\n" for s in settings)
    done = subprocess.run([PROGRAM, "batch", "--plan"], cwd=ROOT, input=jobs, capture_output=True, text=True)
    plans = [json.loads(line) for line in done.stdout.splitlines()]
    assert plans[0] == plans[1] and plans[-1] == {"workload": "", "mapping": ""} == plans[-2]
    assert plans[2]["workload"] == plans[0]["workload"] and plans[2]["mapping"] != plans[0]["mapping"]
    assert plans[3]["mapping"] == plans[0]["mapping"] and plans[3]["workload"] != plans[0]["workload"]
