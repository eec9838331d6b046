"""docs/tutorial.md, followed literally (without its first step, the quick start)."""

import re
import shutil
import subprocess

from lockstep_program import PROGRAM, ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text()
PARTS = re.compile(r"^```sh\n(.*?)^```$|^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def workplace(folder):
    """The tree as the page sees it, with the program built, and an `out` of its own."""
    for name in ("arch-configs", "workloads", "scripts", "docs", "sim"):
        (folder / name).symlink_to(ROOT / name)
    program = folder / "build/release/sim/app/lockstep"
    program.parent.mkdir(parents=True)
    shutil.copy2(PROGRAM, program)


def script():
    """The page's commands, each file written where the page shows it."""
    lines = ["shopt -s expand_aliases"]
    for commands, path, text in PARTS.findall(PAGE):
        lines.append(commands or f"mkdir -p $(dirname {path})\ncat > {path} <<'END'\n{text}END\n")
    return "\n".join(lines)


def test_every_command_works_and_leaves_what_the_page_says(tmp_path):
    workplace(tmp_path)
    done = subprocess.run(
        ["bash", "-eu", "-c", script()], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    out = tmp_path / "out/tutorial"
    assert (out / "full/report.html").read_text().startswith("<!DOCTYPE html>")
    assert (out / "seen/timeline.json").stat().st_size > 1000
    assert (out / "window/summary.csv").read_text().count("\n") == 26
    assert {p.name for p in (out / "figures").iterdir()} == {
        f"window.{kind}" for kind in ("pdf", "svg", "png", "csv")
    }
