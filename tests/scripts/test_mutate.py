"""scripts/mutate.py: which faults are drawn, and that a planted one is found and taken back."""

import json

import pytest

from lockstep_program import ROOT
from scripts import mutate

SOURCE = """#include "a.h"
// a + b in a comment
std::uint64_t sum(std::vector<int> v) {
  const char* text = "a + b < c";
  if (v.empty()) return 0;
  for (int i = 0; i < 3; ++i) total += v[i] + 1;  // i < 3
  static_assert(sizeof(int) > 1);
}
"""


def test_faults_are_in_code_only_and_templates_are_no_comparisons(tmp_path):
    (tmp_path / "a.cpp").write_text(SOURCE)
    faults = list(mutate.faults_of(tmp_path / "a.cpp", "a.cpp"))
    assert {(f.line, f.before, f.after) for f in faults} == {
        (5, "if (", "if (false && "), (5, "if (", "if (true || "), (5, "0", "1"),
        (6, "0", "1"), (6, " < ", " <= "), (6, " += ", " -= "), (6, " + ", " - "), (6, "1", "2"),
    }  # fmt: skip
    lines = SOURCE.splitlines()
    assert all(lines[f.line - 1][f.column :].startswith(f.before) for f in faults)


def test_a_seed_draws_the_same_faults_each_time():
    one, two, other = (mutate.drawn(["sim/accelerators"], seed) for seed in (1, 1, 2))
    assert one == two and one != other and sorted(map(str, one)) == sorted(map(str, other))
    assert len(one) > 1000 and len(set(one)) == len(one)
    assert not any("/rtl/" in fault.file for fault in one)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy with one source, which builds; what the tests then say is `verdict[0]`."""
    fault = mutate.drawn(["sim/hw"], 1)[0]
    (tmp_path / fault.file).parent.mkdir(parents=True)
    (tmp_path / fault.file).write_bytes((ROOT / fault.file).read_bytes())
    monkeypatch.setattr(mutate, "COPY", tmp_path)
    return fault, tmp_path / fault.file


def test_a_fault_is_planted_judged_and_taken_back(copy, monkeypatch):
    fault, path = copy
    whole, seen = path.read_text(), []

    def run(*words):
        seen.append(path.read_text())
        return mutate.subprocess.CompletedProcess(words, words[0] == "ctest", stdout="1/2 Test  #7: A.Fact ...***Failed\n")

    monkeypatch.setattr(mutate, "run", run)
    assert mutate.judge(fault, 1) == "A.Fact"
    assert path.read_text() == whole
    assert all(text != whole and len(text) == len(whole) - len(fault.before) + len(fault.after) for text in seen)


def test_results_of_other_faults_are_refused(tmp_path):
    faults = mutate.drawn(["sim/hw"], 1)
    line = {"fault": mutate.asdict(faults[0]), "noticed_by": "A.Fact"}
    (tmp_path / "r.jsonl").write_text(json.dumps(line) + "\n")
    assert mutate.results_of(tmp_path / "r.jsonl", faults) == [line]
    with pytest.raises(SystemExit, match="another seed"):
        mutate.results_of(tmp_path / "r.jsonl", faults[1:])
