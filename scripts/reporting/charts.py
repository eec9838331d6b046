"""SVG charts: stacked bars, bars of comparisons, rooflines. Colours are classes; report.css has their values."""

import math

from scripts.reporting.markup import join, tag
from scripts.reporting.numbers import percent, short, words

WIDTH = 960
LABEL_WIDTH = 250
VALUE_WIDTH = 110
BAR = 20
GAP = 7
COLOURS = 9
IDLE = 7  # the colour of parts in which nothing happens
HATCHED = 100  # added to a colour that comes again
LETTER = 6.4  # mean width at 12 px


def legend(names, numbers=None):
    """Names with their colours; their shares of `numbers` beside them."""
    total = sum(numbers) if numbers else 0
    items = []
    for i, (name, colour) in enumerate(zip(names, colours(names))):
        swatch = tag("svg", bar(0, 0, 12, 12, colour), width=12, height=12, aria_hidden="true")
        share = tag("span", percent(numbers[i], total), class_="share") if numbers else None
        items.append(tag("li", swatch, words(name), share))
    return tag("ul", *items, class_="legend")


SHAPES = (
    "0,-6 4.2,-4.2 6,0 4.2,4.2 0,6 -4.2,4.2 -6,0 -4.2,-4.2",
    "-5,-5 5,-5 5,5 -5,5",
    "0,-7 7,0 0,7 -7,0",
    "0,-7 7,5 -7,5",
)


def mark(x, y, shape, colour, title=None):
    """A point of a plot; the shape says of what, the colour whose."""
    place = f"translate({_n(x)} {_n(y)})"
    look = f"point fill-{colour % COLOURS}"
    points = SHAPES[shape % len(SHAPES)]
    return tag("polygon", title and tag("title", title), points=points, transform=place, class_=look)


def key(shape, colour):
    """The point as it stands in a legend."""
    return tag("svg", mark(8, 8, shape, colour), width=16, height=16, aria_hidden="true")


def colours(parts):
    """A colour a part: grey for idle ones, the others in order; when they are used up they come again, hatched."""
    order = [number for number in range(COLOURS) if number != IDLE]
    found, used = [], 0
    for part in parts:
        idle = "idle" in part.split("_") or part == "no_command"
        found.append(IDLE if idle and IDLE not in found else order[used % len(order)] + HATCHED * (used // len(order)))
        used += found[-1] != IDLE
    return found


def bar(x, y, width, height, colour, title=None):
    place = {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height)}
    shape = tag("rect", title and tag("title", title), class_=f"fill-{colour % HATCHED}", **place)
    over = tag("rect", title and tag("title", title), fill="url(#hatch)", **place) if colour >= HATCHED else None
    return join([shape, over])


def _n(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def stacked(parts, rows, unit, share=False):
    """A horizontal bar a row, a segment a part; with `share` every bar is as long and percentages stand in it."""
    longest = max((sum(numbers) for _, numbers in rows), default=0)
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    shapes = []
    for index, (name, numbers) in enumerate(rows):
        total, y = sum(numbers), index * (BAR + GAP)
        scale = room / (total if share else longest) if total else 0
        shapes += [_label(name, y), *_segments(name, parts, numbers, y, scale, unit)]
        end = LABEL_WIDTH + (total * scale) + 6
        shapes.append(tag("text", short(total), x=_n(end), y=_n(y + BAR * 0.72), class_="value"))
    return drawing(shapes, len(rows) * (BAR + GAP), f"{', '.join(map(words, parts))} in {unit}")


def _label(name, y):
    shown = name if len(name) * LETTER < LABEL_WIDTH - 12 else "…" + name[-int((LABEL_WIDTH - 20) / LETTER) :]
    return tag("text", tag("title", name), shown, x=LABEL_WIDTH - 8, y=_n(y + BAR * 0.72), class_="label")


def _segments(name, parts, numbers, y, scale, unit):
    x, total = LABEL_WIDTH, sum(numbers)
    for part, value, colour in zip(parts, numbers, colours(parts)):
        width = value * scale
        if width <= 0:
            continue
        title = f"{name}: {words(part)} {short(value)} {unit}, {percent(value, total)}"
        yield bar(x, y, width, BAR, colour, title)
        if width > 46:
            place = {"x": _n(x + width / 2), "y": _n(y + BAR * 0.72)}
            look = "on-hatched" if colour >= HATCHED else f"on-{colour}"
            yield tag("text", percent(value, total), class_=f"inside {look}", **place)
        x += width


def drawing(shapes, height, description):
    box = f"0 0 {WIDTH} {height}"
    return tag("svg", tag("title", description), *shapes, viewBox=box, role="img", class_="chart")


PLOT = {"left": 70, "right": 24, "top": 16, "bottom": 44, "height": 340}


class LogLog:
    """A plot with two logarithmic axes that hold all points."""

    def __init__(self, xs, ys):
        self._x = (math.floor(math.log10(min(xs)) - 0.1), math.ceil(math.log10(max(xs)) + 0.1))
        self._y = (math.floor(math.log10(min(ys)) - 0.1), math.ceil(math.log10(max(ys)) + 0.1))

    def x(self, value):
        room = WIDTH - PLOT["left"] - PLOT["right"]
        return PLOT["left"] + room * _part(value, self._x)

    def y(self, value):
        room = PLOT["height"] - PLOT["top"] - PLOT["bottom"]
        return PLOT["height"] - PLOT["bottom"] - room * _part(value, self._y)

    @property
    def x_range(self):
        return 10.0 ** self._x[0], 10.0 ** self._x[1]

    def grid(self, x_title, y_title):
        left, right = PLOT["left"], WIDTH - PLOT["right"]
        top, bottom = PLOT["top"], PLOT["height"] - PLOT["bottom"]
        for power in range(self._x[0], self._x[1] + 1):
            x = _n(self.x(10.0**power))
            yield tag("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid")
            yield tag("text", short(10.0**power), x=x, y=bottom + 16, class_="tick middle")
        for power in range(self._y[0], self._y[1] + 1):
            y = self.y(10.0**power)
            yield tag("line", x1=left, x2=right, y1=_n(y), y2=_n(y), class_="grid")
            yield tag("text", short(10.0**power), x=left - 8, y=_n(y + 4), class_="tick end")
        yield tag("text", x_title, x=_n((left + right) / 2), y=bottom + 36, class_="axis middle")
        turn = f"rotate(-90 16 {_n((top + bottom) / 2)})"
        yield tag("text", y_title, x=16, y=_n((top + bottom) / 2), class_="axis middle", transform=turn)


def _part(value, powers):
    return (math.log10(value) - powers[0]) / (powers[1] - powers[0])


def roofline(points, work_unit):
    """Roofs and points: each point is a dict of name, roof, intensity, achieved, peak, bandwidth, shape and
    colour. Equal roofs are drawn once."""
    xs = [p["intensity"] for p in points] + [p["peak"] / p["bandwidth"] for p in points]
    plot = LogLog(xs, [p["achieved"] for p in points] + [p["peak"] for p in points])
    shapes = list(plot.grid(f"intensity: {work_unit} for each unit that the link moves", f"{work_unit}/cycle"))
    roofs = {(p["peak"], p["bandwidth"]): p for p in points}
    for (peak, bandwidth), point in roofs.items():
        shapes.append(_roof(plot, peak, bandwidth, point))
    for point in points:
        x, y = plot.x(point["intensity"]), plot.y(point["achieved"])
        roof = plot.y(min(point["peak"], point["intensity"] * point["bandwidth"]))
        shapes.append(tag("line", x1=_n(x), x2=_n(x), y1=_n(y), y2=_n(roof), class_="drop"))
        title = f"{point['name']}: {short(point['achieved'])} {work_unit}/cycle at {short(point['intensity'])}"
        shapes.append(mark(x, y, point["shape"], point["colour"], title))
    return drawing(shapes, PLOT["height"], "roofline")


def _roof(plot, peak, bandwidth, point):
    low, high = plot.x_range
    corner = min(max(peak / bandwidth, low), high)
    clip = max(low, 10 ** (plot._y[0]) / bandwidth)
    places = [(clip, clip * bandwidth), (corner, peak), (high, peak)]
    path = " ".join(f"{_n(plot.x(x))},{_n(plot.y(min(y, peak)))}" for x, y in places)
    title = tag("title", f"{point['roof']}: {short(bandwidth)} a cycle; peak {short(peak)}")
    return tag("polyline", title, points=path, class_="roof")


def hatch():
    """The pattern over the colours of later parts; once a page."""
    line = tag("path", d="M0 6L6 0", class_="hatch-line")
    pattern = tag("pattern", line, id="hatch", width=6, height=6, patternUnits="userSpaceOnUse")
    return tag("svg", tag("defs", pattern), width=0, height=0, aria_hidden="true", class_="defs")
