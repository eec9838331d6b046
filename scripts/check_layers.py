#!/usr/bin/python3
"""Checks who uses whom: C++ folders include lower layers only and nothing of tests/, which may include anything of sim/;
sources reach SystemC only when they are about it; Python modules import each other in no circle.

    scripts/check_layers.py [FOLDER]

FOLDER holds sim/, tests/ and scripts/ [the project's]. Exit code 1, with a line for each fault, when there is one.
"""

import argparse
import ast
import os
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
SOURCES = (".h", ".cpp", ".in")  # the last: what the build writes a source from
# Text in quotes stays, comments go; digits in groups (1'000) are no quotes.
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])\'|(//[^\n]*|/\*.*?\*/)', re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*include\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
NAMED = re.compile(r'"([^"]+)"|<([^>]+)>')
SYSTEMC = re.compile(r"systemc(\.h)?$|sysc/|tlm")
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


def code(file):
    """The text of a source without its comments."""
    text = file.read_text(encoding="utf-8").replace("\\\n", "")
    return COMMENT.sub(lambda found: " " if found[1] else found[0], text)


def includes(root, file):
    """What a source includes, as the build finds it: beside the source when it is there, else from the root. An include
    that names no file, but a macro, is None."""
    for words in DIRECTIVE.findall(code(file)):
        named = NAMED.match(words)
        if not named:
            yield None
            continue
        name = os.path.normpath(named[1] or named[2])
        beside = Path(os.path.normpath(file.parent / name))
        is_beside = named[1] and (name.startswith("..") or beside.is_file())
        yield beside.relative_to(root).as_posix() if is_beside and beside.is_relative_to(root) else name


def sources(root, folder):
    return sorted(file for file in (root / folder).rglob("*") if file.suffix in SOURCES and file.is_file())


def wrong_includes(root):
    for source in sources(root, "sim"):
        user = source.relative_to(root / "sim").as_posix()
        for included in includes(root, source):
            name = f"{source.relative_to(root)}: {part(user)} includes {included}"
            if included is None:
                yield f"{source.relative_to(root)}: includes what a macro names, which cannot be checked"
            elif included.startswith("sim/") and not may_include(user, included.removeprefix("sim/")):
                yield f"{name}, which it may not use"
            elif included.startswith(("tests/", "scripts/", "../")):
                yield f"{name}, which is not of sim/"
    for source in sources(root, "tests"):
        if None in includes(root, source):
            yield f"{source.relative_to(root)}: includes what a macro names, which cannot be checked"


def headers_reached(root, file, seen):
    """Adds to `seen` what a file includes, itself or through others, of sim/ and of SystemC."""
    for included in includes(root, file):
        if included is None or included in seen:
            continue
        if not (SYSTEMC.match(included) or included.startswith("sim/")):
            continue
        seen.add(included)
        if (root / included).is_file():
            headers_reached(root, root / included, seen)
    return seen


def reaches_systemc(root, source):
    return any(SYSTEMC.match(included) for included in headers_reached(root, source, set()))


def needless_systemc(root):
    """Plain C++ builds and tests in a fraction of the time: only modules and who runs them may pay for SystemC."""
    for source in (file for file in sources(root, "sim") if ".cpp" in file.suffixes):
        if source.name == RUNS_A_MACHINE or not reaches_systemc(root, source):
            continue
        own = [file for file in (source, source.with_suffix(".h")) if file.is_file()]
        if not any("sc_core::" in code(file) for file in own):
            yield f"{source.relative_to(root)}: includes SystemC through others and is not about it"


def modules(root):
    """Name -> file; a package has the name of its folder."""
    files = sorted((root / "scripts").rglob("*.py"))
    names = (".".join(file.relative_to(root).with_suffix("").parts) for file in files)
    return {name.removesuffix(".__init__"): file for name, file in zip(names, files)}


def absolute(name, level, package):
    """A name that begins with so many dots, in a module of the package."""
    if level == 0:
        return name
    return ".".join(filter(None, (*package[: len(package) - level + 1], name)))


def called_import(node):
    """The text that a call of importlib.import_module or __import__ is given, or None."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return None
    called = getattr(node.func, "attr", getattr(node.func, "id", None))
    name = node.args[0].value
    return name if called in ("import_module", "__import__") and isinstance(name, str) else None


def imported(tree, package):
    """Names that may be of modules, also those that a function imports."""
    for node in ast.walk(tree):
        name = called_import(node)
        if name is not None:
            yield absolute(name.lstrip("."), len(name) - len(name.lstrip(".")), package)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node.module or "", node.level, package)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def circles(root):
    known = modules(root)
    graph = {}
    for name, file in known.items():
        package = file.relative_to(root).parent.parts
        graph[name] = known.keys() & set(imported(ast.parse(file.read_bytes()), package)) - {name}
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
