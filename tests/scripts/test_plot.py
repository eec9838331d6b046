"""Figures: what is refused and how, where numbers come from, and each kind of figure on small tables."""

import json

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

from drawn_figure import cut_or_overlapping, texts
from lockstep_program import ROOT
from scripts import plot
from scripts.plotting import command, labels, style, tables
from scripts.plotting.errors import PlotError

SWEEP = """\
point,machine,workload,optimus.mac_array.macs,optimus.input_window.columns,status,message,folder,cycles,energy_total_uj,macs
1,csc,w,64,8,ok,,a,400,10,6400
2,csc,w,256,8,ok,,b,200,12,6400
3,sa,w,64,8,ok,,c,300,9,6400
4,sa,w,256,8,ok,,d,100,11,6400
5,sa,w,1024,8,failed,no memory,e,,,
"""


@pytest.fixture
def sweep(tmp_path):
    path = tmp_path / "summary.csv"
    path.write_text(SWEEP)
    return path


def error_of(capsys, *words, code=2):
    assert plot.main([str(word) for word in words]) == code
    done = capsys.readouterr()
    (line,) = done.err.splitlines()
    assert done.out == "" and line.startswith("plot.py: error: ")
    return line.removeprefix("plot.py: error: ")


def compose(*words):
    return command.compose([str(word) for word in words])


def draw(folder, *words):
    assert plot.main([*map(str, words), "-o", str(folder)]) == 0
    return {f.suffix: f.read_bytes() for f in folder.iterdir()}


def test_wrong_column_gets_the_nearest(sweep, capsys):
    message = error_of(capsys, "lines", sweep, "--x", "optimus.mac_array.mac", "--y", "cycles")
    assert message == "no column 'optimus.mac_array.mac'; the nearest is 'optimus.mac_array.macs'"
    assert "the nearest is 'cycles'" in error_of(capsys, "lines", sweep, "--x", "macs", "--y", "cycels / macs")
    assert "there are point, machine" in error_of(capsys, "lines", sweep, "--x", "zzz", "--y", "cycles")


def test_last_word_of_a_key_leads_to_the_whole_key(sweep, capsys):
    message = error_of(capsys, "lines", sweep, "--x", "columns", "--y", "cycles")
    assert message.endswith("the nearest is 'optimus.input_window.columns'")


def test_wrong_figure_gets_the_nearest(sweep, capsys):
    assert error_of(capsys, "rooflin", sweep) == "no figure 'rooflin'; the nearest is 'roofline'"
    assert "see --list" in error_of(capsys, "zzz", sweep)


def test_mistakes_of_the_command_line(sweep, capsys):
    ways = ["lines", sweep, "--x", "macs", "--y", "cycles"]
    assert "unrecognized arguments: --lgo" in error_of(capsys, *ways, "--lgo", "x")
    assert "required: --y" in error_of(capsys, "lines", sweep, "--x", "macs")
    assert "write COLUMN=VALUE" in error_of(capsys, *ways, "--where", "machine")
    assert "no rows are left" in error_of(capsys, *ways, "--where", "machine=rcsc")
    assert "letters, digits" in error_of(capsys, *ways, "--name", "../x")
    assert "holds no numbers" in error_of(capsys, "lines", sweep, "--x", "macs", "--y", "machine")


def test_rows_at_one_place_are_refused_with_what_tells_them_apart(sweep, capsys):
    message = error_of(capsys, "lines", sweep, "--x", "optimus.mac_array.macs", "--y", "cycles")
    assert message.startswith("2 rows for one place of a line; they differ in point, machine")


def test_files_that_cannot_be_read_or_written(sweep, tmp_path, capsys):
    axes = ["--x", "optimus.mac_array.macs", "--y", "cycles", "--series", "machine"]
    assert "No such file" in error_of(capsys, "lines", tmp_path / "none.csv", *axes, code=3)
    assert "neither summary.json" in error_of(capsys, "lines", tmp_path / "..", *axes, code=3)
    assert "cannot be written" in error_of(capsys, "lines", sweep, *axes, "-o", sweep / "x", code=3)
    (tmp_path / "empty.csv").write_text("")
    assert "cannot be read" in error_of(capsys, "lines", tmp_path / "empty.csv", *axes, code=3)


def test_list_names_every_figure_and_its_inputs(capsys):
    assert plot.main(["--list"]) == 0
    text = capsys.readouterr().out
    for path in (ROOT / "scripts/plots").glob("*.py"):
        assert f"\n{path.stem}: " in "\n" + text
    assert text.count("    inputs: ") == len(command.figures())


def test_failed_points_are_counted_and_left_out(sweep, tmp_path, capsys):
    axes = ["--x", "optimus.mac_array.macs", "--y", "cycles", "--series", "machine"]
    draw(tmp_path / "out", "lines", sweep, *axes)
    assert capsys.readouterr().err == f"plot.py: {sweep}: 1 failed points of 5 are left out\n"
    table = pd.read_csv(tmp_path / "out/lines.csv")
    assert list(table) == ["machine", "optimus.mac_array.macs", "cycles"]
    assert list(table["cycles"]) == [400, 200, 300, 100]


def test_what_a_font_or_a_number_lacks_is_one_line_without_a_place_in_code(sweep, tmp_path, capsys):
    axes = ["--x", "optimus.mac_array.macs", "--y", "cycles", "--series", "machine"]
    sweep.write_text(SWEEP.replace(",csc,", ",\u96ea,").replace(",400,", ",1e308,"))
    draw(tmp_path / "out", "lines", sweep, *axes)
    left_out, glyph = capsys.readouterr().err.splitlines()
    assert "1 failed points" in left_out and glyph.startswith("plot.py: Glyph 38634 ")


def test_all_formats_are_written_with_equal_bytes(sweep, tmp_path):
    words = ["lines", sweep, "--x", "optimus.mac_array.macs", "--y", "cycles", "--series", "machine", "--log", "x"]
    first, second = draw(tmp_path / "a", *words), draw(tmp_path / "b", *words)
    assert set(first) == {f".{suffix}" for suffix in style.SUFFIXES}
    assert first == second
    assert first[".pdf"].startswith(b"%PDF") and b"<svg" in first[".svg"] and first[".png"].startswith(b"\x89PNG")


def test_arithmetic_between_columns_is_a_column(sweep):
    words = ["--x", "optimus.mac_array.macs", "--y", "macs / cycles", "--y-label", "work (MACs/cycle)"]
    _, table, _ = compose("lines", sweep, "--where", "machine=sa", *words)
    assert list(table["macs / cycles"]) == pytest.approx([6400 / 300, 64])


def test_axes_carry_units():
    assert labels.axis("mac_utilization_percent") == "MAC utilization (%)"
    assert labels.axis("optimus.input_window.load_width_elements_per_cycle").endswith("(elements/cycle)")
    assert labels.axis("energy_total_uj") == "energy total (µJ)"
    assert labels.axis("energy_total_uj", "energy (J)") == "energy (J)"
    assert labels.axis("area_mm2") == "area (mm²)"


def run_folder(path, busy, energy):
    """A result as the program writes it, cut down to what figures read."""
    path.mkdir(parents=True)
    units = {"array": {"total_pj": energy}, "buffer": {"total_pj": 2 * energy}}
    counters = {"array": {"busy_cycles": busy, "idle_cycles": 100 - busy, "reads": 7}}
    summary = {"schema": "lockstep-result-1", "tool": {}, "options": {}, "workload": {}}
    summary |= {"accelerator": "toy", "metrics": {"cycles": {"value": 100, "unit": "cycles"}}}
    area = {"sram_mm2": 2.0, "logic_mm2": 1.0, "units": {"array": {"total_mm2": 1.0}, "buffer": {"total_mm2": 2.0}}}
    summary |= {"area": area, "architecture": {"toy": {"pes": 4, "files": []}}}
    summary |= {"counters": counters, "energy": {"units": units}}
    (path / "summary.json").write_text(json.dumps(summary))
    (path / "stalls.csv").write_text(f"layer,work_cycles,wait_cycles,cycles\na,1,1,2\ntotal,{busy},{100 - busy},100\n")
    return path


def test_run_gives_metrics_keys_counters_and_totals_of_stalls(tmp_path):
    row = tables.read([str(run_folder(tmp_path / "r", 30, 5.0))]).iloc[0]
    assert (row["cycles"], row["toy.pes"], row["counters.array.reads"]) == (100, 4, 7)
    assert (row["work_cycles"], row["energy.units.buffer.total_pj"], row["input"]) == (30, 10.0, "r")


def test_folder_of_a_sweep_adds_details_of_its_points(sweep, tmp_path):
    for name in "abcd":
        run_folder(tmp_path / "points" / name, 40, 5.0)
    frame = tables.read([str(tmp_path)])
    assert list(frame["counters.array.busy_cycles"]) == [40] * 4
    assert list(frame["cycles"]) == [400, 200, 300, 100]  # the table's own, not the points'


def test_stacks_of_a_machine_that_they_do_not_know(tmp_path):
    inputs = [f"{name}={run_folder(tmp_path / name, busy, 5e6)}" for name, busy in (("slow", 30), ("fast", 60))]
    _, table, _ = compose("stall_stack", *inputs)
    assert list(table["bar"]) == ["slow", "fast"]
    assert list(table["work_percent"]) == [30, 60] and list(table["wait_percent"]) == [70, 40]
    _, table, _ = compose("unit_stack", *inputs)
    assert list(table["idle_percent"]) == [70, 40]
    drawing, table, _ = compose("energy_stack", *inputs)
    assert list(table["buffer_pj"]) == [1e7, 1e7]
    assert drawing.axes[0].get_xlabel() == "energy (µJ)"
    drawing, table, _ = compose("area_stack", *inputs)
    assert list(table["buffer_mm2"]) == [2, 2] and drawing.axes[0].get_xlabel() == "area (mm²)"
    _, table, _ = compose("area_stack", *inputs, "--by", "part")
    assert list(table["sram_mm2"]) == [2, 2] and list(table["logic_mm2"]) == [1, 1]


def test_causes_that_do_not_add_up_are_refused(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("config,work_cycles,wait_cycles,cycles\nx,1,2,4\n")
    assert "add up" in error_of(capsys, "stall_stack", table)


def test_front_holds_what_nothing_beats(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("design,t_us,e_uj\n" + "a,1,9\nb,2,5\nc,3,5\nd,4,1\ne,9,9\nf,2,5\n")
    words = ["pareto", table, "--x", "t_us", "--y", "e_uj", "--label", "design"]
    _, drawn, _ = compose(*words)
    assert set(drawn[drawn["on_front"]]["design"]) == {"a", "b", "d", "f"}
    _, drawn, _ = compose(*words, "--y-best", "max")
    assert set(drawn[drawn["on_front"]]["design"]) == {"a"}


def test_speedup_has_a_geometric_mean(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("machine,workload,cycles\nold,v,8\nold,w,90\nnew,v,4\nnew,w,5\n")
    words = ["speedup_bars", table, "--group", "workload", "--label", "machine", "--value", "cycles"]
    drawing, drawn, _ = compose(*words, "--baseline", "old")
    assert list(drawn["ratio"]) == pytest.approx([2, 18, 6])
    assert "geometric mean" in texts(drawing)
    with pytest.raises(PlotError, match="not one of old, new"):
        compose(*words, "--baseline", "odd")


def test_roof_is_the_lower_of_peak_and_bandwidth(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("config,ops,bytes,cycles\nlow,100,100,100\nhigh,6400,100,100\n")
    words = ["roofline", table, "--work", "ops", "--traffic", "bytes", "--peak", "2 * 32", "--bandwidth", "4"]
    _, drawn, _ = compose(*words)
    assert list(drawn["attainable_per_cycle"]) == [4, 64]
    assert list(drawn["attained_percent"]) == [25, 100]


def test_heat_map_leaves_missing_cells_grey(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("d_columns,b_elements_per_cycle,cycles\n8,1,5\n8,2,4\n16,1,3\n")
    drawing, _, _ = compose("heat_map", table, "--x", "d_columns", "--y", "b_elements_per_cycle", "--value", "cycles")
    cells = drawing.axes[0].collections[0].get_array()
    assert cells.mask.sum() == 1
    assert [t.get_text() for t in drawing.axes[0].texts] == ["5", "3", "4"]


def test_error_of_the_model_is_stated(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("case,model,rtl\na,100,100\nb,90,100\nc,1000,1000\n")
    drawing, drawn, _ = compose("model_rtl", table, "--label", "case")
    assert list(drawn["error_percent"]) == pytest.approx([0, -10, 0])
    assert any("3 cases, 2 equal" in t and "worst -10 %" in t for t in texts(drawing))
    assert cut_or_overlapping(drawing) == []


def test_check_for_cut_labels_finds_one():
    drawing, axes = style.figure(1.0)
    assert cut_or_overlapping(drawing) == []
    axes.set_ylabel("far too long a label for so low a drawing")
    assert "far too long" in cut_or_overlapping(drawing)[0]


def test_label_that_would_be_cut_is_broken_into_lines():
    drawing, axes = style.figure(1.2)
    axes.set_ylabel("far too long a label for so low a drawing")
    style.break_cut_labels(drawing)
    assert cut_or_overlapping(drawing) == []
    assert axes.get_ylabel().count("\n") >= 1


def test_places_of_axes_do_not_hang_on_the_last_digits_of_the_layout():
    drawing, (above, below) = style.figure(2, nrows=2)
    above.set_ylabel("seconds")
    below.plot([1, 10_000_000], [3, 4])
    style.settle(drawing)
    before = [axes.get_position().bounds for axes in drawing.axes]
    assert before == [tuple(round(edge, 6) for edge in bounds) for bounds in before]
    assert above.get_position().y0 > below.get_position().y1 > below.get_position().y0 > 0
    above.set_ylabel("")
    drawing.draw_without_rendering()
    assert [axes.get_position().bounds for axes in drawing.axes] == before


def test_logarithmic_axes_show_that_they_are():
    assert style.ticks_between(27, 133) == [20, 30, 40, 50, 70, 100, 150]
    assert style.ticks_between(1, 34) == [1, 2, 5, 10, 20, 50]
    assert style.ticks_between(1, 2400) == [1, 10, 100, 1000, 10000]
