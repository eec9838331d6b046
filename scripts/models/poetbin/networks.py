"""The three networks of PoET-BiN: vanilla, with binary features, and the teacher.

They share the extractor and the hidden layers. Layer lists: the authors' repository
(github.com/onsabbatical/PoET-BiN), where only the teacher's is published; the vanilla and the
binary-feature network are the teacher without its intermediate layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Union

import torch
from torch import nn
from torch.nn import functional

KINDS = ("vanilla", "binary", "teacher")
POOL = "pool"
OUTPUT_EPSILON = 1e-4  # of the batch norm after the output layer


@dataclass(frozen=True)
class Extractor:
    """Convolutions, each with batch norm and, but for the last one, ReLU; between them pools.

    The result has 512 channels x positions for square images of this size.
    """

    image_size: int
    layers: tuple[Union[int, str], ...]  # output channels of a convolution, or POOL
    kernel: int
    padding: int
    binary_weights: bool = False


_VGG11 = (64, POOL, 128, POOL, 256, 256, POOL, 512, 512, POOL, 512, 512, POOL)
EXTRACTORS = {
    "lenet": Extractor(28, (16, POOL, 32, POOL), kernel=5, padding=0),
    "vgg11": Extractor(32, _VGG11, kernel=3, padding=1),
    "vgg11-binary": Extractor(32, _VGG11, kernel=3, padding=1, binary_weights=True),
}
FEATURES = 512


def binarise(x: torch.Tensor) -> torch.Tensor:
    """0 or 1 with the threshold at x = 0; the gradient is that of clip((x + 1) / 2, 0, 1)."""
    clipped = ((x + 1) / 2).clamp(0, 1)
    return clipped + (clipped.round() - clipped).detach()


class Binarise(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return binarise(x)


class BinaryConv2d(nn.Conv2d):
    """Weights of +1 (above 0) and -1; the gradient passes to the real weights unchanged."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        signs = torch.where(self.weight > 0, 1.0, -1.0)
        weight = self.weight + (signs - self.weight).detach()
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding)


class PerClassLinear(nn.Module):
    """Class c sees only its own P inputs c*P .. c*P+P-1."""

    def __init__(self, classes: int, inputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, inputs))
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x.view(-1, *self.weight.shape) * self.weight).sum(dim=2) + self.bias


class Network(nn.Module):
    """Images to features to (teacher only) intermediate bits to class scores."""

    def __init__(
        self,
        kind: str,
        extractor: str,
        channels: int,
        hidden: tuple[int, ...],
        classes: int,
        inputs: int,
    ) -> None:
        super().__init__()
        last = nn.ReLU() if kind == "vanilla" else Binarise()
        self.extractor = _extractor(EXTRACTORS[extractor], channels, last)
        widths = (FEATURES, *hidden)
        self.hidden = nn.Sequential(*map(_dense, widths, widths[1:], [nn.ReLU] * len(hidden)))
        if kind == "teacher":
            self.intermediate: nn.Module = _dense(widths[-1], classes * inputs, Binarise)
            scores = PerClassLinear(classes, inputs)
            self.output = nn.Sequential(scores, nn.BatchNorm1d(classes, eps=OUTPUT_EPSILON))
        else:
            self.intermediate = nn.Identity()
            self.output = nn.Sequential(nn.Linear(widths[-1], classes))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.output(self.bits(self.extractor(images)))

    def bits(self, features: torch.Tensor) -> torch.Tensor:
        """What the output layer sees: in a teacher the intermediate bits."""
        return self.intermediate(self.hidden(features))


def _extractor(plan: Extractor, channels: int, last: nn.Module) -> nn.Sequential:
    layers: list[nn.Module] = []
    conv = BinaryConv2d if plan.binary_weights else nn.Conv2d
    final = max(i for i, layer in enumerate(plan.layers) if layer != POOL)
    for i, layer in enumerate(plan.layers):
        if layer == POOL:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [conv(channels, layer, plan.kernel, padding=plan.padding), nn.BatchNorm2d(layer)]
        layers += [nn.ReLU()] if i != final else []
        channels = layer
    return nn.Sequential(*layers, last, nn.Flatten())


def _dense(inputs: int, outputs: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), activation())
