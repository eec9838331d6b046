"""From toy checkpoints to traces: the steps that make the committed traces of Fashion-MNIST."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")

from scripts.export import safetensors  # noqa: E402
from scripts.export.trace import metadata_of, read_trace, write_trace  # noqa: E402
from scripts.models.fashion import training  # noqa: E402
from scripts.models.fashion.export_trace import export, predict  # noqa: E402
from scripts.models.fashion.models import ModelConfig  # noqa: E402
from scripts.models.fashion.recipe import Recipe  # noqa: E402
from scripts.models.fashion.training import Trainer, accuracy, load_model  # noqa: E402
from scripts.models.fashion.work import Work  # noqa: E402
from scripts.models.image_sets import Images  # noqa: E402
from scripts.models.staged_training import Stage  # noqa: E402

TOYS = {
    "residual": ModelConfig("residual", 4, ((4, 1), (8, 2))),
    "depthwise": ModelConfig("depthwise", 4, ((8, 2), (8, 1))),
}


def squares(count: int, seed: int) -> Images:
    """Class: the quarter of the image that is bright."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, count)
    images = random.integers(0, 120, (count, 1, 8, 8))
    for image, label in zip(images, labels):
        y, x = divmod(int(label), 2)
        image[0, 4 * y : 4 * y + 4, 4 * x : 4 * x + 2] += 130
    return Images(images.astype(np.uint8), labels.astype(np.int64))


@pytest.fixture(scope="module", params=TOYS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    name, folder = request.param, tmp_path_factory.mktemp("work")
    work = Work(folder, squares(400, 0), squares(20, 1), squares(100, 2))
    work.of_model(name).mkdir()
    recipe = Recipe(TOYS[name], (Stage(name, 0.0, 3, 1e-2),), batch=16, warm_up_steps=3)
    Trainer(recipe, work.train, work.valid, work.of_model(name)).run()
    return work, name, export(work, name, samples=10)


def test_one_checkpoint_gives_one_file(made, tmp_path: Path):
    work, name, trace = made
    again = export(work, name, samples=10)
    first, second = (safetensors.to_bytes(metadata_of(t), t.tensors) for t in (trace, again))
    assert first == second
    write_trace(tmp_path / "trace.safetensors", trace)
    read = read_trace(tmp_path / "trace.safetensors")
    assert safetensors.to_bytes(metadata_of(read), read.tensors) == first


def test_trace_holds_test_images_their_labels_and_the_classes_of_the_int8_network(made):
    work, _, trace = made
    rows = list(range(0, 100, 10))
    stored = trace.tensors["reference.inputs.input"]
    real = stored * trace.scales["input"]
    assert np.abs(real - work.test.pixels[rows] / 255).max() <= trace.scales["input"] * 0.51
    assert trace.tensors["reference.labels"].tolist() == work.test.labels[rows].tolist()
    (output,) = trace.model["outputs"]
    scores = [
        trace.tensors[point["tensor"]]
        for point in trace.reference["points"]
        if point["operator"] == output
    ]
    some = Images(work.test.pixels[rows], work.test.labels[rows])
    assert [int(score.argmax()) for score in scores] == predict(trace, some).tolist()


def test_float_and_int8_mostly_choose_alike(made):
    work, name, trace = made
    ours = training.predict(load_model(work.checkpoint(name)), work.test)
    theirs = predict(trace, work.test)
    assert float((ours == theirs).float().mean()) >= 0.95
    assert accuracy(theirs, work.test) > 50
