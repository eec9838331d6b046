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
