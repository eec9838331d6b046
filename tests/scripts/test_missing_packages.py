"""Commands that lack a package say in one line which Debian package has it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = """import runpy, sys
sys.modules[sys.argv.pop(1)] = None
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)"""


def run(missing, module, *words):
    command = [sys.executable, "-c", RUN, missing, module, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("missing", "module", "words"),
    [
        ("numpy", "scripts.export.onnx", ["m.onnx", "t.json", "-o", "x.safetensors"]),
        ("onnx", "scripts.export.onnx", ["m.onnx", "t.json", "-o", "x.safetensors"]),
        ("numpy", "scripts.export.inspect", ["x.safetensors"]),
        ("numpy", "scripts.export.make_tiny_trace", ["x.safetensors"]),
        ("numpy", "scripts.models.poetbin.export_program", ["work", "x.safetensors"]),
        ("torch", "scripts.models.fashion.train", []),
        ("sentencepiece", "scripts.models.language.train", []),
        ("torch", "scripts.models.poetbin.train", []),
        ("torch", "scripts.models.translation.train", []),
    ],
)
def test_a_missing_package_is_one_line_that_names_it(missing, module, words):
    done = run(missing, module, *words)
    assert done.returncode == 3
    assert done.stderr == f"error: {missing} is missing: apt install python3-{missing}\n"


def test_help_needs_no_package():
    assert run("numpy", "scripts.export.onnx", "--help").returncode == 0
