"""`lockstep rtl`: the folder that it writes, linted and replayed by Verilator as its README.md says."""

import json
import os
import re
import shutil
import subprocess

import pytest

from lockstep_program import error_of, files_of, run_ok

SPATIAL = ["poetbin", "tiny-luts", "--set", "poetbin.source.gap_cycles=1", "--set", "poetbin.sink.blocked_cycles=2"]
FABRIC = ["poetbin-tiny", "tiny-luts"]
needs_verilator = pytest.mark.skipif(not shutil.which("verilator"), reason="Verilator is not installed (apt install verilator)")


def generate(folder, arguments):
    run_ok("rtl", *arguments, "-o", folder)
    return folder


def verilator_command(folder):
    """The line of README.md that builds the test bench."""
    return re.search(r"^    (verilator .*)$", (folder / "README.md").read_text(), re.M)[1].split()


def build(folder):
    environment = dict(os.environ, OBJCACHE="ccache" if shutil.which("ccache") else "")
    done = subprocess.run(verilator_command(folder), cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


def replay(folder):
    return subprocess.run(["obj_dir/Vtb"], cwd=folder, capture_output=True, text=True, timeout=120)


def cycles(arguments, folder):
    run_ok("run", *arguments, "-o", folder)
    return json.loads((folder / "summary.json").read_text())["metrics"]["cycles"]["value"]


def change_first_digit(path, pattern):
    """Turns every bit of the hexadecimal digit that `pattern` ends before."""
    text = path.read_text()
    at = re.search(pattern, text).end()
    path.write_text(text[:at] + f"{int(text[at], 16) ^ 15:x}" + text[at + 1 :])


@needs_verilator
def test_spatial_netlist_replays_and_a_wrong_table_is_caught(tmp_path):
    folder = generate(tmp_path / "rtl", SPATIAL)
    build(folder)
    done = replay(folder)
    assert done.returncode == 0, done.stdout
    assert f"PASS: 70 of 70 samples right, {cycles(SPATIAL, tmp_path / 'run')} cycles as simulated" in done.stdout

    change_first_digit(folder / "poetbin_spatial.sv", r"8'h(?=[0-9a-f]+\)\) scores_)")
    build(folder)
    done = replay(folder)
    assert done.returncode != 0
    assert re.search(r"FAIL: 70 of 70 samples taken .*; [1-9]\d* wrong", done.stdout), done.stdout


@needs_verilator
def test_serial_entry_at_the_bottom_replays_and_the_other_order_of_words_is_caught(tmp_path):
    serial = ["poetbin-serial", "tiny-luts", "--set", "poetbin.spatial.serial_bits=7", "--set"]
    folder = generate(tmp_path / "rtl", [*serial, "poetbin.spatial.serial_entry=bottom"])
    build(folder)
    assert replay(folder).stdout.count("PASS: 70 of 70 samples right, ") == 1
    top = generate(tmp_path / "top", [*serial, "poetbin.spatial.serial_entry=top"])
    assert (top / "expected.hex").read_text() == (folder / "expected.hex").read_text()
    (folder / "inputs.hex").write_text((top / "inputs.hex").read_text())
    assert replay(folder).returncode != 0


@needs_verilator
def test_fabric_replays_and_wrong_files_are_caught(tmp_path):
    folder = generate(tmp_path / "rtl", FABRIC)
    build(folder)
    done = replay(folder)
    assert done.returncode == 0, done.stdout
    assert f"PASS: 70 of 70 samples right, {cycles(FABRIC, tmp_path / 'run')} cycles as simulated" in done.stdout

    for name in ("config.hex", "expected.hex"):
        original = (folder / name).read_text()
        lines = original.splitlines()
        lines = [f"{int(line, 16) ^ 1:x}" for line in lines] if name == "expected.hex" else lines[::-1]
        (folder / name).write_text("\n".join(lines) + "\n")
        assert replay(folder).returncode != 0, name
        (folder / name).write_text(original)
    assert replay(folder).returncode == 0


@needs_verilator
@pytest.mark.parametrize(
    "arguments",
    [
        ["poetbin", "tiny-luts"],
        ["poetbin-pipelined", "tiny-luts"],
        ["poetbin-serial", "tiny-luts", "--set", "poetbin.argmax=true"],
        ["poetbin-serial", "tiny-luts", "--set", "poetbin.spatial.serial_bits=4"],
        ["poetbin-serial", "tiny-luts", "--set", "poetbin.spatial.serial_bits=7", "--set", "poetbin.spatial.serial_entry=bottom"],
        FABRIC,
        ["poetbin-fabric", "tiny-luts", "--set", "poetbin.fabric.luts=4", "--set", "poetbin.fabric.banks=5"],
    ],
    ids=lambda a: " ".join(a),
)
def test_every_variant_is_clean_under_lint(tmp_path, arguments):
    folder = generate(tmp_path / "rtl", arguments)
    command = ["--lint-only" if w == "--binary" else w for w in verilator_command(folder)]
    done = subprocess.run([*command, "-Wall", "--timing"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_equal_inputs_give_equal_files(tmp_path):
    one = files_of(generate(tmp_path / "one", SPATIAL))
    assert one == files_of(generate(tmp_path / "two", SPATIAL))
    assert {"poetbin_spatial.sv", "tb.sv", "inputs.hex", "expected.hex", "lint.vlt", "README.md", "rtl.json"} < set(one)


def test_names_come_from_level_and_labels(tmp_path):
    netlist = (generate(tmp_path / "rtl", SPATIAL) / "poetbin_spatial.sv").read_text()
    assert re.search(r"\) trees_neuron_1_group_0_tree_2 \(\.addr_i\(\{features\[\d+\], ", netlist)
    assert re.search(r"\) scores_class_2_bit_4 \(.*\.out_o\(scores_bits\[14\]\)\);", netlist)


def test_machines_without_rtl_say_so(tmp_path):
    assert "this machine has no SystemVerilog" in error_of("rtl", "optimus", "tiny", "-o", tmp_path / "a", code=2)
    assert "columns has no SystemVerilog" in error_of("rtl", "poetbin-columns", "tiny-luts", "-o", tmp_path / "a", code=2)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    error_of("rtl", *SPATIAL, "-o", tmp_path, code=2)
    assert [f.name for f in tmp_path.iterdir()] == ["mine.txt"]
    folder = generate(tmp_path / "rtl", FABRIC)
    generate(folder, SPATIAL)  # the machine's own folder is replaced as a whole
    assert "config.hex" not in files_of(folder)
