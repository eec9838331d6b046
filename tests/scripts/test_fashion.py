"""Image classifiers: their blocks, their batches, and training that goes on where it stopped."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")

from scripts.models import checkpoint  # noqa: E402
from scripts.models.fashion.evaluate import Quality, macs, quality_table  # noqa: E402
from scripts.models.fashion.models import (  # noqa: E402
    DEPTHWISE,
    RESIDUAL,
    Classifier,
    ModelConfig,
    ResidualBlock,
)
from scripts.models.fashion.recipe import RECIPES, Recipe  # noqa: E402
from scripts.models.fashion.training import (  # noqa: E402
    Trainer,
    accuracy,
    load_model,
    pixels,
    predict,
)
from scripts.models.fashion.work import open_work  # noqa: E402
from scripts.models.image_sets import Images  # noqa: E402
from scripts.models.staged_training import Stage  # noqa: E402

TOYS = [
    ModelConfig("residual", 4, ((4, 1), (8, 2))),
    ModelConfig("depthwise", 4, ((8, 2), (8, 1))),
]


def stripes(count: int, seed: int = 0) -> Images:
    """Class 0: horizontal stripes, 1: vertical ones, with noise."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    wave = np.arange(12) // 2 % 2 * 150
    images = np.where(labels[:, None, None], wave, wave[:, None])
    noisy = images + random.integers(0, 100, images.shape)
    return Images(noisy.astype(np.uint8)[:, None], labels.astype(np.int64))


def recipe(model: ModelConfig) -> Recipe:
    return Recipe(model, (Stage("toy", 0.0, 3, 1e-2),), batch=16, warm_up_steps=3)


def train(model: ModelConfig, folder: Path, *epochs: int) -> dict:
    """One Trainer for each number of epochs, each going on where the last one stopped."""
    folder.mkdir()
    for count in epochs:
        Trainer(recipe(model), stripes(100), stripes(20, seed=1), folder).run(count)
    return checkpoint.load(folder / "progress.npz")


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.kind)
def test_resumed_run_gives_the_same_result_as_an_uninterrupted_one(
    toy: ModelConfig, tmp_path: Path
):
    whole, parts = train(toy, tmp_path / "whole", 3), train(toy, tmp_path / "parts", 1, 1, 1)
    for name, tensor in whole["model"].items():
        assert torch.equal(tensor, parts["model"][name]), name


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.kind)
def test_training_learns_what_it_is_shown(toy: ModelConfig, tmp_path: Path):
    Trainer(recipe(toy), stripes(600), stripes(20, seed=1), tmp_path).run()
    test = stripes(200, seed=2)
    assert accuracy(predict(load_model(tmp_path / "toy.npz"), test), test) > 95


def test_folder_of_another_recipe_is_refused(tmp_path: Path):
    train(TOYS[0], tmp_path / "run", 1)
    other = dataclasses.replace(recipe(TOYS[0]), seed=99)
    with pytest.raises(SystemExit, match="another recipe"):
        Trainer(other, stripes(100), stripes(20), tmp_path / "run")


def test_seed_alone_decides_the_batches(tmp_path: Path):
    trainer = Trainer(recipe(TOYS[0]), stripes(100), stripes(20), tmp_path)
    first, same, other = (list(trainer.batches(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, same, strict=True))
    assert not all(torch.equal(a[0], b[0]) for a, b in zip(first, other, strict=True))


def test_an_epoch_shows_each_image_once_some_of_them_mirrored(tmp_path: Path):
    data = stripes(96)
    shown = {tuple(image.flatten().tolist()): image for image in pixels(data)}
    trainer = Trainer(recipe(TOYS[0]), data, stripes(20), tmp_path)
    images = torch.cat([images for images, _ in trainer.batches(3)])
    as_it_is = [tuple(image.flatten().tolist()) in shown for image in images]
    assert 0 < sum(as_it_is) < 96
    originals = [
        tuple((image if same else image.flip(-1)).flatten().tolist())
        for image, same in zip(images, as_it_is)
    ]
    assert sorted(originals) == sorted(shown) and originals != list(shown)


def test_black_is_0_and_white_is_1():
    images = Images(np.array([[[[0, 255]]]], np.uint8), np.array([0]))
    assert pixels(images).tolist() == [[[[0.0, 1.0]]]]


def test_residual_block_without_projection_adds_its_input():
    block = ResidualBlock(4, 4, 1).eval()
    torch.nn.init.zeros_(block.second[0].weight)
    x = torch.rand(2, 4, 6, 6)
    assert torch.allclose(block(x), x)
    assert block(-x).count_nonzero() == 0


def test_depthwise_model_filters_each_channel_by_itself():
    model = Classifier(DEPTHWISE)
    kernels = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
    depthwise = [m for m in kernels if m.groups > 1]
    assert len(depthwise) == len(DEPTHWISE.blocks)
    assert all(m.groups == m.in_channels == m.out_channels for m in depthwise)


@pytest.mark.parametrize("config", [RESIDUAL, DEPTHWISE], ids=lambda config: config.kind)
def test_models_are_small_and_end_in_7_by_7_pixels(config: ModelConfig):
    model = Classifier(config)
    assert sum(p.numel() for p in model.parameters()) < 150_000
    assert model.blocks(model.stem(torch.rand(1, 1, 28, 28))).shape[2:] == (7, 7)
    assert model(torch.rand(3, 1, 28, 28)).shape == (3, 10)


def test_macs_are_those_of_every_convolution_and_the_output():
    stem, layer = 4 * 9 * 28 * 28, 10 * 8
    residual = 8 * (4 + 8) * 9 * 14 * 14 + 8 * 4 * 14 * 14 + 2 * 4 * 4 * 9 * 28 * 28
    depthwise = (4 * 9 + 4 * 8 + 8 * 9 + 8 * 8) * 14 * 14
    image = torch.zeros(1, 1, 28, 28)
    assert macs(Classifier(TOYS[0]), image) == stem + residual + layer
    assert macs(Classifier(TOYS[1]), image) == stem + depthwise + layer


def test_quality_is_a_table():
    table = quality_table([Quality("residual", 91642, 9346112, 91.234, 91.1)])
    assert table.splitlines()[-1] == "| residual | 91,642 | 9,346,112 | 91.23 % | 91.10 % |"


def test_every_recipe_has_a_stage_of_its_own_name():
    assert {name: recipe.stages[-1].name for name, recipe in RECIPES.items()} == {
        "residual": "residual",
        "depthwise": "depthwise",
    }


def test_missing_checkpoint_says_what_to_run(tmp_path: Path):
    np.savez(
        tmp_path / "images.npz",
        x_train=np.zeros((5001, 4, 4), np.uint8),
        y_train=np.zeros(5001, np.int64),
        x_test=np.zeros((1, 4, 4), np.uint8),
        y_test=np.zeros(1, np.int64),
    )
    arguments = type("", (), {"work": tmp_path, "data": str(tmp_path / "images.npz")})
    work = open_work(arguments)
    assert (len(work.train.labels), len(work.valid.labels)) == (1, 5000)
    with pytest.raises(SystemExit, match="residual.npz is missing: run .*fashion.train"):
        work.checkpoint("residual")
