"""The commands that explain: help, keys, metrics, list, compare, doctor; and the pages made from them."""

import json
import re

import pytest

from lockstep_program import ROOT, error_of, run_ok

COMMANDS = ["run", "check", "rtl", "keys", "list", "compare", "metrics", "doctor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    assert f"Usage: lockstep {command}" in run_ok(command, "--help").stdout


def test_help_states_exit_codes_and_examples():
    text = run_ok("--help").stdout
    assert "130 interrupted" in text
    assert "lockstep run optimus translation" in text
    for command in COMMANDS:
        assert f"\n  {command} " in text


@pytest.mark.parametrize("page", ["keys", "metrics"])
@pytest.mark.parametrize("form, suffix", [("--markdown", "md"), ("--json", "json")])
def test_generated_page_is_current(page, form, suffix):
    assert (ROOT / f"docs/{page}.{suffix}").read_text() == run_ok(page, form).stdout, "run scripts/docs.sh"


def test_every_key_says_what_it_means():
    sections = json.loads(run_ok("keys", "--json").stdout)["sections"]
    keys = [key for section in sections for key in section["keys"]]
    assert len(keys) > 50
    assert [key["key"] for key in keys if not key["description"]] == []


def test_keys_of_one_file_only():
    assert "value_pj" in run_ok("keys", "energy").stdout
    assert "mac_array" not in run_ok("keys", "workload").stdout
    assert "optimus.mac_array.macs\n      integer, MACs, 1 … 65536, default 1024\n" in run_ok("keys", "optimus").stdout


def test_list_names_every_preset():
    text = run_ok("list").stdout
    for folder in ("arch-configs", "workloads"):
        for preset in (ROOT / folder).glob("*.yaml"):
            assert f"\n  {preset.stem} " in text
            assert preset.read_text().startswith("# "), f"{preset.name} does not say what it is"


@pytest.mark.parametrize("preset", sorted(p.stem for p in (ROOT / "arch-configs").glob("*.yaml")))
def test_every_architecture_is_right(preset):
    assert "right" in run_ok("check", preset).stdout


MAPS = ("fashion-residual", "fashion-depthwise", "tiny-maps")  # networks of convolutions


@pytest.mark.parametrize("preset", sorted(p.stem for p in (ROOT / "workloads").glob("*.yaml")))
def test_every_workload_is_right_and_fits_the_machine_of_its_kind(preset):
    assert f"workloads/{preset}.yaml: right" in run_ok("check", preset).stdout
    if preset in MAPS:
        assert f"workloads/{preset}.yaml: right" in run_ok("check", "nv-large", preset).stdout
        error = error_of("check", "optimus", preset, code=2)
        assert error.startswith(f"{preset}: optimus runs networks of tokens, without maps and without conv2d, ")
        assert "; operator '" in error
        return
    luts = "kind: luts" in (ROOT / f"workloads/{preset}.yaml").read_text()
    machine = "poetbin" if luts else "optimus"
    assert f"workloads/{preset}.yaml: right" in run_ok("check", machine, preset).stdout


def test_a_machine_refuses_a_workload_of_another_kind_by_name():
    error = error_of("check", "optimus", "tiny-luts", code=2)
    assert error == "tiny-luts: optimus runs networks and sparse matrix products; this workload is a look-up-table program"


def test_a_tampered_program_is_refused(tmp_path):
    """The last byte of the file belongs to its vectors."""
    content = bytearray((ROOT / "workloads/traces/tiny-luts.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "t.safetensors").write_bytes(content)
    (tmp_path / "t.yaml").write_text("kind: luts\nprogram: t.safetensors\n")
    error = error_of("check", tmp_path / "t.yaml", code=1)
    assert re.search(r"sample 49, level 3 'scores', LUT \d+: the file says \d, computed was \d", error)


def test_ladder_differs_from_step_to_step_in_one_thing():
    def machine(name):
        return (ROOT / f"arch-configs/{name}.yaml").read_text().split("optimus:\n", 1)[1].splitlines()

    ladder = ["optimus-baseline", "optimus-ladder-1-skip", "optimus-ladder-2-rcsc", "optimus-ladder-3-sa-rcsc", "optimus"]
    for below, above in zip(ladder, ladder[1:]):
        changed = [line for line in machine(above) if line not in machine(below)]
        assert len(changed) == 1, (below, above, changed)


def test_doctor_reports_what_is_there():
    text = run_ok("doctor").stdout
    assert "SystemC 2.3" in text
    assert "cmake" in text and "SystemC" in text


def test_version_states_the_revision():
    assert run_ok("--version").stdout.startswith("lockstep 0.1.0 (")
