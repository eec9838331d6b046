"""The scripts of docs/exporting.md run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lockstep_program import run_ok

from scripts.export.reference_outputs import verify_reference
from scripts.export.trace import read_trace

pytest.importorskip("torch", reason="python3-torch is not installed")
pytest.importorskip("onnx", reason="python3-onnx is not installed")

ROOT = Path(__file__).parents[2]
SCRIPTS = re.findall(r"```python\n(.*?)\n```", (ROOT / "docs/exporting.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("number", "trace"), [(0, "stripes"), (1, "characters"), (2, "backwards"), (3, "small")])
def test_script_writes_a_true_trace(number, trace, tmp_path):
    (tmp_path / "README.md").write_text((ROOT / "README.md").read_text("utf-8"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPTS[number]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = read_trace(tmp_path / f"{trace}.safetensors")
    verify_reference(found, trace)
    workload = tmp_path / "workload.yaml"
    workload.write_text(f"kind: trace\ntrace: {trace}.safetensors\n", "utf-8")
    assert "values are what the program computes" in run_ok("check", workload).stdout
    agreement = float(re.search(r"choose alike in ([\d.]+)%", done.stdout).group(1))
    assert agreement > 90
    assert all(len(line) <= 110 for line in SCRIPTS[number].splitlines())
