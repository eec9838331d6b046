"""The SAIF of a program: times and changes of every net, against the netlist's own answers and the simulator's counters."""

import csv
import re
import subprocess
import sys

import pytest

import random_netlist
from lockstep_program import ROOT, run_ok
from scripts.export import lut_evaluation, saif
from scripts.export.lut_file import read_program
from test_import_luts import imported, run_import
from test_rtl import generate

NET = re.compile(r"\((\S+) \(T0 (\d+)\) \(T1 (\d+)\) \(TX 0\) \(TZ 0\) \(TC (\d+)\) \(IG 0\)\)")


def run_saif(*words, code=0):
    command = [sys.executable, "-m", "scripts.export.saif", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


def read_saif(path):
    """Net -> (T0, T1, TC), the duration and the instances; every parenthesis must close."""
    text = path.read_text()
    plain = re.sub(r'"[^"]*"', "", re.sub(r"\\.", "_", text))
    assert plain.count("(") == plain.count(")")
    nets = {re.sub(r"\\(.)", r"\1", m[1]): tuple(map(int, m.group(2, 3, 4))) for m in NET.finditer(text)}
    assert len(nets) == text.count("(TC ")
    return nets, int(re.search(r"\(DURATION (\d+)\)", text)[1]), re.findall(r"\(INSTANCE (\S+)", text)


def level_toggles(workload, folder):
    run_ok("run", "poetbin", workload, "-o", folder)
    with open(folder / "levels.csv") as file:
        return {row["level"]: int(row[next(k for k in row if k.startswith("output_toggles"))]) for row in csv.DictReader(file)}


def expected(netlist, folder, period):
    """Net -> (T0, T1, TC) of the imported vectors."""
    history = {}
    for line in (folder / "vectors.txt").read_text().splitlines()[1:]:
        bits = [int(bit) for bit in reversed(line.split()[0])]
        all_nets = random_netlist.Drawn(netlist.inputs, netlist.tables, [o for o, _, _ in netlist.tables])
        values = dict(zip((o for o, _, _ in netlist.tables), all_nets.answers(bits)))
        values |= {f"in[{i}]": bit for i, bit in enumerate(bits)}
        for net, bit in values.items():
            history.setdefault(net, []).append(bit)
    return {
        net: ((len(h) - sum(h)) * period, sum(h) * period, sum(a != b for a, b in zip(h, h[1:]))) for net, h in history.items()
    }


@pytest.mark.parametrize("suffix, spelt", [
    ("v", lambda net: net if net.startswith("in") else f"{net}$esc"),
    ("vhd", lambda net: net.replace("in", "Inp") if net.startswith("in") else f"{net}_out"),
    ("blif", lambda net: net),
])  # fmt: skip
def test_nets_of_a_netlist_have_their_names_and_counts(tmp_path, suffix, spelt):
    netlist = random_netlist.drawn(21, most_pins=14 if suffix == "blif" else 6, inputs=16)
    workload = imported(tmp_path, suffix, netlist)
    run_saif(tmp_path / "p.safetensors", "--netlist", tmp_path / f"n.{suffix}", "-o", tmp_path / "o.saif", "--clock-ns", 10,
             "--instance", "tb/uut")  # fmt: skip
    nets, duration, path = read_saif(tmp_path / "o.saif")
    assert duration == 200 * 10 and path == ["tb", "uut"]
    wanted = {spelt(net): counts for net, counts in expected(netlist, tmp_path, 10).items()}
    assert {net: nets[net] for net in wanted} == wanted
    if suffix != "blif":  # whose wide tables are split, and then are others
        simulated = sum(level_toggles(workload, tmp_path / "out").values())
        assert sum(counts[2] for net, counts in wanted.items() if not net.startswith(("in", "Inp"))) == simulated > 0


def test_wires_have_the_counts_of_what_drives_them(tmp_path):
    (tmp_path / "n.v").write_text(
        "module m (input a, input b, output y, output z, output k);\n wire p;\n assign p = a; assign z = y; assign k = 1'b1;\n"
        "LUT2 #(.INIT(4'h6)) u (.I0(p), .I1(b), .O(y));\nendmodule\n"
    )
    (tmp_path / "v.txt").write_text("01\n00\n11\n10\n")  # b a
    run_import(tmp_path / "n.v", "--vectors", tmp_path / "v.txt", "-o", tmp_path / "p.safetensors")
    run_saif(tmp_path / "p.safetensors", "--netlist", tmp_path / "n.v", "-o", tmp_path / "o.saif", "--clock-ns", 1)
    nets, _, path = read_saif(tmp_path / "o.saif")
    assert path == ["m"]
    assert nets == {"a": (2, 2, 3), "b": (2, 2, 1), "y": (2, 2, 2), "p": (2, 2, 3), "z": (2, 2, 2), "k": (0, 4, 0)}


def test_nets_of_the_generated_module(tmp_path):
    run_saif(ROOT / "workloads/traces/tiny-luts.safetensors", "-o", tmp_path / "o.saif")
    nets, _, path = read_saif(tmp_path / "o.saif")
    assert path == ["poetbin_spatial"]
    netlist = (generate(tmp_path / "rtl", ["poetbin", "tiny-luts"]) / "poetbin_spatial.sv").read_text()
    widths = {}
    for net in nets:
        name, index = re.fullmatch(r"(\w+)\[(\d+)\]", net).groups()
        widths[name] = max(widths.get(name, 0), int(index))
    for name, last in widths.items():
        assert f"logic [{last}:0] {name};" in netlist
    for level, toggles in level_toggles("tiny-luts", tmp_path / "out").items():
        assert sum(counts[2] for net, counts in nets.items() if net.startswith(f"{level}_bits[")) == toggles > 0


def test_counts_across_chunks(tmp_path, monkeypatch):
    imported(tmp_path, "v", random_netlist.drawn(22))
    program = read_program(tmp_path / "p.safetensors")
    whole = [counts.tolist() for counts in saif.counts(program, program.vectors.inputs)]
    monkeypatch.setattr(lut_evaluation, "CHUNK_ADDRESSES", 150)
    assert [len(values[0]) for _, values in lut_evaluation.chunks(program, program.vectors.inputs)][0] < 50
    assert [counts.tolist() for counts in saif.counts(program, program.vectors.inputs)] == whole


def test_refusals(tmp_path):
    (tmp_path / "n.blif").write_text(".model m\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n")
    (tmp_path / "other.blif").write_text(".model m\n.inputs a b\n.outputs y\n.names a b y\n10 1\n.end\n")
    run_import(tmp_path / "n.blif", "-o", tmp_path / "p.safetensors")
    assert "no vectors, so nothing changes" in run_saif(tmp_path / "p.safetensors", "-o", tmp_path / "o.saif", code=2).stderr
    run_import(tmp_path / "n.blif", "-o", tmp_path / "p.safetensors", "--random", 9)
    wrong = run_saif(tmp_path / "p.safetensors", "--netlist", tmp_path / "other.blif", "-o", tmp_path / "o.saif", code=2)
    assert "was not imported from" in wrong.stderr and wrong.stderr.count("\n") == 1
    assert "is not a SAIF file" in run_saif(tmp_path / "p.safetensors", "-o", tmp_path / "n.blif", code=2).stderr
    assert "No such file" in run_saif(tmp_path / "none", "-o", tmp_path / "o.saif", code=3).stderr
    assert "is not 1 to" in run_saif(tmp_path / "p.safetensors", "-o", tmp_path / "o.saif", "--clock-ns", "0", code=2).stderr
