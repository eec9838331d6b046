"""Looks at a drawing as a reader does: which texts it has, and which of them are cut off or lie on each other."""

from itertools import pairwise


def texts(drawing):
    return [text.get_text() for text, _ in _boxes(drawing)]


def cut_or_overlapping(drawing):
    """A line for each text outside of the page and each pair of neighbours on an axis that overlap."""
    page = drawing.bbox.padded(1)
    cut = [text.get_text() for text, box in _boxes(drawing) if not _inside(page, box)]
    pairs = [pair for axis in _axes(drawing) for pair in pairwise(_tick_labels(axis)) if _overlap(*pair)]
    return [f"cut: {text}" for text in cut] + [f"overlap: {a.get_text()} {b.get_text()}" for a, b in pairs]


def _axes(drawing):
    return [axis for axes in drawing.axes for axis in (axes.xaxis, axes.yaxis)]


def _boxes(drawing):
    """Texts that are drawn, and where; ticks beyond the ends of an axis are not."""
    drawing.canvas.draw()
    ticks = {label for axis in _axes(drawing) for label in axis.get_ticklabels(which="both")}
    hidden = ticks - {label for axis in _axes(drawing) for label in _tick_labels(axis)}
    found = drawing.findobj(lambda artist: hasattr(artist, "get_text") and artist.get_visible())
    return [(t, t.get_window_extent()) for t in found if t.get_text().strip() and t not in hidden]


def _tick_labels(axis):
    low, high = sorted(axis.get_view_interval())
    places = zip(axis.get_ticklocs(), axis.get_ticklabels())
    return [label for place, label in places if low <= place <= high and label.get_text()]


def _inside(page, box):
    return page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1


def _overlap(one, other):
    """Of labels that are not slanted: the box of a slanted one is larger than its text."""
    upright = one.get_rotation() in (0, 90)
    return upright and one.get_window_extent().overlaps(other.get_window_extent())
