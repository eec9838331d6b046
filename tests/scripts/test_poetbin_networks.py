"""Networks, their training and the output layer of the PoET-BiN trainer."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")

from scripts.models import checkpoint  # noqa: E402
from scripts.models.poetbin import output_layer, recipe  # noqa: E402
from scripts.models.poetbin.network_training import NetworkTrainer, epoch_rates  # noqa: E402
from scripts.models.poetbin.networks import (  # noqa: E402
    EXTRACTORS,
    KINDS,
    BinaryConv2d,
    Network,
    PerClassLinear,
    binarise,
)
from scripts.models.poetbin.output_layer import OutputLayer, quantise, table_scores  # noqa: E402
from scripts.models.poetbin.output_training import train_output_layer  # noqa: E402
from scripts.models.poetbin.pixels import Pixels, random_crop_and_flip  # noqa: E402
from scripts.models.poetbin.recipe import OutputRecipe, Run  # noqa: E402
from poetbin_toy import DATA  # noqa: E402

SMALL = replace(recipe.M1, hidden=(16,), inputs=3, trees=4, runs=(Run(2, 0.05), Run(1, 0.02)))


def test_binariser_has_its_threshold_at_zero_and_passes_the_gradient_within_one():
    x = torch.tensor([-1.5, -0.5, 0.0, 1e-3, 0.5, 1.5], requires_grad=True)
    bits = binarise(x)
    bits.sum().backward()
    assert bits.tolist() == [0, 0, 0, 1, 1, 1]
    assert x.grad.tolist() == [0, 0.5, 0.5, 0.5, 0.5, 0]


def test_binary_convolution_uses_signs_and_trains_the_real_weights():
    conv = BinaryConv2d(2, 1, 3, bias=False)
    image = torch.rand(1, 2, 3, 3)
    signs = torch.where(conv.weight > 0, 1.0, -1.0)
    result = conv(image)
    result.sum().backward()
    assert torch.allclose(result.flatten(), (signs * image).sum().view(1), atol=1e-5)
    assert torch.equal(conv.weight.grad, image)


def test_a_class_sees_its_own_inputs_only():
    layer = PerClassLinear(3, 2)
    base = torch.rand(1, 6)
    changed = base.clone()
    changed[0, 2] += 1  # of class 1
    difference = (layer(changed) - layer(base))[0].detach()
    assert float(difference[1]) == pytest.approx(float(layer.weight[1, 0]), abs=1e-6)
    assert difference[[0, 2]].tolist() == [0, 0]


@pytest.mark.parametrize("preset", ["M1", "C1", "S1"])
def test_networks_have_the_published_widths(preset):
    plan = recipe.PRESETS[preset]
    shapes = {kind: linear_shapes(plan, kind) for kind in KINDS}
    inner = {"M1": [(512, 512)], "C1": [(4096, 512), (4096, 4096)],
             "S1": [(1024, 512), (1024, 1024)]}[preset]  # fmt: skip
    last = inner[-1][0]
    neurons = {"M1": 80, "C1": 80, "S1": 60}[preset]
    assert shapes["vanilla"] == shapes["binary"] == [*inner, (10, last)]
    assert shapes["teacher"] == [*inner, (neurons, last), (10, neurons // 10)]


def linear_shapes(plan, kind):
    with torch.no_grad():
        network = Network(kind, plan.extractor, 1, plan.hidden, 10, plan.inputs).eval()
        size = EXTRACTORS[plan.extractor].image_size
        assert network.extractor(torch.rand(2, 1, size, size)).shape == (2, 512)
    kinds = (torch.nn.Linear, PerClassLinear)
    return [tuple(m.weight.shape) for m in network.modules() if isinstance(m, kinds)]


def test_features_and_intermediate_values_are_bits_where_they_should_be():
    images = torch.randn(8, 1, 28, 28)
    networks = {kind: Network(kind, "lenet", 1, (16,), 3, 4) for kind in KINDS}
    features = {kind: network.extractor(images) for kind, network in networks.items()}
    for kind in ("binary", "teacher"):
        assert set(features[kind].unique().tolist()) == {0, 1}
    assert len(features["vanilla"].unique()) > 2
    assert set(networks["teacher"].bits(features["teacher"]).unique().tolist()) == {0, 1}
    assert networks["teacher"].bits(features["teacher"]).shape == (8, 12)


def trained(folder, *epochs):
    """One trainer for each number of epochs, each going on where the last one stopped."""
    folder.mkdir()
    for count in epochs:
        NetworkTrainer("teacher", SMALL, DATA, folder).run(count)
    return checkpoint.load(folder / "teacher.npz")["network"]


def test_resumed_training_gives_the_same_network_as_uninterrupted_training(tmp_path):
    whole, parts = trained(tmp_path / "whole", 3), trained(tmp_path / "parts", 1, 1, 1)
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name


def test_rates_are_constant_or_fall_geometrically_and_runs_follow_each_other():
    rates = epoch_rates((Run(2, 0.1), Run(2, 1.0, 0.01)))
    assert [number for number, _ in rates] == [0, 0, 1, 1]
    assert [rate for _, rate in rates] == pytest.approx([0.1, 0.1, 1.0, 0.1])


def test_images_of_another_size_are_interpolated_and_normalised():
    batch = Pixels(DATA.train, 28).batch(DATA.train, torch.arange(60))
    assert batch.shape == (60, 1, 28, 28)
    assert float(batch.mean()) == pytest.approx(0, abs=0.05)
    same = Pixels(DATA.train, 10).batch(DATA.train, torch.arange(60))
    assert float(same.std()) == pytest.approx(1, abs=0.01)


def test_augmentation_moves_and_mirrors_images_without_changing_their_pixels():
    torch.manual_seed(1)
    image = torch.zeros(1, 1, 12, 12)
    image[0, 0, 5, 4] = 1
    places = set()
    for _ in range(200):
        result = random_crop_and_flip(image)
        assert result.shape == image.shape and float(result.sum()) == 1
        places.add(tuple(result[0, 0].nonzero()[0].tolist()))
    assert {y for y, _ in places} == set(range(1, 10))
    assert {x for _, x in places} == set(range(0, 12))


def test_output_layer_separates_bits_that_can_be_separated():
    generator = np.random.default_rng(0)
    labels = np.arange(300) % 3
    bits = (np.repeat(np.eye(3, dtype=np.uint8), 4, axis=1)[labels]) ^ (
        generator.random((300, 12)) < 0.05
    )
    layer, _ = train_output_layer(bits, labels, 4, OutputRecipe(100, 1000, 0.01), 1)
    assert np.abs(layer.weights).max() <= 1
    assert output_layer.accuracy(layer.sums(bits), labels) > 98
    assert output_layer.accuracy(quantise(layer.sums(bits), 8), labels) > 98


@pytest.mark.parametrize("score_bits", [2, 5, 8])
def test_tables_hold_the_quantised_scores(score_bits):
    generator = np.random.default_rng(score_bits)
    layer = OutputLayer(generator.uniform(-1, 1, (4, 3)), generator.uniform(-1, 1, 4))
    bits = generator.integers(0, 2, (50, 12), np.uint8)
    tables = layer.tables(score_bits)
    assert tables.shape == (4, score_bits, 8)
    assert np.array_equal(table_scores(tables, bits), quantise(layer.sums(bits), score_bits))


def test_scores_saturate_and_round_as_published():
    sums = np.array([-5.0, -2.0, -1 / 64, 0.0, 1 / 64, 1.0, 1.99, 2.0, 5.0])
    assert quantise(sums, 8).tolist() == [-128, -128, -1, 0, 1, 64, 127, 127, 127]


def test_lowest_class_wins_among_equal_scores():
    scores = np.array([[3, 5, 5], [7, 7, 7]])
    assert output_layer.accuracy(scores, np.array([1, 0])) == 100
