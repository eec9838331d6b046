"""The picture of the network that ran: every link of the result is an arc, arcs of one lane do not lie on each other."""

import csv
import random
import re

import pytest
from lockstep_program import run_ok
from scripts import report
from scripts.reporting import network


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run_ok("run", "optimus", "language", "-o", folder / "run")
    assert report.main([str(folder / "run"), "-o", str(folder / "page.html")]) == 0
    return folder


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_every_link_is_drawn_once(run):
    page = (run / "page.html").read_text()
    drawn = re.findall(r'<path d="[^"]*" class="link"><title>(.*?) reads (.*?)</title>', page)
    links = [(row["layer"], row["reads"]) for row in rows(run / "run/links.csv")]
    assert sorted(drawn) == sorted(links) and len(set(links)) == len(links) > 30


def test_links_are_those_of_the_model(run):
    """A pre-norm decoder: a residual is read by the norm behind it and by the sum behind that."""
    links = {(row["layer"], row["reads"]) for row in rows(run / "run/links.csv")}
    assert ("blocks.0.norm1", "embedding") in links and ("blocks.0.add", "embedding") in links
    assert {reads for layer, reads in links if layer == "blocks.0.attention.scores"} == {"blocks.0.attention.q+k+v"}
    assert not any(layer == "embedding" for layer, _ in links)


def test_bars_are_the_busy_cycles(run):
    page = (run / "page.html").read_text()
    for row in rows(run / "run/layers.csv"):
        assert re.search(rf"<title>{re.escape(row['layer'])}: [^<]* cycles, [^<]* of the run, on {row['unit']}</title>", page)


def test_arcs_of_a_lane_do_not_lie_on_each_other():
    for seed in range(200):
        rng = random.Random(seed)
        count = rng.randint(2, 40)
        arcs = {tuple(sorted(rng.sample(range(count), 2))) for _ in range(rng.randint(1, 40))}
        placed = network.place(sorted(arcs, key=lambda arc: (arc[1] - arc[0], arc)))
        assert {(first, last) for _, first, last in placed} == arcs
        for i, (lane, first, last) in enumerate(placed):
            for other, begin, end in placed[:i]:
                apart = last <= begin or end <= first or first == begin
                assert lane != other or apart or lane == network.MOST_LANES - 1
