"""One command for everything of a paper; its page and results are what the repository holds."""

import csv
import json
import math
import re
import shutil
import sys

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")
pytest.importorskip("distributed", reason="needs python3-distributed")

from lockstep_program import PROGRAM, ROOT, run_ok
from scripts import paper, sweep
from scripts.base import csv_cells, yaml_dialect
from scripts.studies import nvdla_validation, optimus_page, poetbin_rtl, sweep_study

RESULTS = ROOT / "results"
TABLES = ["optimus-ablation/ratios.csv", "optimus-utilization/summary.csv", "optimus-host/ratios.csv"]
TABLES += ["optimus-host/host.csv", "optimus-host/latency.csv", "optimus-ablation/summary.csv", "optimus-translation/summary.csv"]


@pytest.fixture
def tables(tmp_path):
    for name in TABLES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(RESULTS / name, tmp_path / name)
    return tmp_path


def arguments(out, jobs=2):
    return paper.parse_arguments(["optimus", "-o", str(out), "-j", str(jobs), "--lockstep", str(PROGRAM)])


def test_page_of_the_paper_is_current(tables):
    assert paper.make([paper.PAPERS["optimus"][-1]], arguments(tables)) == []
    assert (tables / "optimus/README.md").read_text() == (RESULTS / "optimus/README.md").read_text()


def test_page_states_paper_ours_ratio_and_reason(tables):
    optimus_page.main(["-o", str(tables / "optimus")])
    page = (tables / "optimus/README.md").read_text().split("<!-- table compared -->")[1]
    rows = [line.split(" | ") for line in page.splitlines() if "| " in line]
    latency = next(row for row in rows if row[0] == "| baseline hardware")
    assert latency[1:3] == ["latency", "16.01"]
    energy = next(row for row in rows if row[:2] == ["| baseline hardware", "energy efficiency"])
    without = next(row for row in rows if row[:2] == ["| baseline hardware", "– without leakage"])
    assert all(re.fullmatch(r"[\d.]+ \([\d.]+–[\d.]+\)", row[3]) for row in (energy, without))
    assert float(latency[4]) == pytest.approx(float(latency[3]) / 16.01, abs=0.01)
    assert "are not known" in latency[5]
    assert any("number of MACs, clock" in row[0] for row in rows)  # an assumption


def table_of(name):
    text = (RESULTS / "optimus/README.md").read_text().split(f"<!-- table {name} -->\n")[1].split("<!-- end -->")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()][2:]


def test_page_says_first_what_is_missed():
    rows = table_of("farthest")
    ratios = [float(row[4]) for row in rows]
    assert [abs(math.log(ratio)) for ratio in ratios] == sorted((abs(math.log(ratio)) for ratio in ratios), reverse=True)
    assert [row[5] for row in rows] == ["met" if abs(ratio - 1) < 0.1 else "missed" for ratio in ratios]
    (energy,) = [row for row in rows if row[1] == "energy efficiency"]
    assert "without leakage" in energy[3] and energy[5] == "missed"


@pytest.mark.parametrize("machine", ["optimus", "optimus-small"])
def test_zero_inputs_are_what_the_program_simulates(machine, tmp_path):
    """And what the page says of them: pointers cost more than twice what skipping spares."""
    cycles = {}
    for row in table_of("zero-inputs"):
        if row[:2] == [f"`{machine}`", "translation-quick"]:
            cycles[row[2]] = int(row[3].replace(",", ""))
    plain, pointers, skips, _ = cycles.values()
    assert pointers - plain > 2 * (pointers - skips)
    words = [word for setting in list(cycles)[2].split(", ") for word in ("--set", f"optimus.mac_array.{setting.strip('`')}")]
    run_ok("run", machine, "translation-quick", *words, "-o", tmp_path / "out")
    assert json.loads((tmp_path / "out/summary.json").read_text())["metrics"]["cycles"]["value"] == skips


def test_profile_is_what_the_program_simulates(tmp_path):
    out = tmp_path / "optimus-profile"
    sweep_study.main(["optimus-profile", "-o", str(out), "--layers", "--lockstep", str(PROGRAM), "-j", "2"])
    for name in ("summary.csv", "layers.csv", "units.csv", "energy-units.csv", "roofline.csv"):
        assert (out / name).read_text() == (RESULTS / "optimus-profile" / name).read_text(), name


def profiles():
    """Sweeps that list energies of units, by name."""
    for path in sorted(sweep_study.SWEEPS.glob("*.yaml")):
        listed = [c for c in yaml_dialect.read(path).get("columns", []) if c.startswith("energy.units.")]
        if listed:
            yield path.stem


def test_there_is_a_profile():
    assert "optimus-profile" in profiles()


@pytest.mark.parametrize("name", profiles())
def test_units_of_a_profile_are_all_that_take_energy(name, tmp_path):
    sweep_study.run(sweep_study.SWEEPS / f"{name}.yaml", tmp_path, arguments(tmp_path))
    found = csv_cells.read_frame(tmp_path / "summary.csv")
    units = found[[c for c in found if c.startswith("energy.units.") and c.endswith(".total_pj")]]
    assert list(units.sum(axis=1)) == pytest.approx(list(1e6 * found["energy_total_uj"]), rel=1e-9)


def test_every_study_of_a_paper_has_results_and_a_page():
    for steps in paper.PAPERS.values():
        for step in steps:
            assert (RESULTS / step.study / "README.md").is_file()
            assert (ROOT / f"scripts/studies/{step.module}.py").is_file()


def test_failed_study_is_named_and_stops_no_other(tables, monkeypatch, capfd):
    page = paper.PAPERS["optimus"][-1]
    monkeypatch.setattr(paper, "PAPERS", {"optimus": [paper.Step("x", "no_such_study", 1), page]})
    words = ["optimus", "-o", str(tables), "--lockstep", str(PROGRAM)]
    assert paper.main(words) == 1
    assert (tables / "optimus/README.md").is_file()
    (reason, last) = capfd.readouterr().err.splitlines()  # progress is for terminals
    assert "no_such_study" in reason and last == "paper.py: error: failed: x"


def test_missing_program_and_wrong_words(tmp_path, capsys):
    assert paper.main(["optimus", "--lockstep", str(tmp_path / "none")]) == 3
    assert "none: not there" in capsys.readouterr().err
    for words in (["optimos"], ["all", "-j", "0"]):
        with pytest.raises(SystemExit) as stop:
            paper.main(words)
        assert stop.value.code == 2


@pytest.mark.parametrize(
    "main, words",
    [
        (sweep.parse_arguments, ["x.yaml"]),
        (paper.main, ["all"]),
        (sweep_study.main, ["optimus-window"]),
        (poetbin_rtl.main, []),
        (nvdla_validation.main, []),
    ],
)
def test_no_job_at_a_time_is_refused_by_every_script_that_has_jobs(main, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*words, "-j", "0"])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "argument -j/--jobs: 0 is not 1 or more" in line


def test_program_is_the_one_of_the_environment_or_seen_from_the_folder_of_the_call(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCKSTEP_BIN", "build/other")
    for parse, words in ((paper.parse_arguments, ["all"]), (sweep.parse_arguments, ["x.yaml"])):
        assert parse(words).lockstep == ROOT / "build/other"
        assert parse([*words, "--lockstep", "mine"]).lockstep == tmp_path / "mine"


def test_time_left_follows_the_pace_of_finished_steps():
    steps = [paper.Step("a", "a", 240), paper.Step("b", "b", 480)]
    clock = paper.Clock(steps, 2)
    assert clock.text() == "about 6 min left"
    clock.finished(steps[0], 2, 360)  # three times as long as known
    assert clock.text() == "about 12 min left"
    clock = paper.Clock(steps, 2)
    clock.finished(steps[0], 2, 1)  # kept from before
    assert clock.text() == "about 4 min left"


def test_commands_name_out_jobs_and_program(tmp_path):
    first, *_, last = (paper.command(step, arguments(tmp_path, 3)) for step in paper.PAPERS["optimus"])
    assert first[:3] == [sys.executable, "-m", "scripts.studies.optimus_ablation"]
    assert first[first.index("-j") + 1] == "3" and "--lockstep" in first
    assert "-j" not in last


def test_sizes_of_the_readme_are_those_of_the_study():
    with open(RESULTS / "optimus-translation/summary.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["workload"] == "translation"]
    page = (ROOT / "README.md").read_text()
    for machine in ("optimus", "optimus-small"):
        plain = next(r for r in rows if r["machine"] == machine and r["optimus.mac_array.sparse.column_mark"] == "delta")
        energy, leakage = float(plain["energy_total_uj"]), float(plain["energy_leakage_uj"])
        cells = [f"{int(plain['cycles']):,}", f"{float(plain['cycles_per_sentence']) / 200:.1f}",
                 f"{float(plain['mac_utilization_percent']):.1f} %", f"{energy:,.0f} ({energy - leakage:,.0f})",
                 f"{float(plain['area_mm2']):.2f}"]
        assert f"| `lockstep run {machine} translation` | {' | '.join(cells)} |" in page, cells
