"""The page of the NVDLA-like array says what the program says now, and names every row that is farther off than it allows."""

import csv
import shutil
import subprocess

import pytest

pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from lockstep_program import PROGRAM, ROOT
from scripts.studies import nvdla_validation

FOLDER = ROOT / "results" / nvdla_validation.STUDY
LAST_OUTPUT = {"cycles", "b_last_output", "last_output"}


@pytest.fixture(scope="module")
def rows():
    with open(FOLDER / "rows.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cells(name):
    """Lines of a table of the page: cells without quotes."""
    text = (FOLDER / "README.md").read_text().split(f"<!-- table {name} -->\n")[1].split("<!-- end -->")[0]
    return [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]


def last_outputs(rows):
    return [row for row in rows if row["figure"] in LAST_OUTPUT]


def name(row):
    memory = f"{row['latency_cycles']}, {row['accept_interval_cycles']}"
    return row["kind"], row["configuration"], memory, row["row"]


def limits():
    """Kind and configuration -> cycles and percent of the worst row that is not outside, percent allowed."""
    lines = [line for line in cells("agreement") if line[0] != "all"]
    return {(line[0], line[1]): (int(line[4]), float(line[5]), float(line[6].removesuffix(" %"))) for line in lines}


def test_rows_are_what_the_program_prints():
    program = nvdla_validation.table_program(PROGRAM)
    printed = subprocess.run([program], capture_output=True, text=True, check=True, timeout=60, encoding="utf-8").stdout
    assert printed.splitlines() == (FOLDER / "rows.csv").read_text(encoding="utf-8").splitlines()


def test_page_and_layers_are_those_of_the_rows(tmp_path):
    shutil.copy(FOLDER / "README.md", tmp_path / "README.md")
    found = nvdla_validation.read_rows(FOLDER / "rows.csv")
    nvdla_validation.fill(tmp_path / "README.md", found)
    assert (tmp_path / "README.md").read_text() == (FOLDER / "README.md").read_text()
    nvdla_validation.csv_cells.write_frame(nvdla_validation.drawn(nvdla_validation.layers(found)), tmp_path / "layers.csv")
    assert (tmp_path / "layers.csv").read_bytes() == (FOLDER / "layers.csv").read_bytes()


def test_every_row_of_the_rtl_is_there_once(rows):
    lines = 0
    for path in sorted((ROOT / "tests/accelerators/dnnguard/rtl_rows").glob("*.csv")):
        lines += sum(not line.startswith("#") for line in path.read_text().splitlines()) - 1  # without the head
    names = [name(row) for row in last_outputs(rows)]
    assert len(names) == len(set(names)) == lines
    assert f"{lines} rows of the RTL" in (ROOT / "sim/accelerators/dnnguard/README.md").read_text()
    assert cells("agreement")[-1][2] == str(lines)


def test_table_of_claims_says_how_many_agree():
    _, _, count, exact, *_, outside = cells("agreement")[-1]
    text = f"{exact} of {count} rows to the cycle, {int(count) - int(outside)} within"
    assert text in (ROOT / "docs/validation.md").read_text()


def test_errors_are_those_of_the_cycles(rows):
    for row in rows:
        rtl, model = int(row["rtl_cycles"]), int(row["model_cycles"])
        assert int(row["error_cycles"]) == model - rtl
        assert float(row["error_percent"]) == pytest.approx(100 * (model - rtl) / abs(rtl) if rtl else 0, abs=0.0006)


def test_page_names_every_row_beyond_what_it_allows_and_why(rows):
    allowed, missed = limits(), set()
    for row in last_outputs(rows):
        percent = max(allowed[row["kind"], row["configuration"]][2], 1 if row["mark"] else 0)
        error, rtl = abs(int(row["error_cycles"])), int(row["rtl_cycles"])
        if error > 8 and error > percent / 100 * rtl:
            missed.add(name(row))
    named = cells("outside")
    assert {tuple(line[:4]) for line in named} == missed
    assert all(len(line[8]) > 20 for line in named), "a row without a reason"
    assert {line[3] for line in named if line[0] == "sdp"} == {"SDP8"}


def test_worst_of_each_kind_are_those_of_its_rows_and_allowed(rows):
    outside = {tuple(line[:4]) for line in cells("outside")}
    for (kind, configuration), (cycles, percent, allowed) in limits().items():
        of_kind = [r for r in last_outputs(rows) if (r["kind"], r["configuration"]) == (kind, configuration)]
        kept = [r for r in of_kind if name(r) not in outside]
        assert cycles == max(abs(int(r["error_cycles"])) for r in kept)
        assert percent == max(abs(float(r["error_percent"])) for r in kept)
        assert cycles <= 8 or percent <= allowed or any(r["mark"] for r in kept)
        assert allowed <= 1


def test_counts_of_beats_are_the_rtls(rows):
    counts = [r for r in rows if r["figure"].endswith("_reads") or r["figure"] in ("writes", "write_beats")]
    assert len(counts) > 1000
    assert {r["error_cycles"] for r in counts} == {"0"}


def test_simulations_of_two_kinds_are_as_many_as_the_page_says(rows):
    """PDP by itself is seen in simulations that other kinds count, too."""
    ends = {(r["configuration"], r["row"], r["rtl_cycles"]) for r in rows if r["kind"] == "pooling" and r["figure"] == "cycles"}
    alone = [r for r in last_outputs(rows) if r["kind"] == "pdp_on_the_fly"]
    shared = [r for r in alone if (r["configuration"], r["row"], r["rtl_cycles"]) in ends]
    text = f"The {len(alone)} rows of `pdp_on_the_fly` are simulations that `pooling` ({len(shared)}) and `two_layers` ({len(alone) - len(shared)})"
    assert text in (FOLDER / "README.md").read_text()


def test_a_program_that_is_not_built_is_named(tmp_path, capsys):
    assert nvdla_validation.main(["-o", str(tmp_path), "--lockstep", str(tmp_path / "sim/app/lockstep")]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "tests/accelerators/dnnguard/dnnguard_rtl_table: not there" in line and "--target dnnguard_rtl_table" in line
    assert not list(tmp_path.iterdir())
