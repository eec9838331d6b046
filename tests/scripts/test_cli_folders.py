"""Where a result goes: nothing that no run wrote is lost, and what cannot be replaced is refused before the simulation."""

import json
import os
import random
import signal
import subprocess
import time

import pytest

from lockstep_program import PROGRAM, ROOT, error_of, run_ok

RUN = ["run", "optimus-tiny", "tiny"]
LONG = ["run", "optimus-tiny", "tiny-synthetic", "--engine", "tick", "--no-values", "--set", "workload.sentences.count=100000"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def start(*words, **options):
    return subprocess.Popen([PROGRAM, *map(str, words)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


def test_what_no_run_wrote_stays_and_is_named(tmp_path):
    out = tmp_path / "out"
    run_ok(*RUN, "-o", out)
    (out / "report.html").write_text("page")
    (out / "notes").mkdir()
    (out / "notes/thesis.tex").write_text("years of work")
    (out / "layers.csv").write_text("edited by hand")
    (out / "timeline.json").write_text("mine")
    said = run_ok(*RUN, "-o", out, "--timeline", "0:100").stdout
    assert "kept what was no longer as a run left it: " in said
    assert (out / "report.html").read_text() == "page"
    assert (out / "notes/thesis.tex").read_text() == "years of work"
    assert (out / "layers.csv.kept-1").read_text() == "edited by hand"
    assert (out / "timeline.json.kept-1").read_text() == "mine"
    assert json.loads((out / "timeline.json").read_text())["traceEvents"]
    assert names(tmp_path) == ["out"]


def test_what_is_kept_keeps_its_name_from_then_on(tmp_path):
    out = tmp_path / "out"
    run_ok(*RUN, "-o", out)
    for time in range(1, 5):
        (out / "layers.csv").write_text(f"edited {time}")
        run_ok(*RUN, "-o", out)
        kept = sorted(name for name in names(out) if "kept" in name)
        assert kept == [f"layers.csv.kept-{n}" for n in range(1, time + 1)]
        assert [(out / name).read_text() for name in kept] == [f"edited {n}" for n in range(1, time + 1)]


@pytest.mark.parametrize("option", ["-o", "--timeline", "--memory-limit"])
def test_an_option_without_a_value_is_refused(tmp_path, option):
    out = [] if option == "-o" else ["-o", tmp_path / "out"]
    assert "has no value" in error_of(*RUN, *out, option, "", code=2)
    assert names(tmp_path) == []


def test_list_names_every_other_file_of_a_result(tmp_path):
    run_ok(*RUN, "-o", tmp_path / "out", "--timeline", "0:100")
    listed = json.loads((tmp_path / "out/host.json").read_text())["files"]
    assert sorted([*listed, "host.json"]) == names(tmp_path / "out")
    assert all(listed[name]["bytes"] == (tmp_path / "out" / name).stat().st_size for name in listed)


def test_folder_of_an_earlier_version_is_replaced(tmp_path):
    out = tmp_path / "out"
    run_ok(*RUN, "-o", out, "--timeline", "0:100")
    host = json.loads((out / "host.json").read_text())
    del host["files"]
    (out / "host.json").write_text(json.dumps(host))
    (out / "report.html").write_text("page")
    run_ok(*RUN, "-o", out)
    assert "report.html" in names(out) and "timeline.json" not in names(out)


def test_rtl_keeps_what_it_did_not_write(tmp_path):
    out = tmp_path / "out"
    for _ in range(2):
        run_ok("rtl", "poetbin", "tiny-luts", "-o", out)
        (out / "obj_dir").mkdir(exist_ok=True)
        (out / "obj_dir/Vtb").write_text("built")
    assert (out / "obj_dir/Vtb").read_text() == "built"
    assert not [name for name in names(out) if ".kept-" in name]
    run_ok(*RUN, "-o", tmp_path / "run")
    error_of("rtl", "poetbin", "tiny-luts", "-o", tmp_path / "run", code=2)


@pytest.mark.parametrize("command", [LONG, ["rtl", "poetbin", "tiny-luts"]])
@pytest.mark.parametrize("place, code", [
    (".", 2), ("..", 2), ("/", 2), ("link", 2), ("link/", 2), ("dangling", 2), ("sub/..", 2), ("sub/.", 2), ("foreign", 2),
    ("file", 3), ("file/out", 3), ("n" * 252, 3), ("n" * 300, 3), ("/proc/out", 3), ("/dev/null/out", 3),
])
def test_place_is_refused_before_the_simulation(command, place, code, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/thesis.tex").write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("sub")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = names(tmp_path)
    begin = time.monotonic()
    error_of(*command, "-o", place, code=code, cwd=tmp_path)
    assert time.monotonic() - begin < 20  # the long run takes minutes
    assert names(tmp_path) == before and not names(tmp_path / "sub")


def test_place_is_refused_before_inputs_are_read(tmp_path):
    (tmp_path / "file").write_text("x")
    assert "file" in error_of("run", "none.yaml", "tiny", "-o", tmp_path / "file", code=3)


def test_part_of_a_killed_run_is_not_reused_by_one_with_its_number(tmp_path):
    """In a new PID name space each run has the same process number."""
    out = tmp_path / "out"
    (tmp_path / "out.part-1").mkdir()
    (tmp_path / "out.part-1/translations.csv").write_text("of another")
    unshare = ["unshare", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        unshare = []
    command = [*unshare, PROGRAM, "run", "optimus-tiny", "tiny-synthetic", "-o", out]
    subprocess.run(list(map(str, command)), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert "translations.csv" not in names(out)
    assert names(tmp_path) == ["out", "out.part-1"]  # not known to be a run's


def test_killed_at_random_moments_loses_nothing_and_leaves_nothing(tmp_path):
    out, draw = tmp_path / "out", random.Random(5)
    run_ok(*RUN, "-o", out)
    (out / "thesis.tex").write_text("years of work")
    begin = time.monotonic()
    run_ok(*RUN, "-o", out)
    seconds = time.monotonic() - begin
    for _ in range(40):
        process = start(*RUN, "-o", out, stdin=subprocess.DEVNULL)
        time.sleep(draw.uniform(0, 1.3 * seconds))
        process.kill()
        process.communicate()
        assert json.loads((out / "summary.json").read_text())["accelerator"] == "optimus"
        left = [path for path in tmp_path.rglob("thesis.tex") if path.read_text() == "years of work"]
        assert len(left) == 1
    run_ok(*RUN, "-o", out)
    assert (out / "thesis.tex").read_text() == "years of work"
    assert names(tmp_path) == ["out"]


def test_run_that_ended_before_it_could_claim_its_part_leaves_nothing(tmp_path):
    """Killed between the first steps: the folder is made, its owner file is there, its text is not; a foreign file stays."""
    out = tmp_path / "out"
    (tmp_path / "out.part-1").mkdir()
    (tmp_path / "out.part-2").mkdir()
    (tmp_path / "out.part-2/owner.new").touch()
    (tmp_path / "out.part-3").mkdir()
    (tmp_path / "out.part-3/owner").touch()
    run_ok(*RUN, "-o", out)
    assert names(tmp_path) == ["out", "out.part-3"]


def test_runs_that_start_together_never_lose_their_part(tmp_path):
    """Each sweeps what looks ended, also a folder that another has just made."""
    out = tmp_path / "out"
    for _ in range(20):
        together = [start(*RUN, "-o", out) for _ in range(8)]
        for process in together:
            assert process.communicate()[1] == b""
            assert process.returncode == 0
    run_ok(*RUN, "-o", out)  # sweeps what two runs left to each other
    assert names(tmp_path) == ["out"]


def test_parts_of_many_killed_runs_are_swept_and_that_of_a_living_one_stays(tmp_path):
    out = tmp_path / "out"
    processes = [start(*LONG, "-o", out) for _ in range(4)]
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("out.part-*/owner"))) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for process in processes[:3]:
        process.kill()
        process.communicate()
    run_ok(*RUN, "-o", out)
    assert len(names(tmp_path)) == 2
    processes[3].send_signal(signal.SIGTERM)
    processes[3].communicate(timeout=60)
    assert names(tmp_path) == ["out"]


def test_runs_at_once_to_one_folder_leave_one_whole_result(tmp_path):
    out = tmp_path / "out"
    run_ok(*RUN, "-o", out)
    (out / "thesis.tex").write_text("years of work")
    for process in [start(*RUN, "-o", out) for _ in range(6)]:
        assert process.communicate(timeout=120)[1] == b"" and process.returncode == 0
    listed = json.loads((out / "host.json").read_text())["files"]
    assert names(out) == sorted([*listed, "host.json", "thesis.tex"])
    assert names(tmp_path) == ["out"]


def test_mounted_folder_is_refused(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", out], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    try:
        assert "name a folder inside it" in error_of(*RUN, "-o", out, code=2)
        run_ok(*RUN, "-o", out / "inside")
    finally:
        subprocess.run(["umount", out], check=True)


def test_unwritable_parent_is_refused(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    assert "cannot be created" in error_of(*LONG, "-o", tmp_path / "out", code=3)
