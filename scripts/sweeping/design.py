"""A sweep file: what is run, and the points that it spans (docs/sweeps.md states every key)."""

import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scripts.sweeping import axes, inputs
from scripts.sweeping.constraints import Constraint
from scripts.sweeping.errors import SweepError
from scripts.sweeping.program import ROOT, RunError, known_keys
from scripts.sweeping.search import Search, read_goal
from scripts.sweeping.strict_yaml import Block, load, nearest

_KEYS = ("machines", "workloads", *axes.NAMES, "search", "constraints", "limits", "values", "columns")
_LIMITS = {  # kind, least and most
    "seconds": ((int, float), 0.001, 10**8),
    "memory_mib": (int, 1, 2**40),
    "cycles": (int, 1, 2**63 - 1),
}


@dataclass(frozen=True)
class Source:
    """A machine or a workload of a sweep, with the axes that only it has."""

    name: str
    path: Path
    settings: list[dict]


@dataclass(frozen=True)
class Point:
    machine: Source
    workload: Source
    settings: dict


@dataclass
class Design:
    points: list[Point]
    excluded: int  # by constraints
    limits: dict
    values: bool
    columns: list[str]  # numbers that the table shows whatever else it does: metrics, or dotted paths into summary.json
    search: Search | None = None  # adds its points as it goes

    @property
    def setting_names(self):
        """In order of appearance."""
        return list(dict.fromkeys(key for point in self.points for key in point.settings))


def read(path, program):
    block = load(path)
    block.refuse_others(*_KEYS)
    machines = _sources(block, "machines", path.parent, "arch-configs")
    workloads = _sources(block, "workloads", path.parent, "workloads")
    common = axes.expand(block)
    counts = (sum(len(source.settings) for source in sources) for sources in (machines, workloads))
    axes.refuse_more(block, math.prod(counts, start=len(common)))
    spanned = [
        Point(machine, workload, settings)
        for machine in machines
        for workload in workloads
        for settings in axes.combine(block, [common, machine.settings, workload.settings])
    ]
    keys = _Keys(program)
    goal = read_goal(block)
    if goal:
        return _searched(block, goal, spanned, keys)
    _refuse_unknown_keys(block, spanned, keys)
    constraints = _constraints(block, spanned, keys)
    points = [point for point in spanned if _allowed(block, point, constraints, keys)]
    if not points:
        block.fail("no point satisfies the constraints", "constraints")
    return _design(block, points, len(spanned) - len(points))


def _design(block, points, excluded):
    values = block.read("values", bool, "true or false", False)
    return Design(points, excluded, _limits(block), values, _texts(block, "columns"))


def _searched(block, goal, spanned, keys):
    """A design without points: those of the search differ from the one that the other axes span."""
    if len(spanned) != 1:
        block.fail("search: needs one machine and one workload, without other axes", "search")
    start = spanned[0]
    for key in goal.keys:
        if key in start.settings:
            goal.keys.fail(f"{key}: on two axes", key)
    point = lambda values: Point(start.machine, start.workload, {**start.settings, **values})
    _refuse_unknown_keys(block, [point(dict.fromkeys(goal.keys))], keys)
    constraints = _constraints(block, spanned, keys)
    design = _design(block, [], 0)
    design.columns = [*design.columns, *goal.objectives]
    design.search = Search(goal, point, lambda tried: _allowed(block, tried, constraints, keys))
    return design


class _Keys:
    """The keys that a point's machine and workload have, with their defaults."""

    def __init__(self, program):
        self._program = program
        self._known = {}

    def of(self, machine):
        if machine.path not in self._known:
            self._known[machine.path] = self._read(machine)
        return self._known[machine.path]

    def _read(self, machine):
        kind = inputs.content(machine.path).get("accelerator")
        if not isinstance(kind, str):
            raise SweepError(f"{machine.path}: accelerator: missing")
        try:
            workload = known_keys(self._program, "workload")
            keys = dict(known_keys(self._program, kind))
        except RunError as error:
            raise SweepError(f"{machine.path}: {error}") from None
        keys.update({inputs.WORKLOAD + key: default for key, default in workload.items()})
        return keys

    def value(self, point, key):
        """What the point uses: its own setting, else its file's, else the default."""
        if key in point.settings:
            return point.settings[key]
        of_workload = key.startswith(inputs.WORKLOAD)
        source = point.workload if of_workload else point.machine
        given = inputs.value_at(inputs.content(source.path), key.removeprefix(inputs.WORKLOAD))
        if given is not None:
            return given
        return self.of(point.machine)[key]


def _sources(block, name, folder, presets):
    given = block.get(name)
    if not isinstance(given, list) or not given:
        block.fail(f"{name}: required: a list of files, or of bare names of files in {presets}/", name)
    sources = [_source(block, name, item, folder, presets) for item in given]
    names = [source.name for source in sources]
    twice = next((n for n, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        block.fail(f"{name}: {twice}: given twice; tell them apart with name", name)
    return sources


def _source(block, name, item, folder, presets):
    if isinstance(item, str):
        item, text = Block(block.file, block.lines[name]), item
        item["file"] = text
    if not isinstance(item, Block):
        block.fail(f"{name}: each one is a name, or a block with file", name)
    item.refuse_others("name", "file", *axes.NAMES)
    file = item.read("file", str, "a file, or the bare name of one")
    if not file:
        item.fail(f"{name}: file: missing")
    bare = "/" not in file and not file.endswith(".yaml")
    path = ROOT / presets / f"{file}.yaml" if bare else (folder / file).resolve()
    if not os.path.isfile(path):
        known = sorted(preset.stem for preset in (ROOT / presets).glob("*.yaml"))
        what = "is not a file" if os.path.exists(path) else f"no such file{nearest(file, known) if bare else ''}"
        item.fail(f"{file}: {what}", "file")
    return Source(item.read("name", str, "text", path.stem), path, axes.expand(item))


def _refuse_unknown_keys(block, points, keys):
    seen = set()
    for point in points:
        for key in point.settings:
            if (point.machine.name, key) in seen:
                continue
            seen.add((point.machine.name, key))
            known = keys.of(point.machine)
            if key not in known:
                where = _place(block, key) or (block.file, block.line)
                what = f"{key}: is not a key of {point.machine.name} or of a workload"
                raise SweepError(f"{where[0]}:{where[1]}: {what}{_nearest_key(key, known)}")


def _nearest_key(key, known):
    named = nearest(key, list(known))
    return named if "nearest" in named else "; lockstep keys lists them"


def _place(node, key):
    """File and line where the key stands on an axis."""
    if isinstance(node, Block) and key in node.lines:
        return node.file, node.lines[key]
    items = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return next((place for item in items if (place := _place(item, key))), None)


def _constraints(block, points, keys):
    machines = {point.machine.name: point.machine for point in points}.values()
    texts = _texts(block, "constraints")
    try:
        constraints = [Constraint(text) for text in texts]
    except SweepError as error:
        block.fail(str(error), "constraints")
    for constraint in constraints:
        for key in constraint.keys:
            if not any(key in keys.of(machine) for machine in machines):
                known = {key for machine in machines for key in keys.of(machine)}
                unknown = f"{key}: unknown key{_nearest_key(key, known)}"
                block.fail(f"constraint '{constraint.text}': {unknown}", "constraints")
    return constraints


def _allowed(block, point, constraints, keys):
    """Whether it satisfies all constraints whose keys it has."""
    known = keys.of(point.machine)
    try:
        return all(
            constraint.holds({key: keys.value(point, key) for key in constraint.keys})
            for constraint in constraints
            if all(key in known and point.settings.get(key, "") is not None for key in constraint.keys)
        )
    except SweepError as error:
        block.fail(str(error), "constraints")


def _limits(block):
    limits = block.read("limits", Block, "a block")
    if limits is None:
        return {}
    limits.refuse_others(*_LIMITS)
    for key, (kind, least, most) in _LIMITS.items():
        meaning = "a number" if key == "seconds" else "a whole number"
        if not least <= limits.read(key, kind, f"{meaning} from {least} to {most}", least) <= most:
            limits.fail(f"{key}: must be {meaning} from {least} to {most}", key)
    return dict(limits)


def _texts(block, key):
    texts = block.read(key, list, "a list of texts", [])
    if not all(isinstance(text, str) for text in texts):
        block.fail(f"{key}: must be a list of texts", key)
    return texts
