"""Two small classifiers of images: of residual blocks, of depthwise-separable convolutions."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

CLASSES = 10


@dataclass(frozen=True)
class ModelConfig:
    kind: str  # a key of BLOCKS
    stem: int  # channels of the first convolution
    blocks: tuple[tuple[int, int], ...]  # output channels and stride


RESIDUAL = ModelConfig("residual", 16, ((32, 2), (32, 1), (64, 2)))
DEPTHWISE = ModelConfig("depthwise", 16, ((32, 2), (64, 1), (64, 1), (128, 2), (128, 1)))


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """With batch normalisation behind it, which is why it has no bias."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


class ResidualBlock(nn.Module):
    """He et al. 2016, figure 3: a projection where the shape changes, else the input itself."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3)
        self.relu = nn.ReLU()
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else convolution(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.second(self.relu(self.first(x))) + self.shortcut(x))


class DepthwiseBlock(nn.Sequential):
    """Howard et al. 2017, figure 3: each channel by itself, then all channels of a pixel."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(
            convolution(inputs, inputs, 3, stride, groups=inputs),
            nn.ReLU6(),
            convolution(inputs, outputs, 1),
            nn.ReLU6(),
        )


BLOCKS = {"residual": ResidualBlock, "depthwise": DepthwiseBlock}


class Classifier(nn.Module):
    """[batch, 1, 28, 28] of 0 to 1 -> class scores [batch, 10]"""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = [config.stem, *(outputs for outputs, _ in config.blocks)]
        make = BLOCKS[config.kind]
        self.stem = nn.Sequential(convolution(1, config.stem, 3), nn.ReLU())
        self.blocks = nn.Sequential(
            *(make(inputs, *block) for inputs, block in zip(widths, config.blocks))
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.output = nn.Linear(widths[-1], CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.pool(self.blocks(self.stem(x))).flatten(1))
