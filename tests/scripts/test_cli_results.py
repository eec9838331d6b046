"""What a run writes: complete, the same every time, and never at the cost of an earlier result."""

import csv
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import time

import pytest

from lockstep_program import PROGRAM, ROOT, error_of, files_of, run_ok

ARCH = "optimus-tiny"
WORKLOAD = "tiny"
LONG = ["--engine", "tick", "--no-values", "--set", "workload.sentences.count=100000"]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    out = tmp_path_factory.mktemp("result") / "out"
    done = run_ok("run", ARCH, WORKLOAD, "-o", out)
    return out, done


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def test_files_and_screen_say_the_same(result):
    out, done = result
    json_ = summary(out)
    assert json_["schema"] == "lockstep-result-1"
    assert json_["accelerator"] == "optimus"
    assert json_["metrics"]["cycles"]["value"] > 0
    assert json_["metrics"]["energy_total_uj"]["value"] > 0
    assert json_["architecture"]["optimus"]["mac_array"]["macs"] == 16
    assert {"summary.json", "layers.csv", "units.csv", "stalls.csv", "energy.csv"} <= set(files_of(out))
    assert f"{out}/" in done.stdout
    assert "cycles" in done.stdout and "uJ" in done.stdout
    assert done.stderr == ""


def test_energy_can_be_recomputed_by_hand(result):
    out, _ = result
    rows = list(csv.DictReader((out / "energy.csv").open()))
    total = estimated = 0.0
    for row in rows:
        assert float(row["pj_total"]) == pytest.approx(int(row["count"]) * float(row["pj_each"]), rel=1e-12)
        assert row["source"]
        total += float(row["pj_total"])
        estimated += int(row["estimated"]) * float(row["pj_total"])
    assert summary(out)["energy"]["total_pj"] == pytest.approx(total, rel=1e-9)
    assert summary(out)["metrics"]["energy_estimated_uj"]["value"] == pytest.approx(estimated / 1e6, rel=1e-9)
    assert {row["part"] for row in rows} == {"dynamic", "clock", "leakage"}


def test_estimates_can_be_left_out(result, tmp_path):
    run_ok("run", ARCH, WORKLOAD, "-o", tmp_path / "out", "--set", "estimated_energy=false")
    left = list(csv.DictReader((tmp_path / "out/energy.csv").open()))
    rows = list(csv.DictReader((result[0] / "energy.csv").open()))
    assert left == [row for row in rows if row["estimated"] == "0"] != rows
    assert summary(tmp_path / "out")["metrics"]["energy_estimated_uj"]["value"] == 0


def test_causes_of_mac_cycles_add_up_to_the_run_in_the_counters_as_in_the_table(result):
    out, _ = result
    total = list(csv.DictReader((out / "stalls.csv").open()))[-1]
    causes = [name.removesuffix("_mac_cycles") for name in total if name.endswith("_mac_cycles")]
    counters = summary(out)["counters"]["mac_array"]
    assert {name: counters[name] for name in causes} == {n: int(total[f"{n}_mac_cycles"]) for n in causes}
    assert counters["barrier"] > 0
    cycles = summary(out)["metrics"]["cycles"]["value"]
    assert sum(counters[name] for name in causes) == int(total["mac_cycles"]) == 16 * cycles


def test_every_number_of_the_files_is_in_the_dictionary(result):
    out, _ = result
    dictionary = json.loads(run_ok("metrics", "--json").stdout)
    defined = {metric["name"] for part in [dictionary, *dictionary["machines"]] for metric in part["metrics"]}
    json_ = summary(out)
    names = set(json_["metrics"]) | {c for counters in json_["counters"].values() for c in counters}
    for table in out.glob("*.csv"):
        names |= set(next(csv.reader(table.open())))
    assert sorted(names - defined) == []


@pytest.mark.parametrize("variant", ["again", "other folder", "tick", "path", "copied inputs"])
def test_equal_inputs_give_equal_bytes(result, tmp_path, variant):
    out, _ = result
    args, options = ["run", ARCH, WORKLOAD, "-o", tmp_path / "out"], {}
    if variant == "other folder":
        options["cwd"] = tmp_path
    if variant == "tick":
        args += ["--engine", "tick"]
    if variant == "path":
        args[1] = ROOT / "arch-configs" / f"{ARCH}.yaml"
    if variant == "copied inputs":
        shutil.copytree(ROOT / "arch-configs", tmp_path / "arch-configs")
        options["cwd"] = tmp_path
    run_ok(*args, **options)
    assert files_of(tmp_path / "out") == files_of(out)


def test_synthetic_workload_is_equal_under_both_engines_and_differs_with_the_seed(tmp_path):
    for name, args in {"a": [], "b": ["--engine", "tick"], "c": ["--seed", "7"]}.items():
        run_ok("run", ARCH, "tiny-synthetic", "-o", tmp_path / name, *args)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert files_of(tmp_path / "a") != files_of(tmp_path / "c")
    assert summary(tmp_path / "c")["workload"]["seed"] == 7


def test_host_file_states_engine_and_speed(result):
    host = json.loads((result[0] / "host.json").read_text())
    assert host["engine"] == "skip"
    assert host["simulated_cycles_per_second"] > 0


def test_set_reaches_architecture_and_workload(tmp_path):
    out = tmp_path / "out"
    settings = ["--set", "optimus.mac_array.macs=32", "--set", "workload.seed=3"]
    run_ok("run", ARCH, "tiny-synthetic", "-o", out, *settings)
    assert summary(out)["architecture"]["optimus"]["mac_array"]["macs"] == 32
    assert summary(out)["workload"]["seed"] == 3


def test_timeline_holds_the_window(tmp_path):
    run_ok("run", ARCH, WORKLOAD, "-o", tmp_path / "out", "--timeline", "100:400")
    events = json.loads((tmp_path / "out/timeline.json").read_text())["traceEvents"]
    spans = [e for e in events if e["ph"] == "X"]
    assert spans
    assert all(e["ts"] < 400 and e["ts"] + e["dur"] > 100 for e in spans)
    samples = [e for e in events if e["ph"] == "C"]
    assert {"mac_array: sparse_macs", "write_port: busy_cycles"} <= {e["name"] for e in samples}
    assert all(100 <= e["ts"] <= 400 for e in samples)


def test_timeline_is_what_perfetto_reads(tmp_path):
    """Fields and types of the Trace Event Format; jobs of a track one after the other; samples of a counter in order."""
    run_ok("run", ARCH, WORKLOAD, "-o", tmp_path / "out", "--timeline", "0:1000000")
    timeline = json.loads((tmp_path / "out/timeline.json").read_text())
    assert set(timeline) == {"displayTimeUnit", "otherData", "traceEvents"} and timeline["displayTimeUnit"] == "ns"
    ends, samples, named = {}, {}, set()
    for event in timeline["traceEvents"]:
        assert isinstance(event["name"], str) and isinstance(event["pid"], int)
        if event["ph"] == "X":
            assert event["dur"] >= 0 and event["ts"] >= ends.get(event["tid"], 0)
            ends[event["tid"]] = event["ts"] + event["dur"]
        elif event["ph"] == "C":
            assert event["ts"] > samples.get(event["name"], (-1, 0))[0]
            ((unit, value),) = event["args"].items()
            assert isinstance(unit, str) and isinstance(value, (int, float))
            samples[event["name"]] = (event["ts"], value)
        else:
            assert event["ph"] == "M" and isinstance(event["args"]["name"], str)
            named.add(event["tid"] if event["name"] == "thread_name" else None)
    assert named == {None, *ends}
    end = timeline["otherData"]["to_cycle"]
    assert samples and all(last == (end, 0) for last in samples.values())


def test_timeline_does_not_depend_on_the_engine(tmp_path):
    for engine in ("skip", "tick"):
        run_ok("run", ARCH, WORKLOAD, "-o", tmp_path / engine, "--engine", engine, "--timeline", "0:1000000")
    skip, tick = files_of(tmp_path / "skip"), files_of(tmp_path / "tick")
    assert "timeline.json" in skip and skip == tick


def test_counters_of_a_timeline_sum_up_to_those_of_the_run(tmp_path):
    run_ok("run", ARCH, WORKLOAD, "-o", tmp_path / "out", "--timeline", "0:1000000")
    timeline = json.loads((tmp_path / "out/timeline.json").read_text())
    counters = summary(tmp_path / "out")["counters"]
    samples = {}
    for event in timeline["traceEvents"]:
        if event["ph"] == "C":
            (rate,) = event["args"].values()
            samples.setdefault(event["name"], []).append((event["ts"], rate))
    checked = 0
    for name, series in samples.items():
        unit, counter = name.split(": ")
        total = sum(rate * (after[0] - cycle) for (cycle, rate), after in zip(series, series[1:]))
        if counter in counters[unit]:
            assert total == pytest.approx(counters[unit][counter], rel=1e-12), name
            checked += 1
    assert checked > 20


def test_output_folder_defaults_to_the_names_of_the_inputs(tmp_path):
    run_ok("run", ARCH, WORKLOAD, cwd=tmp_path)
    assert (tmp_path / "out/optimus-tiny-tiny/summary.json").exists()


@pytest.fixture
def old_result(result, tmp_path):
    """A result of an earlier run that must survive."""
    out = tmp_path / "out"
    shutil.copytree(result[0], out)
    return out, files_of(out), tmp_path


def assert_untouched(old_result):
    out, files, folder = old_result
    assert files_of(out) == files
    assert [p.name for p in folder.iterdir()] == ["out"]


def test_folder_that_is_no_result_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert "choose another output folder" in error_of("run", ARCH, WORKLOAD, "-o", tmp_path, code=2)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("out", ["/proc/lockstep/out", "/dev/null/out"])
def test_unwritable_folder(out):
    assert out in error_of("run", ARCH, WORKLOAD, "-o", out, code=3)


def test_file_size_limit_leaves_the_old_result(old_result):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    message = error_of("run", ARCH, WORKLOAD, "-o", old_result[0], code=3, preexec_fn=limit)
    assert "cannot be written: File too large" in message
    assert_untouched(old_result)


def test_full_disk_leaves_the_old_result(result, tmp_path):
    old = '{"schema": "lockstep-result-1"}'
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", tmp_path], capture_output=True)
    if mount.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/summary.json").write_text(old)
        message = error_of("run", ARCH, WORKLOAD, "-o", tmp_path / "out", code=3)
        assert "No space left on device" in message
        assert (tmp_path / "out/summary.json").read_text() == old
        assert [p.name for p in tmp_path.iterdir()] == ["out"]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_full_standard_output():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "list"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (3, "lockstep: error: standard output cannot be written\n")


def start_long_run(out):
    command = [PROGRAM, "run", ARCH, "tiny-synthetic", "-o", str(out), *LONG]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_part_folder(out):
    deadline = time.monotonic() + 60
    while not list(out.parent.glob("out.part-*")):
        assert time.monotonic() < deadline, "the run never began"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_the_run_and_leaves_the_old_result(old_result, number):
    process = start_long_run(old_result[0])
    wait_for_part_folder(old_result[0])
    time.sleep(0.3)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stdout == ""
    assert stderr == "lockstep: interrupted; nothing was written, existing results are intact\n"
    assert_untouched(old_result)


def test_killed_run_leaves_the_old_result(old_result):
    process = start_long_run(old_result[0])
    wait_for_part_folder(old_result[0])
    process.kill()
    process.communicate(timeout=30)
    assert files_of(old_result[0]) == old_result[1]


def test_run_that_needs_more_than_max_cycles_fails(tmp_path):
    message = error_of("run", ARCH, WORKLOAD, "-o", tmp_path / "out", "--max-cycles", "50", code=1)
    assert message.startswith("--max-cycles reached in cycle 50; sequencer: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("machine, workload", [("optimus-tiny", "tiny-synthetic"), ("poetbin-tiny", "tiny-luts")])
def test_run_of_exactly_max_cycles_is_done(tmp_path, machine, workload):
    run_ok("run", machine, workload, "-o", tmp_path)
    cycles = summary(tmp_path)["metrics"]["cycles"]["value"]
    shorter = f"--max-cycles reached in cycle {cycles - 1}; "
    for engine in ("tick", "skip"):
        words = ("run", machine, workload, "-o", tmp_path, "--engine", engine, "--max-cycles")
        run_ok(*words, cycles)
        assert error_of(*words, cycles - 1, code=1).startswith(shorter)


def test_progress_is_shown_on_a_terminal_only(tmp_path):
    master, slave = os.openpty()
    command = [PROGRAM, "run", ARCH, "tiny-synthetic", "-o", tmp_path / "out"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # the terminal is closed when the program ends
        pass
    os.close(master)
    assert process.wait(timeout=60) == 0
    assert b" of " in shown and b"cycles" in shown
    assert run_ok(*command[1:], "--engine", "tick", "--set", "workload.sentences.count=1000").stderr == ""


def test_compare_shows_differences_and_ratios(tmp_path):
    for name, macs in (("a", 16), ("b", 32)):
        run_ok("run", "optimus-tiny", "tiny-synthetic", "-o", tmp_path / name, "--set", f"optimus.mac_array.macs={macs}")
    text = run_ok("compare", tmp_path / "a", tmp_path / "b").stdout
    assert text.startswith("metric ")
    rows = list(csv.DictReader(io.StringIO(run_ok("compare", tmp_path / "a", tmp_path / "b", "--csv").stdout)))
    cycles = next(r for r in rows if r["metric"] == "cycles")
    assert float(cycles["a"]) > float(cycles["b"])
    assert float(cycles["difference"]) == float(cycles["b"]) - float(cycles["a"])
    assert float(cycles["ratio"]) == pytest.approx(float(cycles["b"]) / float(cycles["a"]))
    assert cycles["ratio_without_leakage"] == ""
    energies = [r for r in rows if r["unit"] in ("uJ", "mW", "pJ s", "pJ")]
    assert all(r["ratio_without_leakage"] or "leakage" in r["metric"] for r in energies if r["ratio"])
    found = {r["metric"]: r for r in rows}
    kept = [sum(float(found[f"energy_{part}_uj"][side]) for part in ("dynamic", "clock")) for side in "ab"]
    total = found["energy_total_uj"]
    assert float(total["ratio_without_leakage"]) == pytest.approx(kept[1] / kept[0])
    assert float(total["ratio"]) != pytest.approx(kept[1] / kept[0])
