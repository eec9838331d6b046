"""Size and accuracy of both classifiers and their int8 forms on all test images, as Markdown.

Usage: /usr/bin/python3 -m scripts.models.fashion.evaluate [--work build/fashion]
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scripts.base.packages import need

need("numpy", "torch")

import torch  # noqa: E402

from scripts.base import terminal  # noqa: E402
from scripts.models.fashion import export_trace  # noqa: E402
from scripts.models.fashion.models import Classifier  # noqa: E402
from scripts.models.fashion.recipe import RECIPES  # noqa: E402
from scripts.models.fashion.training import accuracy, load_model, predict  # noqa: E402
from scripts.models.fashion.work import Work, add_arguments, open_work  # noqa: E402
from scripts.models.threads import keep_freed_memory, use_one_thread  # noqa: E402


@dataclass(frozen=True)
class Quality:
    model: str
    parameters: int
    macs: int  # multiplications of weights and activations an image
    float_accuracy: float  # per cent
    int8_accuracy: float


def macs(model: Classifier, image: torch.Tensor) -> int:
    """Of convolutions and linear layers, padding counted; of one image [1, channels, y, x]."""
    counts: list[int] = []

    def count(layer: torch.nn.Module, _: tuple, output: torch.Tensor) -> None:
        counts.append(output.numel() * math.prod(layer.weight.shape[1:]))

    layers = (torch.nn.Conv2d, torch.nn.Linear)
    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, layers)]
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()
    return sum(counts)


def quality(work: Work, name: str) -> Quality:
    model = load_model(work.checkpoint(name))
    parameters = sum(p.numel() for p in model.parameters())
    image = torch.zeros(1, *work.test.pixels.shape[1:])
    trace = export_trace.export(work, name)
    classes = predict(model, work.test), export_trace.predict(trace, work.test)
    shares = (accuracy(found, work.test) for found in classes)
    return Quality(name, parameters, macs(model, image), *shares)


def quality_table(qualities: Iterable[Quality]) -> str:
    rows = [
        f"| {q.model} | {q.parameters:,} | {q.macs:,} | {q.float_accuracy:.2f} % "
        f"| {q.int8_accuracy:.2f} % |"
        for q in qualities
    ]
    head = "| model | parameters | MACs an image | float32 | int8 |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *rows])


def main() -> None:
    parser = terminal.Parser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    use_one_thread()
    keep_freed_memory()
    work = open_work(arguments)
    print(quality_table(quality(work, name) for name in RECIPES))


if __name__ == "__main__":
    terminal.run("evaluate", main)
