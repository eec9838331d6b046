"""Who may use whom: the project keeps to it, and what does not is found."""

import subprocess

import pytest

from lockstep_program import ROOT


def check(*words):
    return subprocess.run([ROOT / "scripts/check_layers.py", *words], capture_output=True, text=True)


def test_project_keeps_to_its_layers():
    done = check()
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize(
    "source, included, allowed",
    [
        ("base/a.h", "base/b.h", True),
        ("hw/a.h", "base/b.h", True),
        ("base/a.cpp", "hw/b.h", False),
        ("stats/a.cpp", "workload/b.h", False),
        ("accelerators/one/a.cpp", "accelerators/one/b.h", True),
        ("accelerators/one/a.cpp", "accelerators/two/b.h", False),
        ("accelerators/one/a.cpp", "report/b.h", False),
        ("app/a.cpp", "accelerators/one/b.h", True),
        ("workload/kinds/one/a.cpp", "workload/b.h", True),
        ("workload/kinds/one/a.cpp", "workload/kinds/one/b.h", True),
        ("workload/kinds/one/a.cpp", "workload/kinds/two/b.h", False),
        ("workload/kinds/one/a.cpp", "reference/b.h", False),
        ("workload/a.cpp", "workload/kinds/one/b.h", False),
        ("app/a.cpp", "workload/kinds/one/b.h", False),
        ("base/a.cpp", "unknown/b.h", False),
    ],
)
def test_lower_layers_only(source, included, allowed, tmp_path):
    file = tmp_path / "sim" / source
    file.parent.mkdir(parents=True)
    file.write_text(f'#include <vector>\n#include "sim/{included}"\n')
    done = check(tmp_path)
    assert done.returncode == (0 if allowed else 1)
    assert (f"sim/{source}: " in done.stdout and f"includes sim/{included}" in done.stdout) != allowed


@pytest.mark.parametrize(
    "source, text, allowed",
    [
        ("module.cpp", "sc_core::wait();", True),
        ("plain.cpp", "int x;", False),
        ("accelerator.cpp", "int x;", True),
    ],
)
def test_systemc_is_for_modules_only(source, text, allowed, tmp_path):
    folder = tmp_path / "sim/hw"
    folder.mkdir(parents=True)
    (folder / "clock.h").write_text("#include <systemc>\nsc_core::sc_time now();\n")
    (folder / "unit.h").write_text('#include "sim/hw/clock.h"\n#include "sim/hw/unit.h"\n')
    (folder / source).write_text(f'#include "sim/hw/unit.h"\n{text}\n')
    done = check(tmp_path)
    assert done.returncode == (0 if allowed else 1)
    assert (f"sim/hw/{source}: includes SystemC" in done.stdout) != allowed


@pytest.mark.parametrize(
    "line",
    [
        '#include  "sim/hw/b.h"',
        '#include"sim/hw/b.h"',
        '# include "sim/hw/b.h"',
        '  #\tinclude "sim/hw/b.h"',
        "#include <sim/hw/b.h>",
        '#include "../hw/b.h"',
        '#include "sim/base/../hw/b.h"',
        '#include "./../hw/b.h"  // why',
        '/* so */ #include "sim/hw/b.h"',
        '#include \\\n  "sim/hw/b.h"',
    ],
)
@pytest.mark.parametrize("source", ["base/a.h", "base/a.cpp", "base/a.cpp.in"])
def test_every_form_of_an_include_is_read(line, source, tmp_path):
    file = tmp_path / "sim" / source
    file.parent.mkdir(parents=True)
    file.write_text(f"#pragma once\n{line}\n")
    done = check(tmp_path)
    assert done.stdout == f"sim/{source}: base includes sim/hw/b.h, which it may not use\n"


@pytest.mark.parametrize("line", ['// #include "sim/hw/b.h"', '/*\n#include "sim/hw/b.h"\n*/', 'auto s = "// sim/hw";'])
def test_comments_and_texts_include_nothing(line, tmp_path):
    (tmp_path / "sim/base").mkdir(parents=True)
    (tmp_path / "sim/base/a.h").write_text(f"{line}\n")
    assert check(tmp_path).returncode == 0


def test_a_header_beside_the_source_is_the_one_that_is_included(tmp_path):
    for folder in ("hw", "base"):
        (tmp_path / "sim" / folder).mkdir(parents=True)
        (tmp_path / "sim" / folder / "clock.h").write_text("")
    (tmp_path / "sim/hw/a.cpp").write_text('#include "clock.h"\n#include "../base/clock.h"\n')
    (tmp_path / "sim/base/b.cpp").write_text('#include "clock.h"\n')
    assert check(tmp_path).stdout == ""
    (tmp_path / "sim/base/b.cpp").write_text('#include "../hw/clock.h"\n')
    assert "sim/base/b.cpp: base includes sim/hw/clock.h" in check(tmp_path).stdout


def test_an_include_that_cannot_be_read_is_named(tmp_path):
    for folder in ("sim/base", "tests/unit"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.cpp").write_text("#include HEADER\n")
    done = check(tmp_path)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["sim/base/a.cpp", "tests/unit/a.cpp"]


@pytest.mark.parametrize("line", ['#include "tests/support/jobs.h"', '#include "../../tests/support/jobs.h"'])
def test_tests_include_the_machine_and_not_the_other_way_round(line, tmp_path):
    for folder in ("sim/app", "tests/support"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/support/jobs.h").write_text('#include "sim/app/a.h"\n#include "sim/workload/kinds/one/b.h"\n')
    assert check(tmp_path).returncode == 0
    (tmp_path / "sim/app/a.cpp").write_text(f"{line}\n")
    assert check(tmp_path).stdout == "sim/app/a.cpp: app includes tests/support/jobs.h, which is not of sim/\n"


@pytest.mark.parametrize("header", ["systemc", "systemc.h", "sysc/kernel/sc_time.h"])
@pytest.mark.parametrize("source", ["plain.cpp", "plain.cpp.in"])
def test_every_header_of_systemc_is_known_and_a_comment_does_not_excuse(header, source, tmp_path):
    folder = tmp_path / "sim/hw"
    folder.mkdir(parents=True)
    (folder / "clock.h").write_text(f"#include <{header}>\n")
    (folder / source).write_text('#include "sim/hw/clock.h"\n// not sc_core::sc_time\n/* sc_core:: */ int x;\n')
    assert check(tmp_path).stdout == f"sim/hw/{source}: includes SystemC through others and is not about it\n"


@pytest.mark.parametrize(
    "back",
    [
        "from . import a",
        "from .a import name",
        "from ..more import a",
        "from .. import more\nfrom ..more.a import name",
        'import importlib\nimportlib.import_module("scripts.more.a")',
        'from importlib import import_module\nimport_module(".a", __package__)',
        '__import__("scripts.more.a")',
    ],
)
def test_every_form_of_an_import_closes_a_circle(back, tmp_path):
    folder = tmp_path / "scripts/more"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("from scripts.more import b\n")
    (folder / "b.py").write_text(f"{back}\n")
    done = check(tmp_path)
    assert done.returncode == 1 and done.stdout.startswith("a circle of imports: scripts.more.")
    (folder / "b.py").write_text("from . import c\n")
    assert check(tmp_path).returncode == 0


def test_circle_of_imports_is_named_in_its_order(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/a.py").write_text("from scripts import b\n")
    (tmp_path / "scripts/b.py").write_text("def late():\n    import scripts.c\n")
    (tmp_path / "scripts/c.py").write_text("from scripts.a import name\n")
    (tmp_path / "scripts/d.py").write_text("from scripts.a import name\n")
    done = check(tmp_path)
    assert done.returncode == 1
    named = done.stdout.removeprefix("a circle of imports: ").split()[::2]
    assert sorted(named[1:]) == ["scripts.a", "scripts.b", "scripts.c"] and named[0] == named[-1]
    after = {"scripts.a": "scripts.b", "scripts.b": "scripts.c", "scripts.c": "scripts.a"}
    assert all(after[user] == used for user, used in zip(named, named[1:]))
