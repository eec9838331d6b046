"""Texts in CSV files that a spreadsheet would take for formulas."""

import csv
import random

import pytest

from lockstep_program import ROOT
from scripts.base import csv_cells

NEUTRAL = {
    "=1+1": "'=1+1",
    "=cmd|'/c calc'!A0": "'=cmd|'/c calc'!A0",
    "+ skipping": "'+ skipping",
    "+5": "'+5",
    "- no": "'- no",
    "-2+3": "'-2+3",
    "-inf": "'-inf",
    "@SUM(1)": "'@SUM(1)",
    "\tx": "'\tx",
    "\rx": "'\rx",
    "'=1": "''=1",
    "''+": "'''+",
}
UNTOUCHED = ["-5", "-0.5", "-1e-05", "-1.25E+3", "5", "", "'tis", "'", "a=b", " =1", "é"]


def test_formula_gets_a_quote_and_a_number_none():
    for text, neutral in NEUTRAL.items():
        assert csv_cells.neutral(text) == neutral
    for text in UNTOUCHED:
        assert csv_cells.neutral(text) == text


def test_every_text_is_read_as_it_was_written():
    drawn = random.Random(3)
    for _ in range(20_000):
        text = "".join(drawn.choice("'=+-@\t\r5a. e") for _ in range(drawn.randrange(6)))
        neutral = csv_cells.neutral(text)
        assert csv_cells.original(neutral) == text
        assert not neutral or neutral[0] not in "=+-@\t\r" or neutral[0] == "-" and float(neutral) <= 0


def test_frame_is_read_as_it_was_written(tmp_path):
    pd = pytest.importorskip("pandas", reason="needs python3-pandas")
    frame = pd.DataFrame({"=a": ["+ x", "-5b", "NA"], "b": [-1.5, 2.0, None], "c": ["null", "nan", "'=x"]})
    csv_cells.write_frame(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "'=a,b,c\n'+ x,-1.5,null\n'-5b,2.0,nan\nNA,,''=x\n"
    pd.testing.assert_frame_equal(csv_cells.read_frame(tmp_path / "a.csv"), frame)


def test_committed_tables_hold_no_formula():
    tables = sorted((ROOT / "results").rglob("*.csv"))
    assert len(tables) > 30
    for path in tables:
        with open(path, newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        for cell in cells:
            assert csv_cells.neutral(csv_cells.original(cell)) == cell, path


def test_names_of_a_sweep_are_neutral_in_its_table(tmp_path):
    from scripts.sweeping.table import write

    write(tmp_path / "summary.csv", [["point", "=1+1"], [1, "@x"], [2, "-5"]])
    assert (tmp_path / "summary.csv").read_text() == "point,'=1+1\n1,'@x\n2,-5\n"


def test_report_shows_the_texts_themselves(tmp_path):
    from scripts.reporting import results

    (tmp_path / "summary.csv").write_text("point,machine\n1,'+ x\n2,''=y\n")
    (sweep,) = results.read([str(tmp_path)])
    assert list(sweep.points.columns[1].values) == ["+ x", "'=y"]
