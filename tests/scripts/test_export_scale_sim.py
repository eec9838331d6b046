"""Topologies of SCALE-Sim as workloads of matrix products."""

import csv
import random
import time

import pytest
from fuzz_seconds import SECONDS
from one_line import in_one_line
from lockstep_program import ROOT, run_ok
from scripts.export import scale_sim

CONVOLUTIONS = """Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,

Conv1, 14, 12, 3, 3, 3, 8, 2,
Conv2_dw, 9, 9, 3, 3, 1, 1, 1,#dw
\tBlock,7,7,1,1,16,24,1
\tBlock,7,7,1,1,16,24,1
FC, 1, 1, 1, 1, 64, 10, 1,
"""
PRODUCTS = "Layer,M,N,K,\nL0,19,12,38,\n\nL1,7,5,64\n"


@pytest.fixture()
def topology(tmp_path):
    def write(text):
        path = tmp_path / "topology.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def shapes(products):
    return [(p.name, p.rows, p.columns, p.vectors) for p in products]


def test_products_are_rows_columns_vectors(topology):
    assert shapes(scale_sim.read_topology(topology(PRODUCTS))) == [("L0", 12, 38, 19), ("L1", 5, 64, 7)]


def test_convolutions_become_the_products_that_they_are(topology):
    assert shapes(scale_sim.read_topology(topology(CONVOLUTIONS))) == [
        ("Conv1", 8, 27, 7 * 6),
        ("Conv2_dw", 1, 9, 49),
        ("Block", 24, 16, 49),
        ("Block#2", 24, 16, 49),
        ("FC", 10, 64, 1),
    ]


def test_vectors_are_the_places_of_a_window(topology):
    rng = random.Random(7)
    header = "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride height,Stride width\n"
    for _ in range(200):
        kernel = [rng.randint(1, 5), rng.randint(1, 5)]
        side = [k + rng.randint(0, 12) for k in kernel]
        stride = [rng.randint(1, 6), rng.randint(1, 6)]
        line = ",".join(map(str, ["c", *side, *kernel, 2, 3, *stride]))
        # SCALE-Sim counts one more window when those within the map leave some of it over.
        places = []
        for map_side, window, step in zip(side, kernel, stride):
            inside = [y for y in range(0, map_side, step) if y + window <= map_side]
            places.append(len(inside) + (inside[-1] + window < map_side))
        (product,) = scale_sim.read_topology(topology(header + line))
        assert product.vectors == places[0] * places[1], line


def test_sparsity_is_a_density(topology):
    text = "Layer,M,N,K,Sparsity\na,1,2,3,2:4\nb,1,2,3,1 : 1\n"
    assert [p.kept for p in scale_sim.read_topology(topology(text))] == [0.5, 1]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "has no layers"),
        ("Layer,M,N,K\n", "has no layers"),
        ("Layer,N,M,K\na,1,2,3\n", "line 1: no header of a topology"),
        ("a,1,2,3\n", "line 1: no header of a topology"),
        ("Layer,M,N,K\na,1,2\n", "line 2: 3 fields; expected 4"),
        ("Layer,M,N,K\n,1,2,3\n", "line 2: a layer without a name"),
        ("Layer,M,N,K\na\x1b[31m,1,2,3\n", "line 2: the layer 'a\\x1b[31m'; expected 1 to 240 printable ASCII"),
        ("Layer,M,N,K\n" + "a" * 241 + ",1,2,3\n", "expected 1 to 240 printable ASCII"),
        ("Layer,M,N,K\na,1,2,0\n", "line 2: k is '0'; expected a whole number from 1 on"),
        ("Layer,M,N,K\na,1,2,1e3\n", "line 2: k is '1e3'"),
        ("Layer,M,N,K\n\na,1,2,\x1b[31m\n", "line 3: k is '\\x1b[31m'"),
        ("Layer,M,N,K\na,99999,2,3\n", "line 2: a product of 2 rows, 3 columns and 99999 vectors"),
        ("Layer,M,N,K,Sparsity\na,1,2,3,4:2\n", "line 2: sparsity '4:2'; expected N:M"),
        (CONVOLUTIONS + "c,2,9,3,3,1,1,1\n", "line 8: a filter of height 3 on a map of 2"),
        (b"Layer,M,N,K\n\xff,1,2,3\n", "not UTF-8 at byte 12"),
        ("Layer,M,N,K\n" + "a,1,2,3\n" * 200000, "more than 1048576 bytes"),
    ],
)
def test_what_is_no_topology_is_one_line(topology, tmp_path, capsys, text, message):
    out = tmp_path / "workload.yaml"
    assert scale_sim.main([str(topology(text)), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and "topology.csv" in said
    assert not out.exists()


PIECES = b"0123456789,:#\n\r\t\"' \xe2\x80\xa8\x00-.e"
WORDS = [b"18446744073709551616", b"-1", b"1e9", b"4294967295,", b"2:4", b",,,,", b"\n" * 300, b"9" * 5000, b"\x1b[31m", b"Layer,M,N,K\n", b"\xff"]


def damaged(content, rng):
    text = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text) + 1)
        piece = rng.choice(WORDS) if rng.random() < 0.2 else bytes(rng.choices(PIECES, k=2))
        text[at : at + rng.randint(0, 3)] = piece
    return bytes(text[: rng.randrange(len(text) + 1)] if rng.random() < 0.05 else text)


def test_damaged_files_are_read_or_refused(topology, tmp_path, capsys):
    """What is read is also a workload for the simulator, which is asked about one in fifty."""
    rng, outcomes, end = random.Random(11), {True: 0, False: 0}, time.monotonic() + SECONDS
    while time.monotonic() < end or min(outcomes.values()) < 50:
        path = topology(damaged(rng.choice([CONVOLUTIONS, PRODUCTS]).encode(), rng))
        begin = time.monotonic()
        try:
            products = scale_sim.read_topology(path)
        except scale_sim.TopologyError as error:
            in_one_line(error)
            assert str(path) in str(error)
            outcomes[False] += 1
            continue
        outcomes[True] += 1
        assert all(p.rows > 0 and p.columns > 0 and p.vectors > 0 for p in products)
        assert time.monotonic() - begin < 5, path.read_bytes()
        if outcomes[True] % 50 == 1:
            out = tmp_path / f"{outcomes[True]}.yaml"
            if scale_sim.main([str(path), "-o", str(out)]) == 0:
                run_ok("check", "optimus", out)
            capsys.readouterr()


def test_files_of_others_are_not_written_over(topology, tmp_path, capsys):
    path, out = topology(PRODUCTS), tmp_path / "workload.yaml"
    assert scale_sim.main([str(path), "-o", str(out)]) == 0
    assert scale_sim.main([str(path), "-o", str(out)]) == 0
    out.write_text("mine")
    assert scale_sim.main([str(path), "-o", str(out)]) == 3
    assert out.read_text() == "mine" and "exists and is not a workload made from a topology" in capsys.readouterr().err
    assert scale_sim.main([str(tmp_path / "none.csv"), "-o", str(out)]) == 3


def test_the_machine_runs_them(topology, tmp_path):
    odd = CONVOLUTIONS.replace("Conv1", "Conv 'a' [1]: 2")
    workload, out = tmp_path / "workload.yaml", tmp_path / "out"
    assert scale_sim.main([str(topology(odd)), "-o", str(workload), "--density", "0.5"]) == 0
    run_ok("check", "optimus", workload)
    run_ok("run", "optimus", workload, "-o", out, cwd=ROOT)
    with (out / "layers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["layer"] for row in rows] == ["Conv 'a' [1]: 2", "Conv2_dw", "Block", "Block#2", "FC"]
    macs = [int(row["dense_equivalent_macs"]) for row in rows]
    assert macs == [8 * 27 * 42, 9 * 49, 24 * 16 * 49, 24 * 16 * 49, 640]
