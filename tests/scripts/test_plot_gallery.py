"""The figures of results/ are those that scripts/figures/ draws from the tables beside them."""

import io
import re

import pytest

pd = pytest.importorskip("pandas", reason="needs python3-pandas")
pytest.importorskip("matplotlib", reason="needs python3-matplotlib")

import matplotlib.pyplot as plt

from drawn_figure import cut_or_overlapping, texts
from lockstep_program import ROOT
from scripts.base import csv_cells
from scripts.plotting import command, gallery, style

ENTRIES = gallery.entries()


@pytest.fixture(params=ENTRIES, ids=lambda entry: f"{entry.study}/{entry.name}", scope="module")
def drawn(request):
    """Entry, drawing and numbers; drawn from the committed tables."""
    entry = request.param
    drawing, numbers, _ = command.compose(entry.words(ROOT / "results" / entry.study))
    yield entry, drawing, numbers
    plt.close(drawing)


def test_numbers_beside_the_figure_are_those_drawn(drawn):
    entry, _, numbers = drawn
    file = io.StringIO()
    csv_cells.write_frame(numbers, file, float_format="%.6g")
    assert (ROOT / f"results/{entry.study}/{entry.name}.csv").read_text(encoding="utf-8") == file.getvalue()


def test_every_format_is_there(drawn):
    for suffix in style.SUFFIXES:
        assert (ROOT / f"results/{drawn[0].study}/{drawn[0].name}.{suffix}").stat().st_size > 50


def test_numeric_axes_carry_units(drawn):
    """A label without a unit in brackets stands at an axis of names only."""
    for axes in drawn[1].axes:
        for axis in (axes.xaxis, axes.yaxis):
            label, ticks = axis.get_label_text(), [t.get_text() for t in axis.get_ticklabels()]
            numeric = any(re.fullmatch(r"[\d.]+( [kMG])?", tick) for tick in ticks)
            shared = axis is axes.xaxis and label == "" and len(drawn[1].axes) > 1  # stands below the last panel
            assert re.search(r"\(.+\)", label) or shared or not numeric, (label, ticks)


def test_nothing_is_cut_or_overlaps(drawn):
    assert cut_or_overlapping(drawn[1]) == []


def test_one_column_wide_and_readable(drawn):
    _, drawing, _ = drawn
    assert drawing.get_figwidth() == style.COLUMN_INCHES
    sizes = [text.get_fontsize() for text in drawing.findobj(lambda a: hasattr(a, "get_fontsize"))]
    assert min(sizes) >= style.SMALL
    assert any(texts(drawing))


def test_page_is_current():
    head = (gallery.RECIPES / "head.md").read_text()
    assert (ROOT / "docs/figures.md").read_text() == gallery.page(head), "run scripts/docs.sh"
