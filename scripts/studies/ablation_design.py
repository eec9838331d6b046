"""Names of the OPTIMUS ablation, as scripts/sweeps/optimus-ablation.yaml and optimus-readings.yaml have them."""

BASELINE, FULL = "baseline", "+ matching"
WITHOUT_TILES = "without choosing tiles"
LADDER = [BASELINE, "+ skipping", "+ RCSC", "+ SA-RCSC", FULL]
REMOVALS = [
    "without skipping",
    "without sharing",
    "without sorting",
    "without sharing and sorting",
    "without matching",
    WITHOUT_TILES,
]
READINGS = [
    "baseline keeps cross K and V",
    "baseline leaves out masked scores",
    "baseline projects all positions",
    "write port of 64 elements",
    "write port of 4 elements",
    "load width of 64 elements",
    "K/V port of 64 elements",
    "256 MACs",
    "density 0.1",
    "density 0.5",
    "weight banks of the size each format needs",
]
HISTOGRAM = "histogram"  # the workload of many lengths; the others have one length
NO_PROJECTION = "-no-projection"  # end of a workload's name: the host projects


def group_of(config):
    """The kind of question that a machine answers."""
    return "ladder" if config in LADDER else "removal" if config in REMOVALS else "reading"


def reference_of(config):
    """The machine that it is compared with: the baseline, under the same reading."""
    machine, comma, reading = config.partition(", ")
    return BASELINE + comma + reading
