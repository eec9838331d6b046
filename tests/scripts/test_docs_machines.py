"""docs/add-a-unit.md, docs/add-an-accelerator.md and docs/add-a-workload-kind.md, followed literally in a copy of the
repository."""

import os
import re
import shutil
import subprocess

import pytest

from lockstep_program import ROOT

PAGES = [ROOT / "docs" / name for name in ("add-a-unit.md", "add-an-accelerator.md", "add-a-workload-kind.md")]
FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of_pages():
    return [found for page in PAGES for found in FILE.findall(page.read_text())]


def made_by_the_pages(name):
    """Whether following the pages makes the file: one of theirs, or a number that they tell to keep."""
    return name in dict(files_of_pages()) or name.startswith("tests/golden/rowwise-")


def copy_repository(folder):
    """Without what the pages make: somebody may have followed them here and kept the result."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists() and not made_by_the_pages(name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def write_files(folder):
    written = []
    for name, text in files_of_pages():
        assert not (folder / name).exists(), f"{name} is there already"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        written.append(name)
    return written


def test_the_pages_hold_every_file_that_they_speak_of(tmp_path):
    names = write_files(tmp_path)
    assert len(names) == len(set(names)) == 12
    for page in PAGES:
        assert page.read_text().count("```") == 2 * (
            len(FILE.findall(page.read_text())) + len(COMMANDS.findall(page.read_text()))
        )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_pages_can_be_followed_where_their_machine_is_kept_already(tmp_path, monkeypatch):
    kept = tmp_path / "kept"
    kept.mkdir()
    copy_repository(kept)
    golden = kept / "tests/golden/rowwise-tiny-tiny.json"
    names = [*write_files(kept), golden.relative_to(kept).as_posix()]
    golden.write_text("{}")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=kept, check=True)
    monkeypatch.setitem(globals(), "ROOT", kept)
    copy = tmp_path / "copy"
    copy_repository(copy)
    assert (copy / "README.md").exists() and not any((copy / name).exists() for name in names)
    write_files(copy)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_machine_and_a_workload_built_by_the_pages_run(tmp_path):
    copy_repository(tmp_path)
    write_files(tmp_path)
    script = "".join("".join(COMMANDS.findall(page.read_text())) for page in PAGES[1:])
    shared = os.environ | {"CCACHE_BASEDIR": str(tmp_path), "CCACHE_NOHASHDIR": "1"}  # as scripts/test.sh
    shared.pop("LOCKSTEP_BIN", None)  # the program that is built here
    done = subprocess.run(
        ["bash", "-euxc", script], cwd=tmp_path, env=shared, capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rowwise.macs" in done.stdout
    kept = {path.name for path in (tmp_path / "tests/golden").glob("rowwise-*")}
    assert kept == {"rowwise-tiny-tiny.json", "rowwise-tiny-tiny-synthetic.json"}
    keys = (tmp_path / "docs/keys.md").read_text()
    assert "rowwise.macs" in keys and "| kind is parity |" in keys
    assert "(parity of 8 bits; 256 values are what the program computes)" in done.stdout
    assert (tmp_path / "out/parity/summary.json").exists()
    assert (tmp_path / "out/skip/layers.csv").read_text().count("\n") > 10
