"""ONNX files that torch writes become the same networks as the models they were written from."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")
onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

import small_networks  # noqa: E402
import small_transformers  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
import plain_judge  # noqa: E402
from one_line import in_one_line  # noqa: E402
from small_transformers import TOKENS, VOCABULARY  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import UnsupportedOperator  # noqa: E402
from scripts.export.graph.inputs import contents_of  # noqa: E402
from scripts.export.graph.onnx import export_onnx_network  # noqa: E402
from scripts.export.graph.onnx_model import OnnxModel  # noqa: E402
from scripts.export.graph.contents import TOKEN_INPUTS
from scripts.export.graph.prepare import prepared  # noqa: E402
from scripts.export.graph.pytorch_model import TorchModel  # noqa: E402
from scripts.export.metadata import Origin  # noqa: E402

ORIGIN = Origin("m", "ONNX", "e", "none", "none")
IMAGES = small_networks.gratings(12, 3)[0]


def without_chance(model):
    """torch's exporter writes attention as plain operators in training mode only."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
    attends = any(isinstance(m, nn.MultiheadAttention) for m in model.modules())
    return model.train(attends)


def written(model, inputs, path, opset, outputs=("logits",)):
    names = ["a", "b"][: len(inputs)]
    axes = {} if inputs[0].is_floating_point() else {name: {1: name} for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            without_chance(model), inputs, str(path), opset_version=opset, input_names=names,
            output_names=list(outputs), dynamic_axes=axes, training=torch.onnx.TrainingMode.PRESERVE,
        )  # fmt: skip
    return path


def both(model, path, kind, samples, calibration, **others):
    """Networks of the file and of the model."""
    names = TOKEN_INPUTS.get(kind, ("a",))
    one_output = kind in ("decoder", "encoder_decoder")
    c = contents_of(kind, names, samples, calibration, name="n", origin=ORIGIN, **others)
    file = prepared(OnnxModel(path, names, kind in TOKEN_INPUTS, one_output), c)
    return file, prepared(TorchModel(model.eval(), None, names, kind != "feed_forward", one_output), c)


def same(file, model):
    """Operators of the same kinds, and the same integers but for the last bit of a rounding."""
    assert [o.kind for o in file.network.operators] == [o.kind for o in model.network.operators]
    for one, other in zip(file.trace.operators, model.trace.operators):
        for key in ("heads", "kv_heads", "window", "pairs", "stride", "padding", "groups", "relu"):
            assert one.get(key) == other.get(key)
        if one["kind"] == "attention_scores":
            assert one["mask"] == other["mask"]
        if "weight" in one:
            a, b = (t.trace.tensors[o["weight"]].astype(int) for t, o in ((file, one), (model, other)))
            assert np.abs(a - b).max() <= 1


@pytest.mark.parametrize("opset", [13, 16])
@pytest.mark.parametrize(
    "name", ["ResNet", "Vgg", "GoogLeNet", "MobileNetV1", "MobileNetV2", "SqueezeExcite", "UNet", "ViT"]
)
def test_images(name, opset, tmp_path):
    torch.manual_seed(0)
    module = small_transformers if name == "ViT" else small_networks
    model = getattr(module, name)().eval()
    path = written(model, (IMAGES[:1],), tmp_path / "m.onnx", opset)
    same(*both(model, path, "feed_forward", IMAGES, IMAGES))


def sentences(number, seed):
    draw = np.random.default_rng(seed)
    return [draw.integers(4, VOCABULARY, draw.integers(1, TOKENS)).tolist() for _ in range(number)]


DECODER = {"eos": 1, "allowed_tokens": [2] * 4}
MODELS = {
    "Bert": ("encoder", small_transformers.Bert, {}),
    "T5": ("encoder_decoder", small_transformers.T5, {"bos": 2, "eos": 1}),
    **{name: ("decoder", model, DECODER) for name, model in small_transformers.DECODERS.items()},
}


@pytest.mark.parametrize("name", MODELS)
def test_tokens(name, tmp_path):
    kind, make, others = MODELS[name]
    torch.manual_seed(0)
    model = small_transformers.spread_weights(make())
    calibration = sentences(6, 0)
    if kind == "encoder_decoder":
        calibration = list(zip(calibration, sentences(6, 1)))
    inputs = tuple(torch.tensor([list(range(4, 4 + n))]) for n in (7, 5)[: 1 + ("bos" in others)])
    outputs = ("logits", "tags") if name == "Bert" else ("logits",)
    path = written(model, inputs, tmp_path / "m.onnx", 14, outputs)
    same(*both(model, path, kind, sentences(4, 2), calibration, max_tokens=TOKENS, **others))


def saved(nodes, weights, shape, path, output="y"):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), str(path))
    return path


def prepare(path, shape):
    draw = np.random.default_rng(0)
    samples = [draw.normal(size=shape[1:]).astype(np.float32) for _ in range(6)]
    model = OnnxModel(path)
    return prepared(model, contents_of("feed_forward", model.names, samples, samples, name="n", origin=ORIGIN))


def test_operators_that_torch_does_not_write(tmp_path):
    draw = np.random.default_rng(0)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], auto_pad="SAME_UPPER", strides=[2, 2], name="conv"),
        helper.make_node("LRN", ["c"], ["l"], size=3, alpha=0.1, name="lrn"),
        helper.make_node("HardSwish", ["l"], ["h"], name="act"),
        helper.make_node("ConvTranspose", ["h", "t"], ["u"], strides=[2, 2], group=2, name="up"),
        helper.make_node("Max", ["u", "zero"], ["r"], name="max"),
        helper.make_node("GlobalMaxPool", ["r"], ["g"], name="largest"),
        helper.make_node("Flatten", ["g"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "m"], ["s"], transB=1, alpha=0.5, name="gemm"),
        helper.make_node("Softmax", ["s"], ["y"], name="end"),
    ]
    weights = {
        "w": draw.normal(size=(4, 3, 3, 3)).astype(np.float32),
        "b": draw.normal(size=4).astype(np.float32),
        "t": draw.normal(size=(4, 3, 3, 3)).astype(np.float32),
        "m": draw.normal(size=(5, 6)).astype(np.float32),
        "zero": np.float32(0.1),
    }
    made = prepare(saved(nodes, weights, [1, 3, 8, 9], tmp_path / "m.onnx"), (1, 3, 8, 9))
    kinds = [o.kind for o in made.network.operators]
    assert kinds == [
        "conv2d", "local_response_norm", "activation", "upsample", "conv2d", "activation", "max_pool2d",
        "flatten", "logits",
    ]  # fmt: skip
    assert made.network.operators[0].name == "conv"
    assert "softmax behind y is left out" in made.trace.origin["notes"]


def test_one_call_from_file_to_trace(tmp_path):
    weights = {"w": np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)}
    path = saved([helper.make_node("Conv", ["x", "w"], ["y"])], weights, [1, 3, 6, 6], tmp_path / "m.onnx")
    samples = np.random.default_rng(1).normal(size=(8, 3, 6, 6)).astype(np.float32)
    export = export_onnx_network(
        path, name="n", origin=ORIGIN, samples=samples[:4], calibration=samples,
        judge=lambda trace: lambda inputs: plain_judge.outputs(trace, inputs),
    )  # fmt: skip
    assert export.report.agreement > 0.9
    assert export.trace.tensors["reference.inputs.x"].shape == (4, 3, 6, 6)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (helper.make_node("GRU", ["x", "w", "w"], ["y"], hidden_size=2, name="rnn"), "rnn: GRU"),
        (helper.make_node("CumSum", ["x", "i"], ["y"], name="sums"), "sums: CumSum"),
        (helper.make_node("Softmax", ["x"], ["p"], name="gate"), None),
        (helper.make_node("LRN", ["x"], ["y"], size=2, name="even"), "even: LRN over an even"),
    ],
)
def test_nodes_that_cannot_be_exported_are_named(node, words, tmp_path):
    nodes = [node]
    if words is None:
        nodes.append(helper.make_node("Mul", ["x", "p"], ["y"], name="product"))
        words = "a softmax that is not of attention scores"
    weights = {"w": np.ones((1, 6, 4), np.float32), "i": np.int64(1)}
    with pytest.raises(UnsupportedOperator) as caught:
        prepare(saved(nodes, weights, [1, 2, 4, 4], tmp_path / "m.onnx"), (1, 2, 4, 4))
    in_one_line(caught.value)
    assert words in str(caught.value)
