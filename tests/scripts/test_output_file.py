"""Scripts replace what they wrote themselves, and nothing else."""

import os
import subprocess
import sys

import pytest

from lockstep_program import ROOT, run_ok

sys.path.insert(0, str(ROOT))

from scripts.base import output_file


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    run_ok("run", "optimus-tiny", "tiny", "-o", out)
    return out


def script(*words):
    return subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True)


def refusal(*words):
    done = script(*words)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "page"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError):
        output_file.write(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_new_file_has_the_usual_permissions(tmp_path):
    output_file.write(tmp_path / "a", b"x")
    (tmp_path / "b").write_text("x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_the_permissions_of_the_process_are_left_alone(tmp_path, monkeypatch):
    """They belong to all threads: one that changes them for a moment changes the files of the others."""
    monkeypatch.setattr(os, "umask", None)
    output_file.write(tmp_path / "a", b"x")


def test_report_replaces_a_report_only(run, tmp_path):
    page = tmp_path / "page.html"
    assert script("scripts/report.py", run, "-o", page).returncode == 0
    assert script("scripts/report.py", run, "-o", page).returncode == 0
    page.write_text("<html>my own page</html>")
    assert "exists and is not a report" in refusal("scripts/report.py", run, "-o", page)
    assert page.read_text() == "<html>my own page</html>"
    (tmp_path / "link.html").symlink_to(page)
    assert "choose another name" in refusal("scripts/report.py", run, "-o", tmp_path / "link.html")


def test_report_survives_a_second_run(run, tmp_path):
    out = tmp_path / "out"
    run_ok("run", "optimus-tiny", "tiny", "-o", out)
    assert script("scripts/report.py", out).returncode == 0
    page = (out / "report.html").read_bytes()
    run_ok("run", "optimus-tiny", "tiny", "-o", out)
    assert (out / "report.html").read_bytes() == page


def test_figure_replaces_a_figure_only(run, tmp_path):
    draw = ["scripts/plot.py", "energy-stack", run, "-o", tmp_path, "--name"]
    (tmp_path / "summary.csv").write_text("a sweep")
    assert "summary.csv: exists and belongs to no figure" in refusal(*draw, "summary")
    assert (tmp_path / "summary.csv").read_text() == "a sweep"
    (tmp_path / "mine.pdf").write_bytes(b"%PDF-1.4 not drawn here")
    assert "mine.pdf: exists and is not a figure" in refusal(*draw, "mine")
    assert script(*draw, "energy").returncode == 0
    assert script(*draw, "energy").returncode == 0
    assert sorted(p.name for p in tmp_path.glob("energy.*")) == ["energy.csv", "energy.pdf", "energy.png", "energy.svg"]


def test_trace_replaces_a_trace_only(tmp_path):
    from scripts.export import safetensors
    from scripts.export.errors import TraceError

    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights of weeks")
    with pytest.raises(TraceError, match="model.onnx: exists and is not a trace"):
        safetensors.write(model, {}, {})
    assert model.read_bytes() == b"weights of weeks"
    for _ in range(2):
        safetensors.write(tmp_path / "t.safetensors", {"a": "b"}, {})
