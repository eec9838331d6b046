"""Every rule of a trace above the file layout: a broken one is named with operator and field."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.export import inspect, safetensors
from scripts.export.errors import TraceError
from scripts.export.ragged import rows_of
from scripts.export.reference_outputs import verify_reference
from scripts.export.trace import Trace, check, metadata_of, read_trace, write_trace

TINY = Path(__file__).parents[2] / "workloads/traces/tiny.safetensors"


@pytest.fixture
def trace():
    """The tiny trace, free to be changed."""
    found = read_trace(TINY)
    found.tensors = {name: tensor.copy() for name, tensor in found.tensors.items()}
    return found


def operator(trace, name):
    return next(op for op in trace.operators if op["name"] == name)


def refused(trace, message):
    with pytest.raises(TraceError, match=message) as error:
        check(trace, "file.safetensors")
    assert str(error.value).startswith("file.safetensors: ")


def test_round_trip(tmp_path, trace):
    write_trace(tmp_path / "t.safetensors", trace)
    assert (tmp_path / "t.safetensors").read_bytes() == TINY.read_bytes()
    assert read_trace(tmp_path / "t.safetensors").graph == trace.graph


def test_invalid_trace_is_not_written(tmp_path, trace):
    operator(trace, "generator")["shift"] = 0
    with pytest.raises(TraceError):
        write_trace(tmp_path / "t.safetensors", trace)
    assert not list(tmp_path.iterdir())


FIELD_CASES = [
    ("generator", "shift", 0, "generator: shift is 0; use a whole number from 1 to 62"),
    ("generator", "shift", 63, "from 1 to 62"),
    ("generator", "shift", 20.0, "shift is 20.0; use a whole number"),
    ("generator", "shift", True, "shift is True; use a whole number"),
    ("generator", "kind", "logit", r"kind 'logit' \(did you mean 'logits'\?\)"),
    ("generator", "relu", False, "generator: unknown field 'relu'"),
    ("generator", "phase", "encoder", "cannot read decoder.layers.0.norm3 of phase decoder"),
    ("generator", "phase", "later", "phase 'later'; use one of encoder, cross, decoder"),
    ("generator", "weight", "generator.wight", r"\(did you mean 'generator.weight'\?\)"),
    ("generator", "weight", ["x"], "weight names no tensor"),
    ("generator", "bias", "decoder.layers.0.norm3.gamma", r"is int32 \[16\]; expected I32 \[23\]"),
    ("generator", "inputs", ["decoder.embd"], r"\(did you mean 'decoder.embed'\?\)"),
    ("generator", "inputs", [["source"]], "names of earlier operators"),
    ("generator", "inputs", [], "logits takes a list of 1"),
    ("generator", "inputs", ["decoder.layers.0.self_attn.scores"], "a row of features"),
    ("generator", "name", "decoder.embed", "the name is taken"),
    ("generator", "name", "a\n", "printable ASCII"),
    ("encoder.embed", "inputs", ["target"], "use source in the encoder or target in the decoder"),
    ("encoder.embed", "token_multiplier", 2**24, "from 0 to 16777215"),
    ("encoder.layers.0.norm1", "x_multiplier", 2**16, "from 0 to 65535"),
    ("encoder.layers.0.norm1", "inputs", ["encoder.embed"] * 3, "takes a list of 1 to 2"),
    ("encoder.layers.0.linear1", "relu", 1, "relu is 1; use true or false"),
    ("encoder.layers.0.self_attn.scores", "heads", 3, "kv_heads is 2; it must divide the 3 heads"),
    ("encoder.layers.0.self_attn.values", "heads", 1, "1 heads and 2 of values; expected 2 and 2"),
    ("decoder.layers.0.self_attn.scores", "multiplier", -1, "from 0 to 2147483647"),
    ("decoder.layers.0.self_attn.scores", "mask", "none", "use causal for these keys"),
    ("decoder.layers.0.cross_attn.scores", "mask", "causal", "use none for these keys"),
    (
        "decoder.layers.0.self_attn.values",
        "inputs",
        ["decoder.layers.0.self_attn.softmax", "decoder.layers.0.cross_attn.v"],
        "are of different sentences",
    ),
    (
        "decoder.layers.0.norm1",
        "inputs",
        ["decoder.embed", "decoder.layers.0.cross_attn.k"],
        "cannot read decoder.layers.0.cross_attn.k of phase cross here; allowed are decoder",
    ),
    (
        "decoder.layers.0.self_attn.softmax",
        "inputs",
        ["decoder.embed"],
        "expected attention_scores",
    ),
]


@pytest.mark.parametrize(("name", "key", "value", "message"), FIELD_CASES)
def test_wrong_operator_field(trace, name, key, value, message):
    operator(trace, name)[key] = value
    refused(trace, message)


@pytest.mark.parametrize("key", ["shift", "weight", "inputs", "phase"])
def test_missing_operator_field(trace, key):
    del operator(trace, "generator")[key]
    refused(trace, f"operator generator: field '{key}' is missing")


MODEL_CASES = [
    ("eos", 23, "eos is 23; use a whole number from 0 to 22"),
    ("vocabulary", 24, r"decoder.embed: table .* expected I8 \[24, 16\]"),
    ("max_tokens", 25, r"encoder.embed: positions .* expected I8 \[25, 16\]"),
    ("kind", "decoders", r"kind 'decoders' \(did you mean 'decoder'\?\); use one of"),
    ("layers", 1, "unknown key 'layers'"),
]


@pytest.mark.parametrize(("key", "value", "message"), MODEL_CASES)
def test_wrong_model_field(trace, key, value, message):
    trace.model[key] = value
    refused(trace, message)


def change(name, index, value):
    def apply(trace):
        trace.tensors[name][index] = value

    return apply


def set_all(name, value):
    return change(name, slice(None), value)


def overflowing_logits(trace):
    operator(trace, "generator")["shift"] = 1
    trace.tensors["generator.multiplier"][:] = 2**31 - 1


TENSOR_CASES = {
    "mask": (
        lambda t: t.tensors["generator.mask"].fill(0),
        "generator: a weight outside the mask is not 0",
    ),
    "bias": (set_all("generator.bias", 2**31 - 1), "generator: a sum could pass 32 bits"),
    "lowest bias": (set_all("generator.bias", -(2**31)), "generator: a sum could pass 32 bits"),
    "multiplier": (set_all("generator.multiplier", -1), "generator: a multiplier is negative"),
    "logits": (overflowing_logits, "generator: a logit could pass 32 bits"),
    "gamma": (set_all("decoder.layers.0.norm1.gamma", -(2**24)), r"\|gamma\| must stay below"),
    "beta": (set_all("decoder.layers.0.norm1.beta", -(2**31)), r"\|beta\| must stay below"),
    "exp start": (
        change("encoder.layers.0.self_attn.softmax.table", 0, 65534),
        "must start with 65535 and never rise",
    ),
    "exp rise": (
        change("encoder.layers.0.self_attn.softmax.table", 255, 65535),
        "must start with 65535 and never rise",
    ),
    "token": (change("reference.source_tokens", 0, 23), "sample 0 has a token outside 0 to 22"),
    "negative token": (change("reference.target_tokens", 0, -1), "has a token outside 0 to 22"),
    "early end": (change("reference.target_tokens", 0, 3), "sample 0 goes on after EOS"),
    "offsets start": (change("reference.source_offsets", 0, 1), "must hold 4 offsets, from 0 to"),
    "offsets fall": (change("reference.source_offsets", 1, 8), "must rise by at least 1 a row"),
}


@pytest.mark.parametrize("case", TENSOR_CASES)
def test_wrong_tensor(trace, case):
    spoil, message = TENSOR_CASES[case]
    spoil(trace)
    refused(trace, message)


def test_pad_bits_of_masks_must_be_0(trace):
    narrow = np.zeros((16, 30), np.int8)
    linear1 = operator(trace, "encoder.layers.0.linear1")
    for key in ("weight", "bias", "multiplier", "mask"):
        trace.tensors[linear1[key]] = trace.tensors[linear1[key]][:30]
    trace.tensors["encoder.layers.0.linear2.weight"] = narrow
    trace.tensors["encoder.layers.0.linear2.mask"] = np.zeros((16, 4), np.uint8)
    trace.tensors["encoder.layers.0.linear2.mask"][7, 3] = 0x40
    refused(trace, "encoder.layers.0.linear2: mask bits past column 29 must be 0")


REFERENCE_CASES = [
    ({"samples": 0, "points": []}, "samples is 0; use a whole number from 1"),
    ({"samples": 3}, "lacks 'points'"),
    ({"samples": 4, "points": []}, "must hold 5 offsets"),
]


@pytest.mark.parametrize(("reference", "message"), REFERENCE_CASES)
def test_wrong_reference(trace, reference, message):
    trace.reference = reference
    refused(trace, message)


POINT_CASES = [
    ("sample", 3, "point 0: sample is 3; use a whole number from 0 to 2"),
    ("operator", "generater", r"no operator 'generater' \(did you mean 'generator'\?\)"),
    ("operator", "generator", r"is int8 \[4, 16\]; expected I32 \[17, 23\]"),
    ("tensor", "reference.point.1", "point 1: tensor 'reference.point.1'; name an existing one"),
    ("tensor", "nowhere", "point 0: tensor 'nowhere'"),
    ("place", 1, "point 0 has an unknown key 'place'"),
]


@pytest.mark.parametrize(("key", "value", "message"), POINT_CASES)
def test_wrong_point(trace, key, value, message):
    trace.reference["points"][0][key] = value
    refused(trace, message)


def test_unnamed_tensors_and_broken_texts_are_refused(trace):
    trace.tensors["spare"] = np.zeros(1, np.int8)
    refused(trace, "tensor spare is named by no operator and no point")
    del trace.tensors["spare"]
    trace.tensors["text.source"] = np.array([0xFF, 65, 66], np.uint8)
    trace.tensors["text.source_offsets"] = np.array([0, 1, 2, 3], np.int32)
    refused(trace, "text.source: row 0 is not UTF-8")


def test_last_operator_must_be_the_logits(trace):
    trace.operators.append(dict(trace.operators[-1], name="again"))
    refused(trace, "the last operator, and no other, must be of kind logits")
    del trace.operators[-2:]
    refused(trace, "the last operator, and no other, must be of kind logits")


METADATA_CASES = [
    ({"schema": "lockstep-trace-3"}, "schema 'lockstep-trace-3'; this reader knows"),
    ({"graph": None}, "__metadata__ lacks 'graph'"),
    ({"graphs": "{}"}, r"unknown __metadata__ key 'graphs' \(did you mean 'graph'\?\)"),
    ({"graph": "[]"}, "graph: must be a JSON object"),
    ({"graph": '{"name": "x"}'}, "graph lacks 'model'"),
    ({"origin": '{"model": "x", "model": "y"}'}, "key 'model' stands twice"),
    ({"origin": "{}"}, "origin lacks 'model'"),
]


@pytest.mark.parametrize(("changes", "message"), METADATA_CASES)
def test_wrong_metadata(tmp_path, trace, changes, message):
    metadata = {k: v for k, v in (metadata_of(trace) | changes).items() if v is not None}
    path = tmp_path / "t.safetensors"
    safetensors.write(path, metadata, trace.tensors)
    with pytest.raises(TraceError, match=message):
        read_trace(path)


def test_random_json_values_never_crash_the_rules(trace):
    random = np.random.default_rng(1)
    values = [None, 0, -1, 2**70, 1.5, "", "source", [], ["source"], {}, True]
    text = json.dumps(trace.graph)
    for _ in range(300):
        graph = json.loads(text)
        op = graph["operators"][random.integers(len(graph["operators"]))]
        op[list(op)[random.integers(len(op))]] = values[random.integers(len(values))]
        try:
            check(Trace(graph, trace.origin, trace.reference, trace.tensors), "f")
        except TraceError:
            pass


def test_inspect_prints_the_graph_and_verifies(capsys, tmp_path, trace):
    assert inspect.main([str(TINY)]) == 0
    output = capsys.readouterr().out
    assert "generator" in output and "verified: all target tokens, 66 stored outputs" in output
    trace.tensors["reference.point.3"][0, 0] ^= 1
    write_trace(tmp_path / "t.safetensors", trace)
    assert inspect.main([str(tmp_path / "t.safetensors")]) == 1
    assert "encoder.layers.0.self_attn.v: reference.point.3 is not what" in capsys.readouterr().err


def test_cut_target_tokens_are_found(trace):
    """A prefix of what decoding produces is not what it produces."""
    trace.reference["points"] = []
    trace.tensors["reference.target_tokens"] = trace.tensors["reference.target_tokens"][1:]
    trace.tensors["reference.target_offsets"][1:] -= 1
    tokens = rows_of("reference.target_tokens", read_trace(TINY).tensors)
    trace.tensors["reference.target_tokens"][:16] = tokens[0][:16]
    with pytest.raises(TraceError, match="sample 0: the stored target tokens are not what"):
        verify_reference(trace, "tiny")


def test_changed_target_tokens_are_found(trace):
    trace.tensors["reference.target_tokens"][0] = 12
    with pytest.raises(TraceError, match="sample 0: the stored target tokens are not what"):
        verify_reference(trace, "tiny")
