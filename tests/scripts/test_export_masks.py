"""One rule for pruning masks: a weight of exactly 0 is pruned, however it became 0, in both exporters."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")
onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

from torch import nn  # noqa: E402
from torch.nn.utils import parametrize, prune  # noqa: E402

from prepared_pairs import exported, prepared, prepared_file  # noqa: E402
from scripts.export.masks import unpack  # noqa: E402
from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.trace import write_trace  # noqa: E402
from small_torch_model import random_model  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def kept(weight):
    """About half, among them one whose weight is 0 all the same."""
    mask = torch.rand(weight.shape, generator=torch.Generator().manual_seed(1)) < 0.5
    mask[0, 0] = True
    return mask


def matrices(model):
    encoder, decoder = model.encoder.layers[0], model.decoder.layers[0]
    yield from ((encoder.linear1, "weight"), (decoder.linear2, "weight"), (model.generator, "weight"))
    yield encoder.self_attn, "in_proj_weight"
    yield decoder.multihead_attn.out_proj, "weight"


def by_zeros(module, name, mask):
    getattr(module, name).data.mul_(mask)


def by_prune(module, name, mask):
    prune.custom_from_mask(module, name, mask)
    setattr(module, name, getattr(module, name).detach())  # or torch cannot write it for ONNX


class Masked(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight):
        return weight * self.mask


def by_parametrization(module, name, mask):
    parametrize.register_parametrization(module, name, Masked(mask))


def by_torch_ao(module, name, mask):
    from torch.ao.sparsity import FakeSparsity

    parametrize.register_parametrization(module, name, FakeSparsity(mask.float()))


def pruned(way):
    model = random_model()
    for module, name in list(matrices(model)):
        with torch.no_grad():
            getattr(module, name)[0, 0] = 0
        way(module, name, kept(getattr(module, name)))
    return model.eval()


def masks(made):
    return {name: mask.tobytes() for name, mask in kept_weights(made).items()}


def kept_weights(made):
    """bool by operator."""
    found = {}
    for operator in made.trace.operators:
        if operator["kind"] in ("linear", "logits") and "mask" in operator:
            columns = made.trace.tensors[operator["weight"]].shape[1]
            found[operator["name"]] = unpack(made.trace.tensors[operator["mask"]], columns)
    return found


def through_onnx(model, path):
    axes = {"source": {1: "n"}, "target": {1: "t"}, "logits": {1: "t"}}
    sides = torch.tensor([[5, 9, 7, 3]]), torch.tensor([[2, 8, 7]])
    names = {"input_names": ["source", "target"], "output_names": ["logits"]}
    torch.onnx.export(model, sides, str(path), opset_version=14, dynamic_axes=axes, **names)
    return prepared_file(path)


@pytest.fixture(scope="module")
def expected():
    return masks(prepared(pruned(by_zeros)))


@pytest.mark.parametrize("way", [by_zeros, by_prune, by_parametrization, by_torch_ao])
def test_every_spelling_gives_equal_masks_in_both_exporters(way, expected, tmp_path):
    model = pruned(way)
    assert len(expected) == 7  # q, k and v are three
    assert masks(prepared(model)) == expected
    assert sorted(masks(through_onnx(model, tmp_path / "m.onnx")).values()) == sorted(expected.values())


def test_a_weight_that_is_zero_is_pruned_even_inside_a_mask(expected):
    found = kept_weights(prepared(pruned(by_prune)))
    assert not found["generator"][0, 0]
    for name, mask in found.items():
        assert mask.sum() == mask.size - (mask == 0).sum() and 0.3 < mask.mean() < 0.7, name


def test_zeros_may_be_kept():
    assert not kept_weights(prepared(pruned(by_prune), keep_zeros=True))


def test_given_masks_go_before_zeros():
    given = {"generator": np.ones((23, 16))}
    found = kept_weights(prepared(pruned(by_zeros), masks=given))
    assert found["generator"].all() and not found["encoder.layers.0.linear1"].all()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["x"], r"masks is \['x'\]; use a dictionary of matrix names and arrays"),
        ({"generator": "x"}, "mask 'generator' is str that numpy does not read as numbers; use an array"),
        ({"generator": [[1, 0], [1]]}, "mask 'generator' is list that numpy does not read as numbers"),
        ({"generator": torch.ones(23, 16).to_sparse()}, "mask 'generator' is Tensor that numpy does not read"),
        ({"generator": np.full((23, 16), np.nan)}, "mask 'generator' holds NaN; use 1 where a weight is kept"),
    ],
)
def test_masks_that_are_no_masks_are_named(given, reason):
    with pytest.raises(ExportError, match=reason):
        exported(pruned(by_zeros), masks=given)


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (5, r"points is 5; use a list of \(sample, operator name\)"),
        ([(0, "generator"), 7], "points: point 1 is 7; use"),
        ([(9, "generator")], "points: point 0: sample is 9; use a whole number from 0 to 0"),
        ([("0", "generator")], "points: point 0: sample is '0'; use a whole number from 0 to 0"),
        ([(0, 5)], "points: point 0: the model has no operator 5"),
        ([(0, "generators")], "points: point 0: the model has no operator 'generators' .did you mean 'generator'?"),
    ],
)
def test_points_that_the_model_does_not_have_are_named(points, reason):
    with pytest.raises(ExportError, match=reason):
        exported(random_model(), points=points)


def test_points_may_hold_the_integers_of_numpy(tmp_path):
    trace = exported(random_model(), points=[(np.int64(0), "generator")]).trace
    write_trace(tmp_path / "m.safetensors", trace)
    assert [point["operator"] for point in trace.reference["points"]] == ["generator"]
