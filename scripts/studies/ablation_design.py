"""The grid of the OPTIMUS ablation: machines, workloads, and which machine meets which workload."""

from dataclasses import dataclass

from scripts.studies.runs import Point

BASELINE = "baseline"
FULL = "+ matching"
HISTOGRAM = "histogram"

# Banks as large as the greediest format needs (CSC: 57 KiB), so that all machines have the same memories.
SAME_MEMORIES = ("optimus.memories.weight_bank_kib=64",)


@dataclass(frozen=True)
class Machine:
    name: str
    preset: str
    settings: tuple[str, ...] = ()


LADDER = [
    Machine(BASELINE, "optimus-baseline"),
    Machine("+ skipping", "optimus-ladder-1-skip"),
    Machine("+ RCSC", "optimus-ladder-2-rcsc"),
    Machine("+ SA-RCSC", "optimus-ladder-3-sa-rcsc"),
    Machine(FULL, "optimus"),
]
REMOVALS = [
    Machine("without skipping", "optimus-without-skip"),
    Machine("without sharing", "optimus-without-sharing"),
    Machine("without sorting", "optimus", ("optimus.mac_array.sparse.row_order=natural",)),
    Machine(
        "without sharing and sorting",
        "optimus-ladder-1-skip",
        ("optimus.load_compute_matching=true",),
    ),
    Machine("without matching", "optimus-without-matching"),
]


@dataclass(frozen=True)
class Variant:
    """Another reading of the paper: more settings for the baseline, and for the full design."""

    name: str
    baseline: tuple[str, ...] = ()
    both: tuple[str, ...] = ()


VARIANTS = [
    Variant("baseline keeps cross K and V", baseline=("optimus.skipping.cross_kv_once=true",)),
    Variant("baseline leaves out masked scores", baseline=("optimus.skipping.masked_scores=true",)),
    Variant("baseline projects all positions", baseline=("optimus.skipping.project_all_positions=true",)),
    Variant("write port of 64 elements", both=("optimus.post_processing.output_width_elements_per_cycle=64",)),
    Variant("write port of 4 elements", both=("optimus.post_processing.output_width_elements_per_cycle=4",)),
    Variant("load width of 64 elements", both=("optimus.input_window.load_width_elements_per_cycle=64",)),
    Variant("K/V port of 64 elements", both=("optimus.memories.kv_port_elements_per_cycle=64",)),
    Variant("256 MACs", both=("optimus.mac_array.macs=256", "optimus.memories.weight_bank_kib=256")),
    Variant("density 0.1", both=("workload.mask.density=0.1",)),
    Variant("density 0.5", both=("workload.mask.density=0.5", "optimus.memories.weight_bank_kib=128")),
    Variant("weight banks of the size each format needs", both=("optimus.memories.weight_bank_kib=0",)),
]


@dataclass(frozen=True)
class Workload:
    name: str
    file: str
    settings: tuple[str, ...]


def fixed_length(arguments, tokens):
    sentences = (f"workload.sentences.source_tokens={tokens}", f"workload.sentences.target_tokens={tokens}")
    return Workload(f"n{tokens}", arguments.workload, sentences)


def histogram(arguments):
    return Workload(HISTOGRAM, arguments.histogram, (f"workload.sentences.count={arguments.sentences}",))


def without_projection(workload):
    return Workload(
        f"{workload.name}-no-projection", workload.file, (*workload.settings, "workload.vocabulary=0")
    )


def merged(*groups):
    """Settings of all groups; the last one of a key counts."""
    pairs = dict(setting.split("=", 1) for group in groups for setting in group)
    return tuple(f"{key}={value}" for key, value in pairs.items())


def point(group, machine, workload, arguments, more=(), variant=""):
    return Point(
        group=group,
        config=machine.name + variant,
        reference=BASELINE + variant,
        workload=workload.name,
        arch_file=f"arch-configs/{machine.preset}.yaml",
        workload_file=workload.file,
        settings=merged(SAME_MEMORIES, arguments.set, machine.settings, workload.settings, more),
    )


def variant_points(arguments):
    for v in VARIANTS:
        workload, suffix = histogram(arguments), f", {v.name}"
        yield point("variant", LADDER[0], workload, arguments, merged(v.both, v.baseline), suffix)
        yield point("variant", LADDER[-1], workload, arguments, v.both, suffix)


def points(arguments):
    """Each point once, in the order of the tables."""
    workloads = [*(fixed_length(arguments, n) for n in arguments.lengths), histogram(arguments)]
    workloads += [without_projection(w) for w in workloads]
    groups = {"ladder": LADDER, "removal": REMOVALS}
    grid = [point(g, m, w, arguments) for w in workloads for g, machines in groups.items() for m in machines]
    return grid + list(variant_points(arguments))
