"""Traces exported from ONNX files: equal to those of the PyTorch exporter, errors that name the
node.
"""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")
onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

from torch import nn  # noqa: E402

from prepared_pairs import logits, prepared_file, torch_logits  # noqa: E402
from scripts.export import masks as mask_bits  # noqa: E402
from scripts.export import onnx as command  # noqa: E402
from scripts.export.errors import ExportError, UnsupportedOperator  # noqa: E402
from scripts.export.graph.onnx import export_onnx_network  # noqa: E402
from scripts.export.onnx_evaluator import OnnxGraph  # noqa: E402
from scripts.export.ragged import rows_of  # noqa: E402
from scripts.export.trace import read_trace  # noqa: E402
from small_torch_model import BOS, EOS, SmallTransformer, random_model, random_pairs  # noqa: E402
import prepared_pairs  # noqa: E402

# torch warns of shape checks that it follows while exporting
pytestmark = pytest.mark.filterwarnings("ignore")
PAIRS = random_pairs(30)
EVERY_LENGTH = {"source": {1: "n"}, "target": {1: "t"}, "logits": {1: "t"}}
GIVEN = {"calibration": PAIRS, "samples": [source for source, _ in PAIRS[:5]]}


def to_onnx(model, path, opset=14, axes=EVERY_LENGTH):
    tokens = torch.tensor([[5, 9, 7, 3]]), torch.tensor([[2, 8, 7]])
    names = {"input_names": ["source", "target"], "output_names": ["logits"]}
    torch.onnx.export(model, tokens, str(path), opset_version=opset, dynamic_axes=axes, **names)
    return path


@pytest.mark.parametrize(("opset", "layers"), [(14, 1), (17, 2)])
def test_trace_equals_that_of_the_model(tmp_path, opset, layers):
    model = random_model(layers=layers)
    path = to_onnx(model, tmp_path / "m.onnx", opset)
    found = export_onnx_network(path, **prepared_pairs.contents(**GIVEN)).trace
    expected = prepared_pairs.exported(model, **GIVEN).trace
    for ours, theirs in zip(found.operators, expected.operators, strict=True):
        for key in ("kind", "phase", "heads", "mask", "relu", "norm"):
            assert ours.get(key, "") == theirs.get(key, "") or key == "mask" and "weight" in ours
        if "weight" in theirs:
            weights = (t.tensors[o["weight"]] for t, o in ((found, ours), (expected, theirs)))
            np.testing.assert_array_equal(*weights)
    for ours, theirs in zip(
        rows_of("reference.target_tokens", found.tensors),
        rows_of("reference.target_tokens", expected.tensors),
        strict=True,
    ):
        assert ours.tolist() == theirs.tolist()


class BatchSecond(SmallTransformer):
    """Sentences are columns, as torch's modules take them by default."""

    def __init__(self, **options):
        super().__init__(batch_first=False, **options)

    def embed(self, tokens):
        return self.embedding(tokens) * 4 + self.positions[: tokens.shape[0], None]

    def forward(self, source, target):
        future = torch.ones(target.shape[0], target.shape[0], dtype=torch.bool).triu(1)
        return self.generator(self.decoder(self.embed(target), self.encoder(self.embed(source)), tgt_mask=future))


@pytest.mark.parametrize("axes", [{0: "n"}, {0: "n", 1: "batch"}], ids=["fixed batch", "any batch"])
def test_sentences_may_be_columns(tmp_path, axes):
    model = random_model(kind=BatchSecond, layers=2)
    tokens = torch.tensor([[5, 9, 7, 3]]).T, torch.tensor([[2, 8, 7]]).T
    names = {"input_names": ["source", "target"], "output_names": ["logits"]}
    axes = dict.fromkeys(["source", "target", "logits"], axes)
    torch.onnx.export(model, tokens, str(tmp_path / "m.onnx"), opset_version=14, dynamic_axes=axes, **names)
    with torch.no_grad():
        expected = model(*tokens)[:, 0].numpy()
    found = logits(prepared_file(tmp_path / "m.onnx"), [side[:, 0].tolist() for side in tokens])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_evaluator_computes_what_torch_computes(tmp_path):
    model = random_model(layers=2)
    graph = OnnxGraph(to_onnx(model, tmp_path / "m.onnx"))
    source, target = [[4, 8, 15, 16, 21, 3]], [[2, 9, 11, 6]]
    found = graph.run({"source": np.array(source), "target": np.array(target)})["logits"]
    with torch.no_grad():
        expected = model(torch.tensor(source), torch.tensor(target)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_zero_weights_count_as_pruned_unless_kept(tmp_path):
    model = random_model()
    kept = torch.rand(32, 16) < 0.3
    with torch.no_grad():
        model.decoder.layers[0].linear1.weight.mul_(kept)
    path = to_onnx(model, tmp_path / "m.onnx")
    made = prepared_file(path)
    (mask,) = {name for name in made.trace.tensors if name.endswith(".mask")}
    assert mask.startswith("decoder.layers.0.linear1")
    np.testing.assert_array_equal(mask_bits.unpack(made.trace.tensors[mask], 16), kept.numpy())
    kept_all = prepared_file(path, keep_zeros=True).trace.tensors
    assert not [name for name in kept_all if name.endswith(".mask")]


def test_modules_between_and_pre_norm_are_exported(tmp_path):
    model = random_model(norm_first=True, activation="gelu")
    model.generator = nn.Sequential(nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 23)).eval()
    found = prepared_file(to_onnx(model, tmp_path / "m.onnx"))
    np.testing.assert_allclose(logits(found), torch_logits(model), atol=1e-4)


def test_unsupported_operator_is_named_by_node(tmp_path):
    class Sums(SmallTransformer):
        def forward(self, source, target):
            return super().forward(source, target).cumsum(-1)

    with pytest.raises(UnsupportedOperator, match="CumSum: CumSum cannot be exported"):
        prepared_file(to_onnx(random_model(kind=Sums), tmp_path / "m.onnx"))


def test_fixed_lengths_are_refused(tmp_path):
    fixed = to_onnx(random_model(), tmp_path / "fixed.onnx", axes={})
    with pytest.raises(ExportError, match="fixed.onnx: node .*dynamic axes"):
        prepared_file(fixed)


def test_opsets_that_the_table_was_not_written_for_are_refused(tmp_path):
    graph = onnx.helper.make_graph([], "empty", [], [])
    old = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 12)])
    onnx.save(old, str(tmp_path / "old.onnx"))
    with pytest.raises(ExportError, match=r"old.onnx: opset \[12\]; export with opset 13 to 21"):
        OnnxGraph(tmp_path / "old.onnx")


def test_an_encoder_alone_is_refused(tmp_path):
    encoder = random_model().encoder
    path = str(tmp_path / "encoder.onnx")
    torch.onnx.export(encoder, torch.zeros(1, 4, 16), path, opset_version=14, input_names=["x"])
    with pytest.raises(ExportError, match=r"inputs \['x'\]; expected 2: source, target"):
        prepared_file(path)


def test_broken_files_are_named(tmp_path):
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(ExportError, match="text.onnx: not a valid ONNX model"):
        OnnxGraph(tmp_path / "text.onnx")
    with pytest.raises(ExportError, match="missing.onnx: cannot read: No such file"):
        OnnxGraph(tmp_path / "missing.onnx")


def test_command_line_writes_a_trace_and_names_wrong_keys(tmp_path, capsys):
    model = to_onnx(random_model(), tmp_path / "m.onnx")
    tokens = {"bos": BOS, "eos": EOS, "max_tokens": 24, "calibration": PAIRS}
    tokens["sentences"] = [{"tokens": PAIRS[0][0], "source": "a text"}]
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    output = tmp_path / "m.safetensors"
    assert command.main([str(model), str(tmp_path / "tokens.json"), "-o", str(output)]) == 0
    assert read_trace(output).graph["name"] == "m"
    (tmp_path / "wrong.json").write_text(json.dumps(tokens | {"piece": []}))
    assert command.main([str(model), str(tmp_path / "wrong.json"), "-o", str(output)]) == 2
    assert "unknown key 'piece' (did you mean 'pieces'?)" in capsys.readouterr().err
