"""docs/lut-program.md says what the code does: its example is run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep_program import ROOT, error_of, run_ok
from scripts.export.lut_file import read_program
from scripts.export.lut_rules import KEYS, LEVEL_KEYS

PAGE = (Path(__file__).parents[2] / "docs/lut-program.md").read_text("utf-8")


def block(language):
    (text,) = re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)
    return text


@pytest.fixture
def adder(tmp_path):
    """The folder after the page was followed."""
    subprocess.run([sys.executable, "-c", block("python")], cwd=tmp_path, check=True)
    (tmp_path / "adder.yaml").write_text(block("yaml") + "\n")
    return tmp_path


def test_example_is_a_program_that_both_readers_take(adder):
    program = read_program(adder / "adder.safetensors")
    assert [level.fan_in for level in program.levels] == [2, 3]
    assert run_ok("check", "adder.yaml", cwd=adder).stdout == block("text") + "\n"


def test_wrong_table_in_the_example_is_found(adder):
    wrong = block("python").replace("0b11111000", "0b11101000")
    subprocess.run([sys.executable, "-c", wrong], cwd=adder, check=True)
    error = error_of("check", "adder.yaml", code=1, cwd=adder)
    assert error == "sample 3, class 0: the file says 2, computed was 0"


def test_loop_in_the_example_is_refused(adder):
    loop = block("python").replace("(3, 2, 4)", "(3, 2, 6)")
    subprocess.run([sys.executable, "-c", loop], cwd=adder, check=True)
    error = error_of("check", "adder.yaml", code=2, cwd=adder)
    assert error.startswith(
        "adder.safetensors: level 1 'full': LUT 1, pin 2: reads signal 6, LUT 1 of level 'full', and would close a loop"
    )


def test_every_field_and_tensor_is_described():
    for field in KEYS + LEVEL_KEYS:
        assert f"`{field}`" in PAGE or f'"{field}"' in PAGE
    for tensor in ("level.K.sources", "level.K.tables", "level.K.labels", "outputs"):
        assert f"| `{tensor}` |" in PAGE
    assert (ROOT / "docs/README.md").read_text().count("lut-program.md") >= 1
