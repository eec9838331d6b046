"""Random networks of all kinds: legal, deterministic, whole rows equal to token by token, and what a file keeps of them."""

import json
from collections import Counter

import numpy as np
import pytest
from lockstep_program import ROOT
from random_networks import ALL_KINDS, random_network

from scripts.export import convert, inspect, safetensors
from scripts.export.errors import TraceError
from scripts.export.graph_rules import check_graph
from scripts.export.graph_shapes import TARGET
from scripts.export.integer_reference import IntegerModel
from scripts.export.network_rules import NETWORKS
from scripts.export.reference_outputs import verify_reference
from scripts.export.trace import metadata_of, read_trace, trace_of, write_trace
from scripts.export.trace_samples import samples_of

TINY = ROOT / "workloads/traces/tiny.safetensors"
COUNT = 160
CHOOSING = [kind for kind, network in NETWORKS.items() if network.chooses_tokens]


@pytest.fixture(scope="module")
def networks():
    return [random_network(seed) for seed in range(COUNT)]


def samples_in(trace):
    return samples_of(trace.model, trace.reference["samples"], trace.tensors)


def operators_of(networks, kind):
    """(operator, shapes of all) of one kind"""
    for trace in networks:
        shapes = check_graph(trace.graph, trace.tensors, "drawn")
        yield from ((op, shapes) for op in trace.operators if op["kind"] == kind)


def test_every_kind_occurs_often_in_networks_of_every_kind(networks):
    assert Counter(trace.model["kind"] for trace in networks) == dict.fromkeys(NETWORKS, COUNT // 4)
    kinds = Counter(op["kind"] for trace in networks for op in trace.operators)
    assert set(kinds) == set(ALL_KINDS) and min(kinds.values()) >= COUNT // 4, kinds
    assert 30 <= max(len(trace.operators) for trace in networks) <= 60


def test_edges_occur(networks):
    convolutions = list(operators_of(networks, "conv2d"))
    inputs = [shapes[op["inputs"][0]] for op, shapes in convolutions]
    assert any((x.height, x.width) == (1, 1) for x in inputs)
    assert any(op["groups"] == x.channels > 1 for (op, _), x in zip(convolutions, inputs))
    assert any(max(op["padding"]) > max(x.height, x.width) for (op, _), x in zip(convolutions, inputs))
    pools = list(operators_of(networks, "max_pool2d")) + list(operators_of(networks, "average_pool2d"))
    assert any(op["stride"][0] > op["kernel"][0] for op, _ in pools)
    attentions = list(operators_of(networks, "attention_scores"))
    assert any(shapes[op["inputs"][0]].features == op["heads"] == 1 for op, shapes in attentions)
    for field in ("window", "bias"):
        assert sum(field in op for op, _ in attentions) >= 10
    assert any(op["kv_heads"] < op["heads"] for op, _ in attentions)
    lengths = [len(s.inputs["prompt"]) for trace in networks[1::4] for s in samples_in(trace)]
    assert 1 in lengths and max(lengths) > 5


def test_outputs_are_not_all_alike(networks):
    """Constants are drawn such that most outputs have several values, within int8 and at its ends."""
    alike, ends, points = 0, 0, 0
    for trace in networks:
        for point in trace.reference["points"]:
            values = trace.tensors[point["tensor"]]
            points += 1
            alike += values.size > 1 and values.min() == values.max()
            ends += values.min() == -128 or values.max() == 127
    assert alike < 0.35 * points and 0.1 * points < ends < 0.6 * points


def test_equal_seeds_give_equal_files_and_files_are_read_as_written(tmp_path, networks):
    for seed, trace in enumerate(networks[:40]):
        again = random_network(seed)
        data = safetensors.to_bytes(metadata_of(trace), trace.tensors)
        assert data == safetensors.to_bytes(metadata_of(again), again.tensors)
        found = trace_of(*safetensors.parse(data, "file"), "file")
        assert found.graph == trace.graph and found.reference == trace.reference
        verify_reference(found, "file")


def stepwise(model, sample, sizes):
    """Outputs of target rows, so many at a time."""
    prepared, history = model.prepare(sample), {}
    tokens = model.target(sample, sample.produced[:-1])
    parts, begin = [], 0
    for size in sizes(len(tokens)):
        outputs = model.step(prepared, tokens[begin : begin + size], begin, history)
        parts.append({op["name"]: outputs[op["name"]] for op in model.of_target})
        begin += size
    return {name: [part[name] for part in parts] for name in parts[0]}


def joined(parts, whole):
    """Rows one after the other; scores of fewer keys have nothing for later ones."""
    if whole.ndim == 2:
        return np.concatenate(parts)
    filled = [np.pad(p, ((0, 0), (0, 0), (0, whole.shape[2] - p.shape[2]))) for p in parts]
    return np.concatenate(filled, 1)


@pytest.mark.parametrize("sizes", [lambda n: [1] * n, lambda n: [n // 2] * (n >= 2) + [n - n // 2]])
def test_token_by_token_gives_what_whole_rows_give(networks, sizes):
    compared = 0
    for trace in networks:
        if trace.model["kind"] not in CHOOSING:
            continue
        model = IntegerModel(trace)
        for sample in samples_in(trace):
            whole = model.run(sample)
            for name, parts in stepwise(model, sample, sizes).items():
                assert np.array_equal(joined(parts, whole[name]), whole[name]), (trace.model, name)
                compared += 1
    assert compared > 500


def test_cached_and_plain_decoding_agree(networks):
    lengths = set()
    for trace in networks:
        if trace.model["kind"] in CHOOSING:
            model = IntegerModel(trace)
            for sample in samples_in(trace):
                assert model.produce(sample, cache=False) == sample.produced
                lengths.add(len(sample.produced))
    assert len(lengths) > 5


def test_what_never_changes_is_computed_once(networks):
    for trace in networks:
        model = IntegerModel(trace)
        names = {op["name"] for op in model.of_target}
        for op in model.once:
            assert not names & set(op["inputs"])
        assert bool(names) == (trace.model["kind"] in CHOOSING)
        assert all(model.shapes[name].rows == TARGET for name in names)


def test_inspect_shows_and_proves_every_kind(tmp_path, capsys, networks):
    for seed in range(4):
        trace, path = networks[seed], tmp_path / f"{seed}.safetensors"
        write_trace(path, trace)
        assert inspect.main([str(path)]) == 0
        output = capsys.readouterr().out
        assert trace.model["kind"] in output and f"{len(trace.reference['points'])} stored outputs" in output
        assert all(op["name"] in output for op in trace.operators)
        point = trace.reference["points"][-1]
        changed = trace.tensors[point["tensor"]].copy()
        changed.flat[-1] ^= 1
        trace.tensors[point["tensor"]] = changed
        with pytest.raises(TraceError, match=f"{point['tensor']} is not what the graph computes"):
            verify_reference(trace, "file")
        changed.flat[-1] ^= 1


def test_a_file_of_schema_1_is_converted_without_loss(tmp_path, capsys):
    new = tmp_path / "new.safetensors"
    assert convert.main([str(TINY), "-o", str(new)]) == 0
    old, found = read_trace(TINY), read_trace(new)
    assert safetensors.read(new)[0]["schema"] == "lockstep-trace-2" and not found.sizes
    assert found.graph == old.graph and found.reference == old.reference
    assert found.tensors.keys() == old.tensors.keys()
    assert all(np.array_equal(found.tensors[name], old.tensors[name]) for name in old.tensors)
    verify_reference(found, str(new))
    assert convert.main([str(new), "-o", str(tmp_path / "again.safetensors")]) == 0
    assert (tmp_path / "again.safetensors").read_bytes() == new.read_bytes()
    assert convert.main([str(tmp_path / "none"), "-o", str(new)]) == 1
    assert "cannot read" in capsys.readouterr().err


def test_schema_1_cannot_hold_what_it_does_not_know():
    trace = read_trace(TINY)
    for change in ({"norm": "rms"}, {"window": 3}, {"kv_heads": 1}):
        key = next(iter(change))
        kind = "norm" if key == "norm" else "attention_scores"
        operators = [op | change if op["kind"] == kind else op for op in trace.operators]
        changed = type(trace)(trace.graph | {"operators": operators}, trace.origin, trace.reference, {}, trace.sizes)
        with pytest.raises(TraceError, match="lockstep-trace-1 cannot hold this graph|unknown field 'window'"):
            metadata_of(changed)


@pytest.mark.parametrize(("multiplier", "inputs"), [(0, 1), (7, 2)])
def test_a_summand_of_schema_1_is_left_out_when_it_is_nothing(multiplier, inputs):
    """A normalisation of one thing alone adds it to itself, times 0."""
    metadata, tensors = safetensors.read(TINY)
    graph = json.loads(metadata["graph"])
    norm = next(op for op in graph["operators"] if op["kind"] == "add_norm")
    norm |= {"inputs": norm["inputs"][:1] * 2, "y_multiplier": multiplier}
    reference = json.dumps({"sentences": 3, "points": []})
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("reference.point.")}
    trace = trace_of(metadata | {"graph": json.dumps(graph), "reference": reference}, tensors, "file")
    read = next(op for op in trace.operators if op["name"] == norm["name"])
    assert len(read["inputs"]) == inputs and ("y_multiplier" in read) == (inputs == 2)
    assert json.loads(metadata_of(trace)["graph"]) == graph


def test_a_name_that_schema_1_does_not_reserve_stays_usable():
    metadata, tensors = safetensors.read(TINY)
    old = "encoder.layers.0.linear1.weight"
    tensors["reference.labels"] = tensors.pop(old)
    metadata = metadata | {"graph": metadata["graph"].replace(old, "reference.labels")}
    trace = trace_of(metadata, tensors, "file")
    assert "reference.labels" not in trace.tensors
    verify_reference(trace, "file")
