#!/usr/bin/python3
"""Checks who uses whom: C++ folders include lower layers only, sources reach SystemC only when they are about it, and
Python modules import each other in no circle.

    scripts/check_layers.py [FOLDER]

FOLDER holds sim/ and scripts/ [the project's]. Exit code 1, with a line for each fault, when there is one.
"""

import argparse
import ast
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

LAYERS = (  # low to high; those of one line do not include each other
    ("base",),
    ("stats", "workload"),
    ("reference", "energy", "workload/kinds"),
    ("values",),
    ("hw",),
    ("core",),
    ("accelerators",),
    ("report",),
    ("app",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
OF_PEERS = ("accelerators", "workload/kinds")  # their folders do not include each other
HIDDEN = ("workload/kinds",)  # known to the list of them only, which the build writes
INCLUDE = re.compile(r'^#include "sim/([^"]+)"', re.MULTILINE)
ANY_INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.MULTILINE)
RUNS_A_MACHINE = "accelerator.cpp"


def layer(path):
    """The layer that a path under sim/ is in."""
    return next((name for name in OF_PEERS if path.startswith(f"{name}/")), path.split("/")[0])


def part(path):
    """The same; of a layer of peers with the peer's name."""
    name = layer(path)
    return "/".join(path.split("/")[: name.count("/") + 2]) if name in OF_PEERS else name


def may_include(user, used):
    """Whether the file under sim/ may include the other one."""
    if part(user) == part(used):
        return True
    levels = [LEVEL.get(layer(path)) for path in (user, used)]
    return None not in levels and levels[0] > levels[1] and layer(used) not in HIDDEN


def wrong_includes(root):
    sources = sorted(path for path in (root / "sim").rglob("*") if path.suffix in (".h", ".cpp"))
    for source in sources:
        user = source.relative_to(root / "sim").as_posix()
        for included in INCLUDE.findall(source.read_text(encoding="utf-8")):
            if not may_include(user, included):
                yield f"{source.relative_to(root)}: {part(user)} includes sim/{included}, which it may not use"


def headers_reached(root, file, seen):
    """Adds to `seen` what a file includes, itself or through others, of sim/ and of SystemC."""
    for included in ANY_INCLUDE.findall(file.read_text(encoding="utf-8")):
        if included in seen or not (included == "systemc" or included.startswith("sim/")):
            continue
        seen.add(included)
        if (root / included).is_file():
            headers_reached(root, root / included, seen)
    return seen


def needless_systemc(root):
    """Plain C++ builds and tests in a fraction of the time: only modules and who runs them may pay for SystemC."""
    for source in sorted((root / "sim").rglob("*.cpp")):
        if source.name == RUNS_A_MACHINE or "systemc" not in headers_reached(root, source, set()):
            continue
        own = [file for file in (source, source.with_suffix(".h")) if file.is_file()]
        if not any("sc_core::" in file.read_text(encoding="utf-8") for file in own):
            yield f"{source.relative_to(root)}: includes SystemC through others and is not about it"


def modules(root):
    """Name -> file."""
    files = sorted((root / "scripts").rglob("*.py"))
    return {".".join(file.relative_to(root).with_suffix("").parts): file for file in files}


def imported(tree):
    """Names that may be of modules, also those that a function imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def circles(root):
    known = modules(root)
    graph = {name: known.keys() & set(imported(ast.parse(file.read_bytes()))) for name, file in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        yield "a circle of imports: " + " -> ".join(reversed(circle.args[1]))


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parents[1], metavar="FOLDER")
    root = parser.parse_args(words).folder
    faults = [*wrong_includes(root), *needless_systemc(root), *circles(root)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
