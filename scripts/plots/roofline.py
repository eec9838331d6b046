"""Work done in a cycle against work for each unit of traffic, under the roof of peak and bandwidth."""

import numpy as np

from scripts.plotting import style, tables
from scripts.plotting.errors import PlotError

INPUTS = "runs, sweeps or any table with operations, traffic, peak and bandwidth"
MOST_ROOFS = 6


def options(add):
    add("--work", required=True, metavar="COLUMN", help="operations of the run, as 2 * macs")
    add("--traffic", required=True, metavar="COLUMN", help="bytes or elements that the run moved")
    add("--cycles", default="cycles", metavar="COLUMN", help="of the run [%(default)s]")
    add("--peak", required=True, metavar="COLUMN", help="operations a cycle, as 2 * optimus.mac_array.macs; or a number")
    add("--bandwidth", required=True, metavar="COLUMN", help="bytes or elements a cycle; or a number")
    add("--label", metavar="COLUMN", help="names of the points [the keys that vary]")
    add("--work-unit", default="ops", help="[%(default)s]")
    add("--traffic-unit", default="byte", help="[%(default)s]")


def numbers(frame, options):
    work, traffic = tables.numeric(frame, options.work), tables.numeric(frame, options.traffic)
    if not (traffic > 0).all():
        raise PlotError(f"--traffic {options.traffic}: must be above 0 in every row")
    table = frame[[]].assign(point=tables.names(frame, options.label), intensity=work / traffic)
    table["achieved_per_cycle"] = work / tables.numeric(frame, options.cycles)
    table["peak_per_cycle"] = tables.numeric(frame, options.peak)
    table["bandwidth_per_cycle"] = tables.numeric(frame, options.bandwidth)
    slope = table["bandwidth_per_cycle"] * table["intensity"]
    table["attainable_per_cycle"] = np.minimum(table["peak_per_cycle"], slope)
    table["attained_percent"] = 100 * table["achieved_per_cycle"] / table["attainable_per_cycle"]
    return table


def draw(table, options):
    drawing, axes = style.figure(options.height or 2.3)
    low, high = table["intensity"].min() / 2, table["intensity"].max() * 2
    roofs = table[["peak_per_cycle", "bandwidth_per_cycle"]].drop_duplicates()
    if len(roofs) > MOST_ROOFS:
        raise PlotError(f"{len(roofs)} roofs; at most {MOST_ROOFS} can be told apart: choose with --where")
    low = min([low, *(roofs["peak_per_cycle"] / roofs["bandwidth_per_cycle"] / 2)])
    for number, (name, rows) in enumerate(table.groupby("point", sort=False)):
        look = style.look(number) | {"linestyle": "none", "markersize": 4}
        axes.plot(rows["intensity"], rows["achieved_per_cycle"], label=options.renames.get(name, name), **look)
    style.scale(axes.xaxis, style.ticks_between(low, high), True)
    bottom = table["achieved_per_cycle"].min() / 3
    style.scale(axes.yaxis, style.ticks_between(bottom, 1.3 * roofs["peak_per_cycle"].max()), True)
    axes.set_ylim(bottom, 1.6 * roofs["peak_per_cycle"].max())
    axes.set_xlim(low, high)
    for peak, bandwidth in roofs.itertuples(index=False):
        _draw_roof(axes, peak, bandwidth, options)
    axes.set_xlabel(f"intensity ({options.work_unit}/{options.traffic_unit})")
    axes.set_ylabel(f"work ({options.work_unit}/cycle)")
    style.legend_below(drawing, *axes.get_legend_handles_labels())
    return drawing


def _draw_roof(axes, peak, bandwidth, options):
    """The roof, its bandwidth written along the slope, a third of the way up."""
    low, high = axes.get_xlim()
    bottom = axes.get_ylim()[0]
    corner, foot = peak / bandwidth, max(low, bottom / bandwidth)
    axes.plot([foot, corner, high], [foot * bandwidth, peak, peak], color=style.BLACK, linewidth=0.8, zorder=0)
    place = foot ** (2 / 3) * corner ** (1 / 3)
    text = f"{style.number(bandwidth)} {options.traffic_unit}s/cycle"
    along = {"rotation": np.degrees(np.arctan(bandwidth)), "rotation_mode": "anchor", "transform_rotates_text": True}
    axes.text(place, 1.1 * place * bandwidth, text, fontsize=style.SMALL, va="bottom", **along)
