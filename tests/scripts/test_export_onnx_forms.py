"""One ONNX Transformer in the spellings of different exporters: each gives the same graph, or one
true line.
"""

import json
import re

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import onnx_model  # noqa: E402
from scripts.export import onnx as command  # noqa: E402
from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.graph.float_operators import run  # noqa: E402
from scripts.export.graph.onnx import Origin, prepare_onnx_network  # noqa: E402

PAIRS = [([5, 9, 7, 3], [8, 7, 3]), ([11, 20, 3], [14, 6, 9, 3])]
PROBE = ([5, 9, 7, 3], [2, 8, 7])


def written(tmp_path, model):
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    return tmp_path / "m.onnx"


def extracted(tmp_path, model, **options):
    return prepare_onnx_network(
        written(tmp_path, model), name="m", origin=Origin("", "", "", "", ""), kind="encoder_decoder",
        max_tokens=10, bos=2, eos=3, calibration=PAIRS, samples=[PAIRS[0][0]], **options,
    )[0]  # fmt: skip


def logits(made):
    inputs = dict(zip(("source", "target"), map(np.array, PROBE)))
    return run(made.network, inputs)[made.network.operators[-1]]


def matrices(made):
    return [o["weight"] for o in made.network.operators if "weight" in o.fields]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return extracted(tmp_path_factory.mktemp("plain"), onnx_model.model())


SPELLINGS = {
    "bias first": {"linear": "swapped"},
    "Gemm": {"linear": "gemm"},
    "Gemm with alpha and beta": {"linear": "scaled gemm"},
    "transposed weights": {"linear": "transposed"},
    "scores by roots": {"attention": "sdpa"},
    "scores by Einsum": {"attention": "einsum"},
    "fused, split without sizes": {"attention": "fused split"},
    "fused, split of opset 18": {"attention": "fused split", "opset": 18, "norm": "steps"},
    "fused, sliced": {"attention": "fused slice"},
    "fused, gathered": {"attention": "fused gather"},
    "fused, heads interleaved": {"attention": "fused interleaved"},
    "normalised in steps": {"norm": "steps", "opset": 13},
    "normalised by a reciprocal": {"norm": "reciprocal"},
    "squares by Mul": {"norm": "square"},
    "masked by Where": {"mask": "where"},
    "vectors of [1,1,N]": {"bias": (1, 1), "norm": "steps"},
    "opset 18": {"opset": 18, "norm": "steps"},
    "opset 21, ir_version 10": {"opset": 21},
    "nodes without effect": {"extra": "identity"},
    "final LogSoftmax": {"ending": "LogSoftmax"},
    "final Softmax": {"ending": "Softmax"},
    "no names": {"named": False},
    "decoder first": {"decoder_first": True},
}


@pytest.mark.parametrize("options", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_give_the_same_graph(tmp_path, plain, options):
    found = extracted(tmp_path, onnx_model.model(**options))
    np.testing.assert_allclose(logits(found), logits(plain), atol=1e-5)
    assert sorted(o.kind for o in found.network.operators) == sorted(o.kind for o in plain.network.operators)
    if options.get("attention") == "sdpa":
        return  # half of the scores' factor is in the weights of queries and keys
    unordered = lambda made: sorted(matrices(made), key=lambda m: (m.shape, abs(m).sum()))  # noqa: E731
    for ours, theirs in zip(unordered(found), unordered(plain)):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("kind", ["Gelu", "Abs", "Tanh", "HardSwish"])
def test_other_activations(tmp_path, kind):
    made = onnx_model.model()
    for node in made.graph.node:
        if node.op_type == "Relu":
            node.op_type = kind
    kinds = [o.kind for o in extracted(tmp_path, made).network.operators]
    assert kinds.count("activation") == 2


def test_bfloat16_weights_are_read(tmp_path):
    found = extracted(tmp_path, onnx_model.model(kind=TensorProto.BFLOAT16))
    weight = matrices(found)[-1]
    assert (weight.astype(np.float32).view(np.uint32) & 0xFFFF == 0).all() and weight.std() > 0.3


def test_constants_and_inputs_may_hold_the_weights(tmp_path, plain):
    made = onnx_model.model()
    half = list(made.graph.initializer)[::2]
    for tensor in half:
        made.graph.initializer.remove(tensor)
        made.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], value=tensor))
    for tensor in made.graph.initializer:
        made.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    np.testing.assert_allclose(logits(extracted(tmp_path, made)), logits(plain), atol=1e-9)


def change_node(kind, change):
    def apply(made):
        change(next(node for node in made.graph.node if node.op_type == kind))
    return apply


def drop(made):
    del made.graph.node[7]


def unknown_output(made):
    made.graph.node.insert(0, helper.make_node("Dropout", ["source"], ["kept", "mask"]))
    made.graph.node.insert(1, helper.make_node("Cast", ["mask"], ["ones"], to=TensorProto.FLOAT))


def shifted(made):
    """Source tokens are looked up one further on."""
    gather = next(n for n in made.graph.node if n.op_type == "Gather" and n.input[1] == "source")
    gather.input[1] = "moved"
    made.graph.initializer.append(numpy_helper.from_array(np.array(1), "one"))
    made.graph.node.insert(0, helper.make_node("Add", ["source", "one"], ["moved"]))


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        ({}, change_node("Relu", lambda n: setattr(n, "op_type", "Det")), "Det cannot be exported"),
        (
            {},
            change_node("MatMul", lambda n: setattr(n, "domain", "own\x1b[31m")),
            r"MatMul_\d+: MatMul of the domain 'own.*' cannot be exported; use operators of the standard domain",
        ),
        ({}, change_node("Softmax", lambda n: setattr(n.attribute[0], "i", 2)), "self: a softmax over something else"),
        ({}, change_node("Less", lambda n: setattr(n, "op_type", "Greater")), "attention"),
        ({}, drop, "which no earlier one gives"),
        ({}, lambda m: m.graph.node.append(m.graph.node[0]), "a second time"),
        ({}, lambda m: m.graph.node.reverse(), "which no earlier one gives"),
        ({}, lambda m: m.graph.ClearField("output"), r"outputs \[\]"),
        ({}, lambda m: setattr(m.graph.output[0], "name", "no\nwhere"), "is given by no node"),
        ({}, lambda m: m.graph.input.pop(), "which no earlier one gives"),
        ({}, lambda m: m.ClearField("opset_import"), "names no opset"),
        ({}, lambda m: setattr(m.opset_import[0], "version", 22), "opset .22.; export with opset 13 to 21"),
        ({}, lambda m: setattr(m.graph.initializer[0], "data_type", TensorProto.STRING), "are STRING"),
        ({}, lambda m: setattr(m.graph.initializer[0], "raw_data", b"1"), "cannot be read"),
        ({}, lambda m: m.graph.initializer[0].dims.append(2**40), "have shape"),
        (
            {},
            change_node("LayerNormalization", lambda n: n.ClearField("input") or n.input.append("source")),
            r"\(LayerNormalization\): lacks an input; it needs x, scale",
        ),
        (
            {},
            change_node("LayerNormalization", lambda n: n.input.__setitem__(1, "")),
            r"\(LayerNormalization\): lacks an input; it needs x, scale",
        ),
        ({}, change_node("Softmax", lambda n: n.input.append("source")), "has 2 inputs; it takes at most 1"),
        ({}, change_node("Add", lambda n: n.input.append(n.input[1])), r"\(Add\): needs exactly 2 inputs"),
        ({}, change_node("Add", lambda n: n.input.pop()), r"\(Add\): needs exactly 2 inputs"),
        ({}, change_node("Cast", lambda n: n.ClearField("attribute")), r"\(Cast\): has no attribute 'to'"),
        ({}, shifted, "encoder: an embedding of something else than the tokens"),
        ({}, unknown_output, "reads 'mask', an output that is not computed here"),
        ({}, change_node("Softmax", lambda n: n.attribute.append(n.attribute[0])), "the attribute 'axis' twice"),
        ({}, lambda m: m.graph.initializer.append(m.graph.initializer[0]), "holds the weights .* twice"),
        ({}, lambda m: setattr(m.graph.input[1], "name", "source"), "has the input 'source' twice"),
    ],
)
def test_what_cannot_be_exported_is_one_true_line(tmp_path, options, change, message):
    made = onnx_model.model(**options)
    change(made)
    with pytest.raises(ExportError, match=message) as caught:
        extracted(tmp_path, made)
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


def external(made, location, file=None, **entries):
    """Moves the first large weight of the model into another file."""
    tensor = next(t for t in made.graph.initializer if len(t.raw_data) > 1000)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tensor.raw_data)
    entries = {"location": location, "offset": "0", "length": str(len(tensor.raw_data)), **entries}
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return made


@pytest.mark.parametrize("location", ["weights.bin", "below/weights.bin"])
def test_weights_beside_the_model_are_read(tmp_path, plain, location):
    made = external(onnx_model.model(), location, tmp_path / location)
    np.testing.assert_allclose(logits(extracted(tmp_path, made)), logits(plain), atol=1e-9)


def outside(tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(4096))
    (tmp_path / "model" / "d").mkdir(parents=True)
    (tmp_path / "model" / "link.bin").symlink_to(secret)
    (tmp_path / "model" / "up").symlink_to(tmp_path)
    return tmp_path / "model"


@pytest.mark.parametrize(
    "location",
    ["../secret.bin", "d/../../secret.bin", "d/../link.bin", "link.bin", "up/secret.bin", "", ".", "d",
     "/etc/passwd", "{}/secret.bin", "a\0b", pytest.param("x" * 5000, id="long")],
)
def test_weights_outside_the_folder_are_refused(tmp_path, location):
    folder = outside(tmp_path)
    made = external(onnx_model.model(), location.format(tmp_path))
    with pytest.raises(ExportError, match="own folder|which is no file"):
        extracted(folder, made)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, r"weights.bin, which cannot be read: No such file .* keep it beside the model"),
        ({"offset": "-1"}, "bytes -1 to"),
        ({"offset": "9" * 30}, "which has 64"),
        ({"length": "many"}, "must be whole numbers"),
        ({"length": "65"}, "bytes 0 to 65 of .*weights.bin, which has 64"),
    ],
)
def test_missing_and_short_weights_are_named(tmp_path, entries, message):
    if entries:
        (tmp_path / "weights.bin").write_bytes(bytes(64))
    made = external(onnx_model.model(), "weights.bin", **entries)
    with pytest.raises(ExportError, match=message):
        extracted(tmp_path, made)


@pytest.mark.parametrize("key", ["location", "offset"])
def test_what_external_data_give_twice_is_refused(tmp_path, key):
    made = external(onnx_model.model(), "weights.bin", tmp_path / "weights.bin")
    (tensor,) = [t for t in made.graph.initializer if t.external_data]
    tensor.external_data.add(key=key, value="other.bin")
    with pytest.raises(ExportError, match=f"external data gives '{key}' twice; give it once"):
        extracted(tmp_path, made)


def test_exit_codes_and_messages_of_the_command(tmp_path, capsys):
    model, tokens = written(tmp_path, onnx_model.model(ending="Softmax")), tmp_path / "t.json"
    given = {"bos": 2, "eos": 3, "max_tokens": 24, "calibration": PAIRS, "sentences": [{"tokens": [5, 3]}]}
    tokens.write_text(json.dumps(given))

    def run(*words):
        code = command.main([str(model), str(tokens), "-o", *map(str, words)])
        return code, capsys.readouterr()

    code, said = run(tmp_path / "m.safetensors")
    assert code == 0 and "the softmax behind logits is left out" in said.out
    for output in (tmp_path, tmp_path / "no" / "m.safetensors"):
        code, said = run(output)
        assert code == 3 and said.err.count("\n") == 1 and "cannot write" in said.err
    tokens.write_text(json.dumps(given | {"bos": 99}))
    code, said = run(tmp_path / "m.safetensors")
    assert code == 2 and "bos is 99, which the model does not take as target token" in said.err
    tokens.unlink()
    code, said = run(tmp_path / "m.safetensors")
    assert code == 3 and "t.json: cannot read" in said.err


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sentences": [{"tokens": []}]}, "sentences: sentence 0: tokens has 0 tokens; use 1 to max_tokens 10"),
        ({"sentences": [{"tokens": [230]}]}, "samples: number 0: source: token 0 is 230; .* source tokens are 0 to 22"),
        ({"calibration": [[[99, 3], [5, 3]]]}, "calibration: number 0: source: token 0 is 99; .* 0 to 22"),
        ({"calibration": [[[5, 3], [5, 3, -100]]]}, "calibration: number 0: target: token 2 is -100; .* 0 to 22"),
        ({"calibration": [[[-1, 3], [5, 3]]]}, "calibration: number 0: source: token 0 is -1; .* 0 to 22"),
        ({"max_tokens": 64}, "max_tokens is 64; the model takes sentences of at most 24 tokens"),
        ({"max_tokens": "24"}, "max_tokens is '24'; use a whole number from 1 to 65536"),
        ({"calibration": []}, "calibration: needs at least one pair"),
        ({"sentences": [{"tokens": [5] * 40}]}, "sentence 0: tokens has 40 tokens; use 1 to max_tokens 10"),
        ({"eos": 40}, "eos is 40; the model's target tokens are 0 to 22"),
    ],
)
def test_mistakes_in_the_tokens_file_are_one_line(tmp_path, capsys, change, reason):
    model, tokens = written(tmp_path, onnx_model.model()), tmp_path / "t.json"
    given = {"bos": 2, "eos": 3, "max_tokens": 10, "calibration": PAIRS, "sentences": [{"tokens": [5, 3]}]}
    tokens.write_text(json.dumps(given | change))
    assert command.main([str(model), str(tokens), "-o", str(tmp_path / "m.safetensors")]) == 2
    said = capsys.readouterr().err
    assert re.search(reason, said) and said.count("\n") == 1, said
