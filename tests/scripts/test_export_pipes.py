"""What is no file, a pipe above all, is refused at once."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("numpy")

COMMANDS = {
    "inspect": (["{}"], 1),
    "convert": (["{}", "-o", "{}.made"], None),
    "scale_sim": (["{}", "-o", "{}.yaml"], 3),
    "onnx": (["{}", "tokens.json", "-o", "{}.safetensors"], 3),
    "luts": (["{}", "--format", "blif", "-o", "{}.safetensors"], 3),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_is_refused(name, tmp_path):
    if name == "onnx":
        pytest.importorskip("onnx")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments, code = COMMANDS[name]
    (tmp_path / "tokens.json").write_text(
        '{"bos": 1, "eos": 2, "max_tokens": 4, "calibration": [[[3], [3]]], "sentences": [{"tokens": [3]}]}'
    )
    filled = [argument.format(pipe).replace("tokens.json", str(tmp_path / "tokens.json")) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.export.{name}", *filled], capture_output=True, text=True, timeout=60
    )
    assert "/pipe: " in done.stderr and "it is a pipe or a device, not a file" in done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.returncode and code in (None, done.returncode)


def test_a_pipe_with_tokens_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    graph = onnx.helper.make_graph([], "empty", [], [])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "m.onnx"))
    os.mkfifo(tmp_path / "tokens.json")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.export.onnx", tmp_path / "m.onnx", tmp_path / "tokens.json", "-o", tmp_path / "t"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "tokens.json: cannot read: it is a pipe" in done.stderr and done.returncode == 3
