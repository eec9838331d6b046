"""Axes, constraints and identities of a sweep, without running a point."""

import shutil

import pytest

pytest.importorskip("yaml", reason="needs python3-yaml (comes with python3-distributed)")

from scripts.sweeping import axes, design, inputs
from scripts.sweeping.constraints import Constraint
from scripts.sweeping.errors import SweepError
from scripts.sweeping.strict_yaml import load

from lockstep_program import PROGRAM, ROOT


def block(tmp_path, text):
    (tmp_path / "block.yaml").write_text(text)
    return load(tmp_path / "block.yaml")


def read(tmp_path, text):
    (tmp_path / "sweep.yaml").write_text(text)
    return design.read(tmp_path / "sweep.yaml", PROGRAM)


def expand(tmp_path, text):
    return axes.expand(block(tmp_path, text))


HEADER = "machines: [optimus-tiny]\nworkloads: [tiny-synthetic]\n"
MACS, WAYS = "optimus.mac_array.macs", "optimus.mac_array.sparse.ways"


def test_last_key_of_a_grid_varies_fastest(tmp_path):
    points = expand(tmp_path, "grid: {a: [1, 2], b: [x, y]}\nset: {c: true}")
    assert [(p["c"], p["a"], p["b"]) for p in points] == [
        (True, 1, "x"),
        (True, 1, "y"),
        (True, 2, "x"),
        (True, 2, "y"),
    ]


def test_values_of_a_zip_go_together(tmp_path):
    points = expand(tmp_path, "zip: [{a: [1, 2], b: [3, 4]}, {c: [5, 6]}]")
    assert [tuple(p.values()) for p in points] == [(1, 3, 5), (1, 3, 6), (2, 4, 5), (2, 4, 6)]


def test_points_of_a_list_need_not_have_the_same_keys(tmp_path):
    assert expand(tmp_path, "list: [{a: 1}, {b: 2, c: 3}]") == [{"a": 1}, {"b": 2, "c": 3}]


def test_ranges_between_large_whole_numbers_are_exact(tmp_path):
    low, high = 2**53 + 1, 2**64 - 1
    points = expand(tmp_path, f"grid: {{a: {{from: {low}, to: {low + 4}, steps: 5}}}}")
    assert [p["a"] for p in points] == [low + i for i in range(5)]
    for scale in ("linear", "log"):
        points = expand(tmp_path, f"grid: {{a: {{from: {low}, to: {high}, steps: 3, scale: {scale}}}}}")
        assert points[0]["a"] == low and points[-1]["a"] == high and low < points[1]["a"] < high
    points = expand(tmp_path, f"random: {{samples: 50, keys: {{a: {{from: {high - 5}, to: {high}}}}}}}")
    assert {p["a"] for p in points} == set(range(high - 5, high + 1))


def test_range_is_linear_or_logarithmic(tmp_path):
    points = expand(tmp_path, "grid: {a: {from: 8, to: 128, steps: 5, scale: log}}")
    assert [p["a"] for p in points] == [8, 16, 32, 64, 128]
    points = expand(tmp_path, "grid: {a: {from: 0.1, to: 0.3, steps: 3}}")
    assert [p["a"] for p in points] == [0.1, 0.2, 0.3]


RANDOM = "random: {samples: 40, seed: %d, method: %s, keys: {a: {from: 0.0, to: 1.0}, n: {from: 3, to: 6}}}"


def test_latin_hypercube_meets_every_stratum_once(tmp_path):
    points = expand(tmp_path, RANDOM % (1, "latin_hypercube"))
    assert sorted(int(p["a"] * 40) for p in points) == list(range(40))
    counts = [sum(p["n"] == n for p in points) for n in (3, 4, 5, 6)]
    assert counts == [10, 10, 10, 10]


def test_random_points_depend_on_the_seed_alone(tmp_path):
    one, again, other = (expand(tmp_path, RANDOM % (seed, "uniform")) for seed in (1, 1, 2))
    assert one == again != other
    assert {p["n"] for p in one} == {3, 4, 5, 6}


def test_random_multiples_stay_in_their_range(tmp_path):
    keys = "{a: {from: 100, to: 1000, scale: log, multiple_of: 64}}"
    points = expand(tmp_path, "random: {samples: 200, keys: %s}" % keys)
    assert {p["a"] for p in points} == set(range(128, 1000, 64))


@pytest.mark.parametrize(
    "text, message",
    [
        ("grid: {a: [1]}\nset: {a: 2}", "block.yaml:1: a: on two axes"),
        ("grid:\n  a: [1]\n  a: [2]", "block.yaml:3: key 'grid.a' is given twice"),
        ("grid:\n  a: 3", "block.yaml:2: a: must be a list of values, or a range with from and to"),
        ("grid:\n  a: []", "block.yaml:2: a: has no value"),
        ("grid:\n  a: {from: 1, too: 2}", "too: unknown key; the nearest one is to"),
        ("grid:\n  a: {from: 1, to: 2, steps: 1}", "a: steps must be at least 2"),
        ("zip: {a: [1], b: [1, 2]}", "equally long: a has 1, b has 2"),
        ("random: {samples: 3, kyes: {a: [1]}}", "kyes: unknown key; the nearest one is keys"),
        ("random: {samples: 3, keys: {a: {from: 1, to: 3, multiple_of: 8}}}", "no multiple of 8"),
    ],
)
def test_mistake_on_an_axis_is_named(tmp_path, text, message):
    with pytest.raises(SweepError) as error:
        expand(tmp_path, text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text, values, holds",
    [
        ("a % b == 0", {"a": 6, "b": 3}, True),
        ("a.x * 2 <= b - 1 or b == 'csc'", {"a.x": 4, "b": 8}, False),
        ("not a and b in [1, 2]", {"a": False, "b": 2}, True),
        ("1 < a < 3", {"a": 3}, False),
        ("a == true", {"a": True}, True),
    ],
)
def test_constraint_holds_or_not(text, values, holds):
    constraint = Constraint(text)
    assert set(constraint.keys) == set(values)
    assert constraint.holds(values) is holds


@pytest.mark.parametrize("text", ["a +", "open('x')", "a[0] == 1", "a ** b > 1", "[x for x in a]"])
def test_constraint_runs_no_code(text):
    with pytest.raises(SweepError):
        Constraint(text)


def test_constraint_sees_settings_then_the_file_then_defaults(tmp_path):
    # The file has 4 ways; the pipeline depth is the default, 4.
    text = HEADER + f"grid: {{{MACS}: [16, 32, 64]}}\n"
    text += f"constraints: ['{MACS} >= 8 * {WAYS}', '{MACS} < 16 * optimus.mac_array.pipeline_depth_cycles']\n"
    found = read(tmp_path, text)
    assert [p.settings[MACS] for p in found.points] == [32]
    assert found.excluded == 2


def test_machines_and_workloads_have_axes_of_their_own(tmp_path):
    machines = f"machines: [optimus-tiny, {{name: wide, file: optimus-tiny, grid: {{{WAYS}: [2, 4]}}}}]\n"
    found = read(tmp_path, machines + "workloads: [tiny-synthetic]\ngrid: {workload.seed: [1, 2]}\n")
    assert [(p.machine.name, p.settings.get(WAYS), p.settings["workload.seed"]) for p in found.points] == [
        ("optimus-tiny", None, 1),
        ("optimus-tiny", None, 2),
        ("wide", 2, 1),
        ("wide", 4, 1),
        ("wide", 2, 2),
        ("wide", 4, 2),
    ]


@pytest.mark.parametrize(
    "text, message",
    [
        (HEADER + "gird: {a: [1]}", "sweep.yaml:3: gird: unknown key; the nearest one is grid"),
        ("machines: [optimus-tinny]\nworkloads: [tiny]", "no such file; the nearest one is optimus-tiny"),
        ("machines: [optimus, optimus]\nworkloads: [tiny]", "machines: optimus: given twice"),
        (HEADER + "grid:\n  optimus.mac_array.mac: [1]", "sweep.yaml:4: optimus.mac_array.mac: is not a key of"),
        (HEADER + "grid:\n  workload.sead: [1]", "the nearest one is workload.seed"),
        (HEADER + "constraints: [workload.sead > 1]", "workload.sead: unknown key; the nearest one is workload.seed"),
        (HEADER + "constraints: [workload.seed > 'x']", "constraint 'workload.seed > 'x''"),
        (HEADER + "constraints: [workload.seed > 1]", "no point satisfies the constraints"),
        (HEADER + "limits: {second: 1}", "second: unknown key; the nearest one is seconds"),
        (HEADER + "limits:\n  seconds: 0", "sweep.yaml:4: seconds: must be a number from 0.001"),
        (HEADER + "values: 1", "values: must be true or false"),
        ("machines: []\nworkloads: [tiny]", "machines: required"),
        (HEADER + "grid: {a: [1}", "sweep.yaml:3: "),
    ],
)
def test_mistake_in_a_sweep_file_is_named(tmp_path, text, message):
    with pytest.raises(SweepError) as error:
        read(tmp_path, text)
    assert message in str(error.value)


def identity(program=PROGRAM, machine="arch-configs/optimus-tiny.yaml", settings={}, options=()):
    return inputs.identity(program, ROOT / machine, ROOT / "workloads/tiny.yaml", settings, list(options))


def copied(tmp_path, name, old="# A small", new="# An equally small"):
    """A copy of the small machine with its energy tables; the machine's file is changed in one place."""
    folder = tmp_path / name
    (folder / "energy").mkdir(parents=True)
    for file in ["optimus-tiny.yaml", "energy/28nm.yaml", "energy/sram-cacti7.csv"]:
        shutil.copy(ROOT / "arch-configs" / file, folder / file)
    machine = folder / "optimus-tiny.yaml"
    assert old in machine.read_text()
    machine.write_text(machine.read_text().replace(old, new))
    return machine


def test_identity_is_of_what_is_read_not_of_its_name(tmp_path):
    other = copied(tmp_path, "other")
    assert identity(machine=other) == identity()
    assert identity(settings={MACS: 16}) == identity()  # what the file says anyway


def test_identity_changes_with_program_settings_tables_and_options(tmp_path):
    other_program = tmp_path / "program"
    other_program.write_text("x")
    dearer = copied(tmp_path, "dearer")
    sram = dearer.parent / "energy/sram-cacti7.csv"
    sram.write_text(sram.read_text() + "\n")
    others = [
        identity(program=other_program),
        identity(settings={MACS: 32}),
        identity(machine=dearer),
        identity(options=["--no-values"]),
        identity(settings={"workload.trace": "traces/none.safetensors"}),
    ]
    assert len({identity(), *others}) == 6


def test_sweeps_of_the_repository_can_be_read():
    sizes = {f.stem: len(design.read(f, PROGRAM).points) for f in (ROOT / "scripts/sweeps").glob("*.yaml")}
    assert sizes["optimus-window"] == 30 and sizes["optimus-thousand"] == 1000
