"""How figures look: one column of a paper, colours that colour-blind readers tell apart, vector output."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLUMN_INCHES = 3.4

# M. Okabe and K. Ito, "Color universal design", 2008.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, YELLOW, PURPLE, GREY, BLACK = "#56B4E9", "#F0E442", "#CC79A7", "#BBBBBB", "#000000"

plt.rcParams.update(
    {
        "font.size": 7.5,
        "axes.labelsize": 7.5,
        "axes.titlesize": 7.5,
        "legend.fontsize": 6.5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.2,
        "legend.frameon": False,
        "pdf.fonttype": 42,
        "svg.hashsalt": "lockstep",
    }
)


def figure(height_inches, **options):
    return plt.subplots(figsize=(COLUMN_INCHES, height_inches), constrained_layout=True, **options)


def legend_below(axes, handles_of, columns, gap):
    """The legend of `handles_of` under `axes`, `gap` axes heights below them."""
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, -gap), "ncol": columns}
    axes.legend(*handles_of.get_legend_handles_labels(), columnspacing=1, handlelength=1.4, **place)


def save(drawing, data, folder, name):
    """Writes the drawing as PDF and PNG, its numbers beside it; without a date, so equal data give equal files."""
    drawing.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
    drawing.savefig(folder / f"{name}.png", dpi=300, metadata={"Software": None})
    data.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    plt.close(drawing)
