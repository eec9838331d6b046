"""scripts/packages.sh: which packages are missing, and what is said when they cannot be installed."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bash(script, **options):
    command = f"set -euo pipefail; source scripts/packages.sh; {script}"
    return subprocess.run(
        ["/bin/bash", "-c", command], cwd=ROOT, capture_output=True, text=True, **options
    )


def fake(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_only_what_is_not_installed_is_missing(tmp_path):
    fake(tmp_path, "dpkg-query", '[ "$4" = bash ] && printf installed')
    assert (
        bash("missing_packages bash nonsense", env={"PATH": f"{tmp_path}:/usr/bin:/bin"}).stdout
        == "nonsense\n"
    )


def test_without_root_and_sudo_the_command_is_stated(tmp_path):
    for name, script in {"dpkg-query": "exit 1", "apt-get": "exit 0", "id": "echo 1000"}.items():
        fake(tmp_path, name, script)
    done = bash("install_packages libfmt-dev", env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "As root: apt-get install libfmt-dev" in done.stderr


def test_nothing_is_installed_when_nothing_is_missing(tmp_path):
    fake(tmp_path, "dpkg-query", "printf installed")
    fake(tmp_path, "apt-get", "echo apt-get was called; exit 1")
    done = bash("install_packages libfmt-dev", env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (0, "")


def test_unknown_option_of_the_test_script_is_refused():
    done = subprocess.run(
        [ROOT / "scripts/test.sh", "--frobnicate"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (2, "usage: scripts/test.sh [--extended]\n")
