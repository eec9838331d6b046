"""A refusal names a key as the file has it, with all the blocks around it: for all keys, and for values of the wrong type as
well as those at the ends of a range, of which it may be another key that does not go with them."""

import itertools
import json
import re
import shutil

import pytest

from lockstep_program import ROOT, error_of, lockstep, run_ok
from test_key_ranges import MACHINES, WORKLOADS

SECTIONS = {section["name"]: section["keys"] for section in json.loads(run_ok("keys", "--json").stdout)["sections"]}
SUBJECT = re.compile(r"(?:--set \S+=.*?: |\S+:\d+: )?([a-z_][\w.]*)(?:: | is )")
LAYER = re.compile(r"operator '|\S+:\d+: layers\[\d+\]: ")
LIMIT = ["--memory-limit", "1G"]


def text(number):
    return str(int(number)) if float(number).is_integer() else str(number)


def wrong_values(key):
    """Values of other types; numbers are also outside of their range."""
    if key["type"] == "block":
        return ["1", "[1]"]
    if key["type"] == "text":
        return ["[1]", "{a: 1}"]
    return ["many", "{a: 1}", "[[1]]"] + (["-1"] if "of" not in key["type"] else [])


def extreme_values(key):
    ends = [text(key[end]) for end in ("minimum", "maximum") if key[end] is not None]
    if key["type"].startswith("list"):
        return [f"[{end}]" for end in ends] + [f"[{', '.join([ends[0]] * 2)}]" for _ in ends[:1]]
    return ends + key["choices"] + (["true", "false"] if key["type"] == "flag" else [])


def subject(message):
    """The key that the message is about, which stands behind the file and line or the option."""
    found = SUBJECT.match(message)
    return found and found[1]


def names_its_cause(message, keys):
    """A block is a cause only as a whole, when it does not apply."""
    names = [key["key"] for key in keys if key["type"] != "block" or "is read only when" in message]
    return subject(message) in names or LAYER.match(message)


def refusals(commands, key, values):
    """Of each value, under the first command that reads the key."""
    blocks = "|".join(itertools.accumulate(key.removeprefix("workload.").split("."), "{}[.]{}".format))
    unread = re.compile(f" ({blocks}): is read only when")
    for value in values:
        for words in commands:
            done = lockstep("check", *words, *LIMIT, "--set", f"{key}={value}")
            if not unread.search(done.stderr):
                break
        else:
            raise AssertionError(f"no command reads {key}")
        if done.returncode:
            yield value, done.returncode, done.stderr.removeprefix("lockstep: error: ").strip()


def assert_named(commands, key, keys, prefix=""):
    path = prefix + key["key"]
    wrong = list(refusals(commands, path, wrong_values(key)))
    assert len(wrong) == len(wrong_values(key)), f"{path} takes one of {wrong_values(key)}"
    for value, code, message in wrong:
        assert code == 2 and subject(message) == key["key"], (path, value, message)
    for value, code, message in refusals(commands, path, extreme_values(key)):
        assert code == 4 or names_its_cause(message, keys), (path, value, message)


@pytest.mark.parametrize("machine", MACHINES)
def test_keys_of_a_machine_are_named_in_full(machine):
    keys = SECTIONS[machine]
    workload = "tiny-synthetic" if machine == "optimus" else "tiny-luts"
    commands = [[words[0], workload, *words[1:]] for words in MACHINES[machine]]
    for key in keys:
        assert_named(commands, key, keys)


def registers_alone(folder):
    """A register program that is right in every configuration, since nothing runs."""
    (folder / "still.cfg").write_text("reg_write(NVDLA_GLB.S_INTR_MASK_0, 0);\n")
    (folder / "still.yaml").write_text("kind: nvdla_program\nprogram: still.cfg\nconfiguration: nv_small\n")
    return folder / "still.yaml"


def test_keys_of_a_workload_are_named_in_full(tmp_path):
    machine = {"tiny-luts": ["poetbin"], "squeezenet-1.1": [], "gpt-2-small": []}  # without one: by itself
    commands = [[*machine.get(words[0], ["optimus"]), *words] for words in WORKLOADS if "workload.mask.kind=iid" not in words]
    for settings in (["mask.kind=measured", "mask.trace=traces/tiny.safetensors", "mask.row_sigma=", "mask.column_sigma="],
                     ["sentences.lengths=histogram", "sentences.file=lengths/en-de.csv",
                      "sentences.source_tokens=", "sentences.target_tokens="]):
        words = [word for setting in settings for word in ("--set", f"workload.{setting}")]
        commands.append(["optimus", "tiny-synthetic", *words])
    commands.append([registers_alone(tmp_path)])
    keys = SECTIONS["workload"] + SECTIONS["optimus"]
    for key in SECTIONS["workload"]:
        if "[]" in key["key"]:  # in a list, which --set does not reach: tests/unit/workload/kinds
            continue
        assert_named(commands, key, keys, "workload.")


BLOCKS_OF_ENERGY = ("rows", "sram", "voltage_v", "areas", "logic_area_overhead")


def energy_file(**changed):
    """A table of one row, one area and the memories, with other values under the given keys."""
    values = {"rows[].event": "multiply", "rows[].width_bits": 8, "rows[].value_pj": 1, "rows[].unit": "pJ",
              "rows[].off_chip": "false", "rows[].node_nm": 28, "rows[].scaled_from_nm": 45, "rows[].source": "s",
              "sram.voltage_v.lstp": 1, "sram.voltage_v.lstp_hp": 1, "sram.voltage_v.hp": 1,
              "sram.file": "sram-cacti7.csv", "sram.node_nm": 28, "sram.source": "s", "voltage_v": 1,
              "areas[].component": "add", "areas[].width_bits": 8, "areas[].area_um2": 1, "areas[].node_nm": 28,
              "areas[].scaled_from_nm": 45, "areas[].source": "s",
              "logic_area_overhead.factor": 2, "logic_area_overhead.source": "s"} | changed
    values.setdefault("sram.voltage_v", block(values, "sram.voltage_v."))
    values.setdefault("sram", block(values, "sram."))
    values.setdefault("logic_area_overhead", block(values, "logic_area_overhead."))
    for name in ("rows", "areas"):
        values.setdefault(name, f"[{block(values, f'{name}[].')}]")
    return "".join(f"{key}: {values[key]}\n" for key in BLOCKS_OF_ENERGY)


def block(values, prefix):
    """The keys directly under the prefix, as one line of YAML."""
    inside = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    return "{" + ", ".join(f"{key}: {value}" for key, value in inside.items() if "." not in key) + "}"


def test_keys_of_an_energy_file_are_named_in_full(tmp_path):
    shutil.copy(ROOT / "arch-configs/energy/sram-cacti7.csv", tmp_path)
    table, arch = tmp_path / "table.yaml", tmp_path / "arch.yaml"
    arch.write_text("accelerator: poetbin\nclock_mhz: 1\nenergy_tables: [table.yaml]\n")
    table.write_text(energy_file())
    run_ok("check", arch)
    for key in SECTIONS["energy"]:
        path = key["key"].replace("[]", "[0]")
        line = 1 + BLOCKS_OF_ENERGY.index(path.split(".")[0].removesuffix("[0]"))
        for value in wrong_values(key) + (["gone"] if path == "sram.file" else ["29"] if path == "sram.node_nm" else []):
            table.write_text(energy_file(**{key["key"]: value}))
            message = error_of("check", arch, code=3 if value == "gone" else 2)
            assert f"{table}:{line}: {path}: " in message, (path, value, message)


def test_check_and_run_say_the_same_of_samples_that_glitches_cannot_take(tmp_path):
    words = ["poetbin", "tiny-luts", "--set", "poetbin.spatial.glitches=true"]
    words += ["--set", "poetbin.source.samples=1000000000", "--memory-limit", "1T"]
    refusal = error_of("check", *words, code=2)
    assert subject(refusal) == "poetbin.source.samples"
    assert error_of("run", *words, "-o", tmp_path / "out", code=2) == refusal
