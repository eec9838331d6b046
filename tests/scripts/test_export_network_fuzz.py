"""Random chains of torch's functions are exported right, or refused in one line."""

import os
import random

import numpy as np
import plain_judge
import pytest

torch = pytest.importorskip("torch", reason="python3-torch is not installed")

import torch.nn.functional as F  # noqa: E402
from one_line import in_one_line  # noqa: E402
from torch import nn  # noqa: E402

from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.graph.inputs import contents_of  # noqa: E402
from scripts.export.graph.prepare import prepared  # noqa: E402
from scripts.export.graph.pytorch_model import TorchModel  # noqa: E402
from scripts.export.graph.report import quantised  # noqa: E402
from scripts.export.metadata import Origin  # noqa: E402

ORIGIN = Origin("m", "PyTorch", "e", "none", "none")
EXTENDED = os.environ.get("LOCKSTEP_EXTENDED") == "true"
SEEDS = range(1000 if EXTENDED else 80)

ANY = [  # functions of a tensor of any rank, of m, the module, and of y, an earlier tensor
    lambda m, x, y: F.relu(x),
    lambda m, x, y: torch.sigmoid(x),
    lambda m, x, y: x * torch.sigmoid(x),
    lambda m, x, y: F.relu6(x * 3),
    lambda m, x, y: -x,
    lambda m, x, y: x + 1,
    lambda m, x, y: x * x,
    lambda m, x, y: x.clamp(-1, 1),
    lambda m, x, y: torch.maximum(x, 0.5 * x),
    lambda m, x, y: x + y if x.shape == y.shape else x,
    lambda m, x, y: x * y if x.shape == y.shape else x,
    lambda m, x, y: x - y if x.shape == y.shape else x,
    lambda m, x, y: x.transpose(1, -1),
    lambda m, x, y: x.flip(1),
    lambda m, x, y: x[:, : max(1, x.shape[1] // 2)],
    lambda m, x, y: x[..., 1:],
    lambda m, x, y: x.roll(1, 1),
    lambda m, x, y: torch.cat([x, 2 * x], 1),
    lambda m, x, y: x.flatten(1),
    lambda m, x, y: x.flatten(2) if x.dim() > 3 else x,
    lambda m, x, y: F.pad(x, (1, 0, 0, 1)),
    lambda m, x, y: x.mean(-1, keepdim=True),
    lambda m, x, y: x - x.mean(-1, keepdim=True),
    lambda m, x, y: x / x.pow(2).mean(-1, keepdim=True).add(1e-3).sqrt(),
    lambda m, x, y: F.layer_norm(x, (x.shape[-1],)),
    lambda m, x, y: m.linear(x) if x.shape[-1] == 4 else x,
    lambda m, x, y: F.softmax(x, -1),
    lambda m, x, y: F.softmax(x @ x.transpose(-1, -2), -1) @ x if x.dim() > 2 else x,
    lambda m, x, y: x.masked_fill(torch.ones_like(x).cumsum(-1) > 3, float("-inf")),
    lambda m, x, y: F.glu(x, 1) if x.shape[1] % 2 == 0 else x,
]
MAPS = [
    lambda m, x, y: m.conv(x) if x.shape[1] == 4 else x,
    lambda m, x, y: m.depthwise(x) if x.shape[1] == 4 else x,
    lambda m, x, y: m.norm(x) if x.shape[1] == 4 else x,
    lambda m, x, y: m.up(x) if x.shape[1] == 4 and x.numel() < 4000 else x,
    lambda m, x, y: F.max_pool2d(x, 3, 1, 1),
    lambda m, x, y: F.avg_pool2d(x, 3, 1, 1),
    lambda m, x, y: x.mean((2, 3), keepdim=True),
    lambda m, x, y: x.permute(0, 2, 3, 1),
    lambda m, x, y: torch.cat([x, y], 1) if x.shape[2:] == y.shape[2:] else x,
    lambda m, x, y: F.interpolate(x, scale_factor=2) if x.numel() < 4000 else x,
    lambda m, x, y: F.local_response_norm(x, 3),
]


class Chain(nn.Module):
    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.seed, self.first = seed, nn.Conv2d(3, 4, 3, padding=1)
        self.conv, self.depthwise = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.norm, self.linear, self.up = nn.BatchNorm2d(4), nn.Linear(4, 4), nn.ConvTranspose2d(4, 4, 2, 2)
        nn.init.normal_(self.norm.running_mean)

    def forward(self, x):
        draw = random.Random(self.seed)
        x = y = self.first(x)
        for _ in range(draw.randrange(2, 8)):
            x = draw.choice(ANY + MAPS if x.dim() == 4 else ANY)(self, x, y)
            y = x if draw.random() < 0.2 else y
        return x


def prepare(model, samples):
    contents = contents_of("feed_forward", ("input",), samples, samples, name="n", origin=ORIGIN)
    return prepared(TorchModel(model, None, ("input",)), contents), contents


def runs(model, sample):
    """Whether the chain is one that torch can compute."""
    try:
        return bool(torch.isfinite(model(sample)).all())
    except (RuntimeError, IndexError, ValueError):
        return False


def test_chains():
    exported = 0
    for seed in SEEDS:
        model = Chain(seed).eval()
        samples = torch.randn(5, 3, 6, 6)
        if not runs(model, samples[:1]):
            continue
        try:
            made, contents = prepare(model, samples)
        except ExportError as error:
            in_one_line(error)
            assert "something else" not in str(error), f"{seed}: lowered to another function: {error}"
            continue
        exported += 1
        sample = quantised(made.network, made.scales, contents.samples[0])
        for name, values in plain_judge.outputs(made.trace, sample).items():
            assert np.isfinite(values).all(), name
    assert exported > len(SEEDS) / 10
