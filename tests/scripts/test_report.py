"""scripts/report.py: what the page holds, hostile text, equal bytes, damaged results; each page in a real browser."""

import csv
import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from browser import document, needs_chromium, screenshot, table_rows
from lockstep_program import run_ok
from scripts import report
from scripts.base import bands
from scripts.reporting import meanings, numbers, stacks, tables
from scripts.reporting.results import Column, Table

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>&\"'"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    run_ok("run", "optimus-tiny", "tiny", "-o", folder / "full", "--timeline", "0:4000")
    run_ok("run", "optimus-baseline", "tiny", "-o", folder / "baseline", "--no-values")
    return folder


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    write_sweep(folder, [(i, 16 * (1 + i % 4), 1000 - i, 5.5 + i, "ok" if i % 7 else "failed") for i in range(60)])
    return folder


def write_sweep(folder, rows):
    with open(folder / "summary.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        keys = ["point", "machine", "optimus.mac_array.macs"]
        out.writerow([*keys, "status", "message", "folder", "cycles", "energy_total_uj"])
        for point, macs, cycles, energy, status in rows:
            end = ["", "x", cycles, energy] if status == "ok" else ["too many MACs", "x", "", ""]
            out.writerow([point, f"m{macs}", macs, status, *end])


def page_of(*folders, out):
    assert report.main([*map(str, folders), "-o", str(out)]) == 0
    return out


def error_of(capsys, *words, code=2):
    assert report.main([str(word) for word in words]) == code
    done = capsys.readouterr()
    assert done.out == "" and done.err.startswith("report.py: error: ") and done.err.count("\n") == 1
    return done.err.removeprefix("report.py: error: ")


class Page(HTMLParser):
    """Identifiers, headings and references of a page; fails on tags that are not closed in order."""

    def __init__(self, path):
        super().__init__()
        self.identifiers, self.links, self.loads, self.scripts, self.open = [], [], [], 0, []
        self.feed(path.read_text(encoding="utf-8"))
        assert self.open == []

    def handle_starttag(self, name, attributes):
        found = dict(attributes)
        self.identifiers += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.loads += [found["src"]] if "src" in found else []
        self.scripts += name == "script" and "type" not in found
        if name not in ("meta", "input", "br"):
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


def test_page_of_a_run_has_every_section_and_loads_nothing(runs, tmp_path):
    page = Page(page_of(runs / "full", out=tmp_path / "r.html"))
    tables_of_the_run = {file.stem for file in (runs / "full").glob("*.csv")} - {"energy"}
    sections = {"summary", "chart-units", "chart-stalls", "energy", "roofline", "timeline", "configuration", "notes"}
    assert sections | tables_of_the_run <= set(page.identifiers)
    assert len(page.identifiers) == len(set(page.identifiers))
    assert all(link.startswith("#") and link[1:] in page.identifiers for link in page.links)
    assert page.loads == [] and page.scripts == 1


def test_page_states_metrics_keys_and_publications(runs, tmp_path):
    text = page_of(runs / "full", out=tmp_path / "r.html").read_text()
    summary = json.loads((runs / "full/summary.json").read_text())
    assert all(f"<code>{name}</code>" in text for name in summary["metrics"])
    assert all(f'"{name}"' in text for name in ["optimus.mac_array.macs", "workload.kind"])
    assert meanings.key("optimus", "optimus.mac_array.macs").text in text
    assert "M. Horowitz, ISSCC 2014" in text


def test_equal_results_give_equal_bytes_whatever_the_folder_and_the_host(runs, tmp_path):
    first = page_of(runs / "full", out=tmp_path / "a.html").read_bytes()
    shutil.copytree(runs / "full", tmp_path / "elsewhere/full")
    (tmp_path / "elsewhere/full/host.json").write_text('{"host_seconds": 99}')
    assert page_of(tmp_path / "elsewhere/full", out=tmp_path / "b.html").read_bytes() == first


def test_headlines_have_their_bands(runs, tmp_path):
    text = page_of(runs / "full", out=tmp_path / "r.html").read_text()
    found = json.loads((runs / "full/summary.json").read_text())["bands"]
    rows = {name: text[text.index(f"<code>{name}</code>") :].split("</tr>")[0] for name in found}
    assert ">with other cells<" in text.split("<code>energy_total_uj</code>")[0]
    wide = [name for name, band in found.items() if band["low"] < band["high"]]
    assert "energy_total_uj" in wide and len(wide) < len(found)
    for name, band in found.items():
        shown = f">{numbers.readable(band['low'])} to {numbers.readable(band['high'])}<"
        assert (shown in rows[name]) == (name in wide), name


def hostile_run(runs, folder):
    """A result in which every text that a user's file can set tries to break out of the page."""
    shutil.copytree(runs / "full", folder)
    summary = json.loads((folder / "summary.json").read_text())
    summary["workload_description"] = HOSTILE
    summary["notes"] = [HOSTILE]
    summary["architecture"][HOSTILE] = HOSTILE
    summary["metrics"][HOSTILE] = {"value": 1, "unit": HOSTILE}
    (folder / "summary.json").write_text(json.dumps(summary))
    for name in ("layers", "stalls"):
        rows = list(csv.reader((folder / f"{name}.csv").open()))
        rows[1][0] = HOSTILE
        csv.writer((folder / f"{name}.csv").open("w")).writerows(rows)
    timeline = json.loads((folder / "timeline.json").read_text())
    for event in timeline["traceEvents"]:
        event["name"] = HOSTILE if event["ph"] == "X" else event["name"]
    (folder / "timeline.json").write_text(json.dumps(timeline))
    return folder


def test_hostile_text_stays_text(runs, tmp_path):
    page = page_of(hostile_run(runs, tmp_path / "bad"), out=tmp_path / "r.html")
    text = page.read_text()
    assert "<img" not in text and text.count("<script") == text.count("</script>")
    assert Page(page).scripts == 1


@needs_chromium
def test_hostile_text_stays_text_in_a_browser(runs, tmp_path):
    page = page_of(f"x={hostile_run(runs, tmp_path / 'bad')}", out=tmp_path / "r.html")
    text = document(page, tmp_path / "profile")
    assert "<title>x · Lockstep</title>" in text and "<img" not in text
    assert any("onerror=alert" in cell for row in table_rows(text, "layers") for cell in row)


@needs_chromium
def test_browser_sorts_and_filters_as_the_address_says(runs, tmp_path):
    page = page_of(runs / "full", out=tmp_path / "r.html")
    with (runs / "full/layers.csv").open() as file:
        layers = [row for row in csv.DictReader(file) if "linear" in row["layer"]]
    expected = sorted(layers, key=lambda row: -int(row["busy_cycles"]))
    text = document(page, tmp_path / "profile", "#layers:sort=busy_cycles:desc;filter=linear")
    assert [row[0] for row in table_rows(text, "layers")] == [row["layer"] for row in expected]
    assert 'aria-sort="descending"' in text
    text = document(page, tmp_path / "profile", "#layers:filter=phase=encoder%20busy_cycles>0;sort=layer:asc")
    shown = table_rows(text, "layers")
    assert shown and all(row[1] == "encoder" for row in shown)
    assert [row[0] for row in shown] == sorted(row[0] for row in shown)


@needs_chromium
def test_browser_shows_all_rows_without_a_filter(runs, tmp_path):
    text = document(page_of(runs / "full", out=tmp_path / "r.html"), tmp_path / "profile")
    with (runs / "full/units.csv").open() as file:
        assert [row[0] for row in table_rows(text, "units")] == [row["unit"] for row in csv.DictReader(file)]
    assert re.search(r'<div class="timeline">.*?<canvas', text, re.S)


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screenshot_shows_ink_on_paper(runs, tmp_path, scheme):
    image = pytest.importorskip("matplotlib.image", reason="needs python3-matplotlib")
    page = page_of(runs / "full", out=tmp_path / "r.html")
    options = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    pixels = image.imread(screenshot(page, tmp_path / "profile", tmp_path / "shot.png", *options))[:, :, :3]
    assert pixels.shape[:2] == (2000, 1340)
    paper = pixels[5, 5]
    assert paper.mean() < 0.2 if scheme == "dark" else paper.mean() > 0.9
    ink = abs(pixels - paper).max(axis=2) > 0.3
    assert ink.mean() > 0.02
    assert ink[1000:].any() and ink[:300].any()


def test_comparison_holds_ratios_and_keys_that_differ(runs, tmp_path):
    text = page_of(runs / "full", f"other={runs / 'baseline'}", out=tmp_path / "r.html").read_text()
    found = [json.loads((runs / name / "summary.json").read_text()) for name in ("full", "baseline")]
    values = [summary["metrics"]["cycles"]["value"] for summary in found]
    row = text[text.index("<code>cycles</code>") :].split("</tr>")[0]
    assert numbers.readable(values[0]) in row and numbers.readable(values[1]) in row
    assert f"{values[1] / values[0]:.4g}" in row
    different = text[text.index('<section id="configuration"') :].split("<details>")[0]
    assert "optimus.mac_array.macs" in different and "energy_tables" not in different


def test_ratios_of_energies_stand_with_and_without_leakage(runs, tmp_path):
    text = page_of(runs / "full", f"other={runs / 'baseline'}", out=tmp_path / "r.html").read_text()
    splits = [json.loads((runs / name / "summary.json").read_text())["energy"] for name in ("full", "baseline")]
    whole, kept = ([sum(s[f"{part}_pj"] for part in parts) for s in splits] for parts in (["total"], ["dynamic", "clock"]))
    row = text[text.index("<code>energy_total_uj</code>") :].split("</tr>")[0]
    assert f">{whole[1] / whole[0]:.4g}<" in row and f">{kept[1] / kept[0]:.4g}<" in row
    assert "other / full, without leakage" in text
    estimated = text[text.index("<code>energy_estimated_uj</code>") :].split("</tr>")[0]
    assert estimated.count(">–<") == 2  # how much of it leaks is not known


@needs_chromium
def test_browser_shows_runs_side_by_side(runs, tmp_path):
    page = page_of(runs / "full", f"other={runs / 'baseline'}", out=tmp_path / "r.html")
    rows = table_rows(document(page, tmp_path / "profile", "#units:sort=unit:asc"), "units")
    units = [csv.DictReader((runs / name / "units.csv").open()) for name in ("full", "baseline")]
    cycles = [{row["unit"]: int(row["busy_cycles"]) for row in table} for table in units]
    assert [row[0] for row in rows] == sorted(cycles[0])
    for name, first, second, ratio in rows:
        assert (first, second) == tuple(numbers.readable(c[name]) for c in cycles)
        assert float(ratio) == pytest.approx(cycles[1][name] / cycles[0][name], rel=1e-3)


def test_ends_of_bands_are_no_metrics_of_a_sweep(tmp_path):
    names = ["point", "status", "message", "folder", *bands.columns("energy_total_uj")]
    (tmp_path / "summary.csv").write_text(",".join(names) + "\n1,ok,,a,5,4,9\n2,ok,,b,6,5,11\n")
    text = page_of(tmp_path, out=tmp_path / "r.html").read_text()
    best = text[text.index('<section id="best"') : text.index('<section id="points"')]
    assert "energy_total_uj</code>" in best and "energy_total_uj_low" not in best
    assert "the most of it with other memory cells: dynamic + clock" in text


def test_sweep_states_points_failures_and_extremes(sweep, tmp_path):
    text = page_of(sweep, out=tmp_path / "r.html").read_text()
    assert "sweep of 60 points" in text
    failures = text[text.index('<section id="failures"') :]
    assert failures.count("too many MACs") == 9
    best = text[text.index('<section id="best"') : text.index('<section id="points"')]
    least = next(row for row in best.split("<tr>") if "<code>cycles</code>" in row and "least" in row)
    assert ">941<" in least and ">59<" in least


@needs_chromium
def test_browser_draws_a_sweep(sweep, tmp_path):
    page = page_of(sweep, out=tmp_path / "r.html")
    text = document(page, tmp_path / "profile", "#points:filter=cycles<950;sort=cycles:asc")
    assert [row[0] for row in table_rows(text, "points")] == ["59", "58", "57", "55", "54", "53", "52", "51"]
    assert re.search(r'<div class="scatter">.*?<canvas', text, re.S)


@needs_chromium
def test_large_sweep_stays_usable(tmp_path):
    write_sweep(tmp_path, [(i, i % 1000, 2_000_000 - i, i / 7, "ok") for i in range(100_000)])
    page = page_of(tmp_path, out=tmp_path / "r.html")
    assert page.stat().st_size < 12_000_000
    text = document(page, tmp_path / "profile", "#points:sort=cycles:asc")
    rows = table_rows(text, "points")
    assert len(rows) == 25 and rows[0][0] == numbers.readable(99_999)


def test_too_many_cells_are_cut_with_a_statement(monkeypatch):
    monkeypatch.setattr(tables, "MOST_CELLS", 20)
    columns = [tables.column(name, list(range(50)), True, meanings.NONE) for name in "ab"]
    assert "The first 10 of 50 rows are in this page" in tables.element("t", columns)


def test_machine_without_a_roofline_says_what_is_missing(runs, tmp_path):
    shutil.copytree(runs / "full", tmp_path / "run")
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    summary["roofline"] = None
    (tmp_path / "run/summary.json").write_text(json.dumps(summary))
    assert "states no peak and no links" in page_of(tmp_path / "run", out=tmp_path / "r.html").read_text()


def test_unknown_machine_with_other_tables_is_drawn(runs, tmp_path):
    """A future machine: names that no page of docs/ knows."""
    folder = tmp_path / "run"
    shutil.copytree(runs / "full", folder)
    for file in folder.glob("*.csv"):
        file.unlink()
    (folder / "timeline.json").unlink()
    summary = json.loads((folder / "summary.json").read_text())
    summary |= {"accelerator": "future", "architecture": {"future": {"luts": 8}}}
    summary["energy"] = {"total_pj": 0.0, "units": {}}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "levels.csv").write_text("level,lookups,waits,cycles\ntrees,30,70,100\nmat,1,99,100\n")
    page = Page(page_of(folder, out=tmp_path / "r.html"))
    assert {"levels", "chart-levels"} <= set(page.identifiers)
    text = (tmp_path / "r.html").read_text()
    assert "not in docs/keys.md" in text and "This result has no energies" in text


def test_parts_of_a_whole_are_found_in_the_numbers():
    def table(**columns):
        return Table("t", [Column(name, values, name != "who") for name, values in columns.items()])

    parts = {"x": [1, 2], "zero": [0, 0], "y": [3, 4]}
    found = stacks.of_table(table(who=["a", "b"], n=[9, 9], **parts, all=[4, 6], share=[0.1, 0.2]))
    assert found.parts == ["x", "y"] and found.rows == [("a", [1, 3]), ("b", [2, 4])]
    assert stacks.of_table(table(who=["a", "b"], x=[1, 2], y=[3, 4], all=[4, 7])) is None
    assert stacks.of_table(table(x=[1, 2], y=[3, 4], all=[4, 6])) is None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "summary.json").write_text("{"), "summary.json: is not JSON; the file is damaged"),
        (lambda f: (f / "summary.json").write_text('{"schema": "lockstep-result-0"}'), "not a result of schema"),
        (lambda f: (f / "layers.csv").write_text("a,b\n1\n"), "layers.csv: row 2 has 1 fields, the header 2"),
        (lambda f: (f / "timeline.json").write_text('{"traceEvents": [{"ph": "X"}]}'), "a file is damaged"),
        (lambda f: (f / "summary.json").unlink(), "holds neither summary.json (a run) nor summary.csv (a sweep)"),
    ],
)
def test_damaged_results_are_refused(runs, tmp_path, capsys, damage, message):
    shutil.copytree(runs / "full", tmp_path / "run")
    damage(tmp_path / "run")
    assert message in error_of(capsys, tmp_path / "run", "-o", tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_files_that_cannot_be_read_or_written_are_named(runs, tmp_path, capsys):
    assert "no such folder" in error_of(capsys, tmp_path / "nothing", code=3)
    (tmp_path / "file").write_text("")
    assert "cannot be written" in error_of(capsys, runs / "full", "-o", tmp_path / "file/r.html", code=3)


def test_sweep_and_run_together_are_refused(runs, sweep, capsys):
    assert "one sweep at a time" in error_of(capsys, runs / "full", sweep)
