"""Texts with whatever a file can hold go through tables, reports and figures, and come out equal."""

import json
import random
import re
import shutil

import pytest

from lockstep_program import run_ok
from scripts import report
from scripts.base import csv_rows
from scripts.plotting import tables as plot_tables
from scripts.reporting import results
from scripts.sweeping import table as sweep_table
from test_report import Page, page_of

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
SEPARATORS = ["\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\r\n", '"', '""', ",", ";", "\\", "\\n", "'", "|", "–", "雪", "🙂"]
MARKUP = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "&amp;", "&#x3c;", "javascript:alert(1)"]
WORDS = ["NA", "nan", "null", "None", "inf", "true", "-", "#"]


def odd_texts(count):
    """Each begins with a letter, so that none is a number or the formula of a spreadsheet."""
    generator = random.Random(3)
    pieces = [*CONTROLS, *SEPARATORS, *MARKUP, *WORDS]
    single = [f"m{piece}n" for piece in pieces]
    return [*single, *("m" + "".join(generator.choices(pieces, k=generator.randrange(1, 9))) for _ in range(count))]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd") / "run"
    run_ok("run", "optimus-tiny", "tiny", "--no-values", "-o", folder, "--timeline", "0:500")
    return folder


def write_table(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv_rows.write(file, rows)


def column_of_the_page(page, table, name):
    """The values of a column in the data that a page shows."""
    data = re.search(rf'<script type="application/json" id="data-{table}">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    return next(column["values"] for column in json.loads(data[1])["columns"] if column["name"] == name)


def test_tables_of_a_run_come_out_equal(run, tmp_path):
    texts = odd_texts(300)
    shutil.copytree(run, tmp_path / "run")
    write_table(tmp_path / "run/layers.csv", [["layer", "cycles"], *([text, i] for i, text in enumerate(texts))])
    (found,) = results.read([str(tmp_path / "run")])
    assert found.table("layers").column("layer").values == texts
    assert found.table("layers").column("cycles").values == list(range(len(texts)))
    page = page_of(tmp_path / "run", out=tmp_path / "r.html")
    assert column_of_the_page(page, "layers", "layer") == texts
    assert Page(page).scripts == 1


def test_tables_of_a_sweep_come_out_equal(tmp_path):
    texts = odd_texts(300)
    header = ["point", "machine", "status", "message", "folder", "cycles"]
    sweep_table.write(tmp_path / "summary.csv", [header, *([i, text, "ok", text, "x", 7 + i] for i, text in enumerate(texts))])
    (found,) = results.read([str(tmp_path)])
    assert found.points.column("machine").values == found.points.column("message").values == texts
    assert column_of_the_page(page_of(tmp_path, out=tmp_path / "r.html"), "points", "machine") == texts


def test_tables_for_figures_come_out_equal(tmp_path):
    texts = [text for text in odd_texts(300) if "\0" not in text]  # at which pandas cuts
    write_table(tmp_path / "t.csv", [["machine", "cycles"], *([text, i] for i, text in enumerate(texts))])
    assert list(plot_tables.read([str(tmp_path / "t.csv")])["machine"]) == texts


def test_text_that_names_nothing_is_no_missing_value(tmp_path):
    write_table(tmp_path / "t.csv", [["name", "n"], *([word, 1] for word in WORDS)])
    assert list(plot_tables.read([str(tmp_path / "t.csv")])["name"]) == WORDS


def test_summaries_of_runs_are_shown_as_text(run, tmp_path):
    texts = odd_texts(100)
    folders = []
    for name in ("a", "b"):
        shutil.copytree(run, tmp_path / name)
        summary = json.loads((tmp_path / name / "summary.json").read_text())
        summary["workload_description"] = summary["accelerator"] = "".join(texts)
        summary["notes"] = texts
        summary["architecture"] |= {text: text for text in texts}
        summary["metrics"] |= {text: {"value": text, "unit": text} for text in texts}
        summary["options"] |= {text: text for text in texts}
        (tmp_path / name / "summary.json").write_text(json.dumps(summary))
        timeline = json.loads((tmp_path / name / "timeline.json").read_text())
        timeline["otherData"]["spans"] = "".join(texts) + "\ud800"
        (tmp_path / name / "timeline.json").write_text(json.dumps(timeline))
        folders.append(f"{texts[5]}{name}={tmp_path / name}")
        (found,) = results.read([folders[-1]])
        assert found.summary == summary
    for words in (folders[:1], folders):
        page = page_of(*words, out=tmp_path / "r.html")
        assert Page(page).scripts == 1 and Page(page).loads == []
        text = page.read_text("utf-8")
        assert "<img" not in text and text.count("<script") == text.count("</script>")
        assert not set(text) & {*CONTROLS, "\u2028", "\u2029", "\u202e", "\u2066"} - {"\n"}


def test_folder_whose_name_is_no_text_is_shown(run, tmp_path):
    name = b"odd\xff\x1b\n".decode("utf-8", "surrogateescape")
    shutil.copytree(run, tmp_path / name)
    assert "odd\\xff\\x1b\\x0a" in page_of(tmp_path / name, out=tmp_path / "r.html").read_text("utf-8")


def test_any_damage_ends_in_a_page_or_in_one_line(run, tmp_path, capsys):
    from test_sweep_damage import mutated, retyped

    generator = random.Random(5)
    shutil.copytree(run, tmp_path / "run")
    codes = {0: 0, 2: 0}
    for round in range(240):
        file = tmp_path / "run" / ("summary.json", "layers.csv", "timeline.json", "energy.csv")[round % 4]
        content = file.read_bytes()
        is_retyped = file.suffix == ".json" and round % 8 < 4
        file.write_bytes(retyped(json.loads(content), generator) if is_retyped else mutated(content, generator))
        code = report.main([str(tmp_path / "run"), "-o", str(tmp_path / "r.html")])
        codes[code] += 1
        errors = capsys.readouterr().err
        assert errors.count("\n") == (code != 0) and (code == 0 or errors.startswith("report.py: error: "))
        file.write_bytes(content)
    assert min(codes.values()) > 20, codes
