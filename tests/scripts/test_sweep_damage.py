"""Results that something has happened to: each is named, kept aside and made again; none is taken for whole, or ends a sweep."""

import json
import os
import random
import shutil
import subprocess
from types import SimpleNamespace

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")

from scripts.base import result
from scripts.sweep import main as sweep_main
from scripts.sweeping import search, table as sweep_table
from scripts.sweeping.folder import SweepFolder
from test_sweep_run import COLUMNS, TINY, calls, command, counting_program, error_of, points, sweep, table

SEVERAL_POINTS = TINY + f"grid: {{{COLUMNS}: [4, 8]}}\n"


def edited(change):
    """Damage by a change of what the JSON holds."""

    def damage(path):
        summary = json.loads(path.read_text())
        change(summary)
        path.write_text(json.dumps(summary))

    return damage


def replaced(text):
    return lambda path: path.write_bytes(text)


def in_its_place(make):
    def damage(path):
        path.unlink()
        make(path)

    return damage


def file_as_folder(path):
    shutil.rmtree(path.parent)
    path.parent.write_text("")


NOT_JSON = "summary.json: is not JSON; the file is damaged"
DAMAGES = {
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-3]), NOT_JSON),
    "empty": (replaced(b""), NOT_JSON),
    "zeros": (lambda path: path.write_bytes(bytes(path.stat().st_size)), NOT_JSON),
    "binary": (replaced(b"\xff\xfe\x00\x80"), NOT_JSON),
    "deep": (replaced(b"[" * 200_000), NOT_JSON),
    "long number": (replaced(b'{"schema": ' + b"9" * 100_000 + b"}"), NOT_JSON),
    "half a character": (edited(lambda s: s["metrics"].update({"\ud800": {"value": 1, "unit": ""}})), NOT_JSON),
    "no number": (edited(lambda s: s["metrics"]["cycles"].update(value=float("nan"))), NOT_JSON),
    "list": (replaced(b"[]"), "summary.json: not a result of schema"),
    "other schema": (edited(lambda s: s.update(schema="lockstep-result-0")), "summary.json: not a result of schema"),
    "no metrics": (edited(lambda s: s.pop("metrics")), "summary.json: has no block 'metrics'"),
    "metrics of another type": (edited(lambda s: s.update(metrics=[1])), "summary.json: has no block 'metrics'"),
    "metric without value": (edited(lambda s: s["metrics"]["cycles"].pop("value")), "'cycles' has no value"),
    "metric of another type": (edited(lambda s: s["metrics"].update(cycles=7)), "'cycles' has no value"),
    "folder": (in_its_place(os.mkdir), "summary.json: is a folder, not a file"),
    "pipe": (in_its_place(os.mkfifo), "summary.json: is not a file"),
    "link to nothing": (in_its_place(lambda path: path.symlink_to("nowhere")), "summary.json: cannot be read: No such file"),
    "file removed": (os.unlink, "summary.json: cannot be read: No such file"),
    "file for the folder": (file_as_folder, "summary.json: cannot be read: Not a directory"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep with a point for each damage."""
    folder = tmp_path_factory.mktemp("whole")
    text = TINY + f"grid: {{{COLUMNS}: {{from: 4, to: {3 + len(DAMAGES)}, steps: {len(DAMAGES)}}}}}\n"
    program = counting_program(folder)
    sweep(folder, text, "--lockstep", program)
    return folder, text, program


def test_damaged_results_are_named_kept_and_made_again(whole):
    folder, text, program = whole
    before = (folder / "out/summary.csv").read_bytes()
    names = [row["folder"] for row in table(folder)]
    for name, (damage, _) in zip(names, DAMAGES.values()):
        damage(folder / "out/points" / name / "summary.json")
    assert {line.split()[1] for line in sweep(folder, text, "--dry-run").stdout.splitlines()[:-1]} == {"missing"}
    runs = len(calls(folder))
    log = sweep(folder, text, "--lockstep", program).stderr
    for number, (name, (_, message)) in enumerate(zip(names, DAMAGES.values()), 1):
        (line,) = [line for line in log.splitlines() if line.startswith(f"point {number}: ")]
        assert f"{name}/{message}" in line.replace("metrics: ", f"{name}/") and f"out/damaged/{name}" in line
        assert os.path.lexists(folder / "out/damaged" / name)
    assert len(calls(folder)) == runs + len(DAMAGES)
    assert (folder / "out/summary.csv").read_bytes() == before


def test_result_that_may_not_be_read_is_named(tmp_path):
    sweep(tmp_path, TINY)
    (path,) = points(tmp_path)
    path.chmod(0)
    words = command(tmp_path, TINY)
    if os.getuid() == 0:  # whom permissions do not stop
        powers = "-dac_override,-dac_read_search"
        words = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"{path}: cannot be read: Permission denied; it runs again" in done.stderr


def test_point_that_a_run_of_a_killed_sweep_finishes_meanwhile_is_kept(tmp_path, monkeypatch, capsys):
    """Such a run goes on for a moment, so its point may come between the look at what is there and the start of what is not."""
    program = counting_program(tmp_path)
    words = command(tmp_path, SEVERAL_POINTS, "--lockstep", program)[2:]
    sweep(tmp_path, SEVERAL_POINTS, "--lockstep", program)
    before, runs = (tmp_path / "out/summary.csv").read_bytes(), len(calls(tmp_path))
    results, looks = SweepFolder.results, []

    def without_the_last_at_first(folder, names):
        looks.append(names)
        found = results(folder, names)
        return found if len(looks) > 1 else {name: found[name] for name in names[:-1]}

    monkeypatch.setattr(SweepFolder, "results", without_the_last_at_first)
    assert sweep_main(words) == 0 and capsys.readouterr().err == ""
    assert len(looks) > 2 and len(calls(tmp_path)) == runs and not (tmp_path / "out/damaged").exists()
    assert (tmp_path / "out/summary.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["summary.csv", "sweep.yaml", "points", ".lock"])
def test_what_stands_in_the_place_of_the_sweep_s_own_files_is_said_at_the_beginning(tmp_path, name):
    program = counting_program(tmp_path)
    (tmp_path / "out").mkdir()
    if name == "points":
        (tmp_path / "out/points").write_text("")
    else:
        (tmp_path / "out" / name).mkdir()
    message = error_of(tmp_path, TINY, "--lockstep", program, code=3)
    assert message.startswith(f"{tmp_path}/out") and not calls(tmp_path)


def mutated(content, generator):
    """One of the things that disks, editors and broken copies do to a file."""
    place, other = sorted(generator.randrange(len(content) + 1) for _ in range(2))
    kinds = [b"\x00", b"\n", b'"', b"{", b"]", b",", b":", b"-", b"9", b"e", b"\\", b"\\ud8", b"\x7f", b"\x80", b"\xff", b"\xe2\x80\xa8"]
    return generator.choice(
        [
            content[:place],
            content[place:],
            content[:place] + content[other:],
            content[:place] + content[place:other] * 2 + content[other:],
            content[:place] + generator.choice(kinds) + content[place + generator.randrange(2) :],
            content[:place] + bytes([generator.randrange(256)]) + content[place + 1 :],
            content[:place] + bytes(other - place) + content[other:],
        ]
    )


VALUES = [None, True, 0, -1, 1.5, 1e308, 10**30, "", "text", "\u2028\n\x1b", [], [1, [2]], {}, {"value": 1}, {"value": [1]}]


def retyped(summary, generator):
    """Some value, however deep, of another type, or gone."""
    block = summary
    while True:
        key = generator.choice(list(block)) if isinstance(block, dict) else generator.randrange(len(block))
        if isinstance(block[key], (dict, list)) and block[key] and generator.random() < 0.7:
            block = block[key]
            continue
        if generator.random() < 0.3:
            del block[key]
        else:
            block[key] = generator.choice(VALUES)
        return json.dumps(summary).encode()


def test_any_mutation_is_a_result_or_named(whole, tmp_path):
    """What passes as a result goes through all that a resumed sweep does with it."""
    content = points(whole[0])[0].read_bytes()
    generator = random.Random(7)
    goal = SimpleNamespace(objectives={"cycles": "minimize", "counters.mac_array.busy_cycles": "maximize"})
    source = SimpleNamespace(name="toy")
    design = SimpleNamespace(
        points=[SimpleNamespace(machine=source, workload=source, settings={})], setting_names=[], columns=["energy.units", "a.b"]
    )
    path, outcomes = tmp_path / "summary.json", {True: 0, False: 0}
    for round in range(1500):
        text = retyped(json.loads(content), generator) if round % 3 == 0 else mutated(content, generator)
        path.write_bytes(text)
        try:
            summary = result.read(tmp_path)
        except result.DamagedResult as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
            outcomes[False] += 1
            continue
        outcomes[True] += 1
        sweep_table.write(tmp_path / "summary.csv", sweep_table.rows(design, ["a"], {"a": summary}, {}))
        [search.objective(summary, name) for name in goal.objectives]
    assert min(outcomes.values()) > 150, outcomes
