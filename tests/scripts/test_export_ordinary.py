"""Models in the style of public repositories are exported at first try, and lose little in int8."""

import random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")
onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

import ordinary_models as models  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from small_networks import gratings  # noqa: E402

from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.graph.onnx import export_onnx_network  # noqa: E402
from scripts.export.graph.pytorch import Origin, export_network  # noqa: E402
from scripts.export.reference_outputs import verify_reference  # noqa: E402

ORIGIN = Origin("m", "PyTorch", "e", "none", "none")
IMAGES = gratings(24, 3)[0]


def spread(model):
    """Not as initialised: norms that are all 1 and 0 hide mistakes, and statistics that none has met."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            if value.dim() == 1 and value.is_floating_point():
                value.add_(torch.rand_like(value) * 0.3)
    return model.eval()


def sentences(number, vocabulary, longest=14, seed=0):
    draw = random.Random(seed)
    return [
        [draw.randrange(4, vocabulary) for _ in range(draw.randrange(1, longest))] for _ in range(number)
    ]


def checked(export, agreement=0.9):
    verify_reference(export.trace, "m")
    assert export.report.agreement >= agreement
    return [operator.kind for operator in export.network.operators]


def exported(model, **contents):
    return export_network(model, name="m", origin=ORIGIN, **contents)


def test_a_gpt_of_nano_gpt():
    model = spread(models.GPT())
    contents = dict(kind="decoder", max_tokens=16, eos=0, calibration=sentences(20, 36))
    contents |= dict(samples=sentences(3, 36, 8, 1), allowed_tokens=[5, 5, 5])
    found = checked(exported(model, forward=lambda ids: model(ids, ids)[0], **contents))
    assert found.count("attention_scores") == 2 and found[-1] == "logits"
    with pytest.raises(ExportError, match=r"0 tensors that may be outputs; pass forward=.*\[1, \d+, V\]"):
        exported(model, **contents)  # only the last position's logits


def test_a_bert_classifier():
    model = spread(models.BertForSequenceClassification())
    contents = dict(kind="encoder", max_tokens=20, calibration=sentences(20, 50, 19), samples=sentences(8, 50, 19, 1))
    found = checked(exported(model, **contents, labels=[0, 1, 2, 0, 1, 2, 0, 1]), 0.7)
    assert found.count("norm") == 5 and found[-1] == "logits"


@pytest.mark.parametrize("kind", [models.ResNetD, models.VisionTransformer])
def test_classifiers_of_images(kind):
    found = checked(exported(spread(kind()), calibration=IMAGES, samples=IMAGES[:8]), 0.7)
    assert found[-1] == "logits"


def test_the_translator_of_the_tutorial():
    model = spread(models.Seq2SeqTransformer())

    def forward(source, target):
        source, target = source.T, target.T
        src_mask, tgt_mask, src_padding, tgt_padding = models.create_mask(source, target)
        return model(source, target, src_mask, tgt_mask, src_padding, tgt_padding, src_padding)

    export = exported(
        model, forward=forward, kind="encoder_decoder", max_tokens=14, bos=models.BOS_IDX, eos=models.EOS_IDX,
        calibration=list(zip(sentences(20, 30), sentences(20, 26, seed=1))), samples=sentences(3, 30, 8, 2),
    )  # fmt: skip
    checked(export)
    assert "no source may hold the tokens [1]" in export.trace.origin["notes"]


class Keras:
    """Nodes as tf2onnx writes them: images [N, H, W, C], names with slashes."""

    def __init__(self):
        self.draw, self.nodes, self.weights = np.random.default_rng(0), [], []

    def weight(self, name, value):
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [f"{name}:0"], name=name, **attributes))
        return f"{name}:0"

    def convolution(self, x, name, inputs, outputs, kernel, group=1, **attributes):
        shape = (outputs, inputs // group, kernel, kernel)
        value = self.draw.normal(0, (inputs // group * kernel**2) ** -0.5, shape).astype(np.float32)
        weight = self.weight(f"mobilenet/{name}/kernel", value)
        return self.node("Conv", [x, weight], f"mobilenet/{name}/Conv2D", group=group, **attributes)

    def batch_norm(self, x, name, size):
        values = {
            "gamma": self.draw.uniform(0.7, 1.5, size), "beta": self.draw.normal(0, 0.3, size),
            "moving_mean": self.draw.normal(0, 0.1, size), "moving_variance": self.draw.uniform(0.3, 1, size),
        }  # fmt: skip
        inputs = [self.weight(f"mobilenet/{name}/{key}", v.astype(np.float32)) for key, v in values.items()]
        return self.node("BatchNormalization", [x, *inputs], f"mobilenet/{name}/FusedBatchNormV3", epsilon=1e-3)

    def relu6(self, x, name):
        return self.node("Clip", [x, "zero", "six"], f"mobilenet/{name}/Relu6")

    def block(self, x, number, inputs, outputs, stride):
        if stride == 2:
            x = self.node("Pad", [x, "pads"], f"mobilenet/conv_pad_{number}/Pad")
        padding = "VALID" if stride == 2 else "SAME_UPPER"
        name = f"conv_dw_{number}"
        x = self.convolution(x, name, inputs, inputs, 3, inputs, strides=[stride, stride], auto_pad=padding)
        x = self.relu6(self.batch_norm(x, f"{name}_bn", inputs), f"{name}_relu")
        x = self.convolution(x, f"conv_pw_{number}", inputs, outputs, 1)
        return self.relu6(self.batch_norm(x, f"conv_pw_{number}_bn", outputs), f"conv_pw_{number}_relu")


def mobile_net(path):
    k = Keras()
    for name, value in {"zero": np.float32(0), "six": np.float32(6), "pads": [0, 0, 0, 0, 0, 0, 1, 1]}.items():
        k.weight(name, value)
    k.weight("shape", [-1, 1, 1, 16]), k.weight("flat", [-1, 5])
    x = k.node("Transpose", ["input_1"], "mobilenet/transpose", perm=[0, 3, 1, 2])
    x = k.convolution(k.node("Pad", [x, "pads"], "mobilenet/conv1_pad/Pad"), "conv1", 3, 8, 3, strides=[2, 2])
    x = k.relu6(k.batch_norm(x, "conv1_bn", 8), "conv1_relu")
    x = k.block(k.block(x, 1, 8, 12, 1), 2, 12, 16, 2)
    x = k.node("GlobalAveragePool", [x], "mobilenet/global_average_pooling2d/Mean")
    x = k.node("Transpose", [x], "mobilenet/back", perm=[0, 2, 3, 1])
    x = k.node("Reshape", [x, "shape"], "mobilenet/reshape_1/Reshape")
    x = k.node("Transpose", [x], "mobilenet/again", perm=[0, 3, 1, 2])
    x = k.convolution(x, "conv_preds", 16, 5, 1)
    x = k.node("Reshape", [x, "flat"], "mobilenet/reshape_2/Reshape")
    k.nodes.append(helper.make_node("Softmax", [x], ["predictions"], name="mobilenet/act_softmax/Softmax"))
    images = helper.make_tensor_value_info("input_1", TensorProto.FLOAT, ["unk__1", 16, 16, 3])
    classes = helper.make_tensor_value_info("predictions", TensorProto.FLOAT, ["unk__2", 5])
    graph = helper.make_graph(k.nodes, "tf2onnx", [images], [classes], k.weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), str(path))
    return path


def test_a_mobile_net_of_keras(tmp_path):
    images = IMAGES.numpy().transpose(0, 2, 3, 1)
    path = mobile_net(tmp_path / "m.onnx")
    export = export_onnx_network(path, name="m", origin=ORIGIN, calibration=images, samples=images[:8])
    found = checked(export, 0.7)
    assert found.count("conv2d") == 6 and "activation" not in found
    assert export.trace.model["inputs"] == [{"name": "input_1", "shape": [3, 16, 16]}]
    stored = export.trace.tensors["reference.inputs.input_1"]
    assert np.corrcoef(stored.ravel(), images[:8].transpose(0, 3, 1, 2).ravel())[0, 1] > 0.999
    assert "input_1 is [channels, rows, columns]" in export.trace.origin["notes"]
