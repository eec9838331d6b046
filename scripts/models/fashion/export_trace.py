"""Exports both classifiers as int8 traces with real test images.

Usage: /usr/bin/python3 -m scripts.models.fashion.export_trace [--work build/fashion]
One checkpoint gives one file, byte by byte.
"""

from __future__ import annotations

from pathlib import Path

from scripts.base.packages import need

need("numpy", "torch")

import torch  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.export.graph.constants import to_int8  # noqa: E402
from scripts.export.graph.judged import integer_run  # noqa: E402
from scripts.export.graph.pytorch import Origin, export_network  # noqa: E402
from scripts.export.trace import Trace, write_trace  # noqa: E402
from scripts.models.fashion.recipe import RECIPES  # noqa: E402
from scripts.models.fashion.training import load_model, pixels  # noqa: E402
from scripts.models.fashion.work import Work, add_arguments, open_work  # noqa: E402
from scripts.models.image_sets import Images  # noqa: E402
from scripts.models.spread import spread  # noqa: E402
from scripts.models.threads import use_one_thread  # noqa: E402

FOLDER = Path("workloads/traces")
MAX_BYTES = 4 << 20
SAMPLES = 200  # test images
CALIBRATION_IMAGES = 200  # of the training part
KINDS = {"residual": "residual network", "depthwise": "depthwise-separable network"}


def origin(name: str) -> Origin:
    return Origin(
        model=f"Classifier of Fashion-MNIST, {KINDS[name]}",
        framework="PyTorch",
        exporter="scripts/models/fashion/export_trace.py",
        source="Fashion-MNIST, Debian package dataset-fashion-mnist",
        licence="MIT",
        notes="scripts/models/fashion/README.md is the model card",
    )


def some(images: Images, count: int) -> Images:
    rows = spread(list(range(len(images.labels))), count)
    return Images(images.pixels[rows], images.labels[rows])


def export(work: Work, name: str, samples: int = SAMPLES) -> Trace:
    """The int8 model with test images at even distances, their labels and all class scores."""
    test = some(work.test, samples)
    made = export_network(
        load_model(work.checkpoint(name)),
        name=f"fashion-{name}",
        origin=origin(name),
        calibration=pixels(some(work.train, CALIBRATION_IMAGES)),
        samples=pixels(test),
        labels=test.labels.tolist(),
    )
    return made.trace


def predict(trace: Trace, images: Images) -> torch.Tensor:
    """The class that the int8 network gives each image."""
    run, (output,) = integer_run(trace), trace.model["outputs"]
    (entry,) = trace.model["inputs"]
    inputs = to_int8(pixels(images).numpy(), trace.scales[entry["name"]])
    return torch.tensor([int(run({entry["name"]: x})[output].argmax()) for x in inputs])


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder of the traces")
    arguments = parser.parse_args()
    use_one_thread()
    work = open_work(arguments)
    for name in RECIPES:
        path = arguments.output / f"fashion-{name}.safetensors"
        write_trace(path, export(work, name))
        size = path.stat().st_size
        print(f"{path}: {size / 2**20:.2f} MiB")
        if size > MAX_BYTES:
            raise SystemExit(f"the trace is larger than {MAX_BYTES >> 20} MiB")


if __name__ == "__main__":
    terminal.run("export_trace", main)
