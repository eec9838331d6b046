"""Exports of small models, made once for all tests that look at them."""

from __future__ import annotations

import random
from functools import cache

import plain_judge
import small_networks
import small_transformers
import torch
from small_transformers import TOKENS, VOCABULARY
from torch import nn

from scripts.export.graph.pytorch import Export, Origin, export_network

ORIGIN = Origin("a small model", "PyTorch", "scripts/export/graph", "none", "none")
BOS, EOS = 2, 1


def judge(trace):
    return lambda inputs: plain_judge.outputs(trace, inputs)


def export(model: nn.Module, kind: str, samples, calibration, **contents) -> Export:
    return export_network(
        model, kind=kind, samples=samples, calibration=calibration, judge=judge, name=kind,
        origin=ORIGIN, **contents,
    )  # fmt: skip


def sentences(number: int, vocabulary: int = VOCABULARY, seed: int = 0) -> list[list[int]]:
    draw = random.Random(seed)
    return [
        [draw.randrange(4, vocabulary) for _ in range(draw.randrange(1, TOKENS - 4))]
        for _ in range(number)
    ]


def export_images(model: nn.Module, labelled: bool = True) -> Export:
    """Calibrated on 60 gratings, compared on 32 others."""
    images, labels = small_networks.gratings(92, 7)
    given = labels[60:].tolist() if labelled else None
    return export(model, "feed_forward", images[60:], images[:60], labels=given)


def export_encoder(model: nn.Module) -> Export:
    return export(model, "encoder", sentences(16, seed=1), sentences(30), max_tokens=TOKENS)


def export_decoder(model: nn.Module) -> Export:
    samples = sentences(6, seed=1)
    allowed = [4] * len(samples)
    return export(
        model, "decoder", samples, sentences(30), max_tokens=TOKENS, eos=EOS, allowed_tokens=allowed
    )


def export_translator(model: nn.Module, sources: int) -> Export:
    pairs = list(zip(sentences(30, sources), sentences(30, seed=1)))
    samples = sentences(6, sources, 2)
    return export(model, "encoder_decoder", samples, pairs, max_tokens=TOKENS, bos=BOS, eos=EOS)


@cache
def exported(name: str) -> Export:
    """Of the small model of this name."""
    networks = {model.__name__: model for model in small_networks.CLASSIFIERS}
    if name in networks:
        return export_images(small_networks.trained(networks[name]()))
    torch.manual_seed(0)
    if name in ("UNet", "AutoEncoder"):
        return export_images(getattr(small_networks, name)().eval(), labelled=False)
    if name == "ViT":
        return export_images(small_networks.trained(small_transformers.ViT()))
    if name in small_transformers.DECODERS:
        return export_decoder(small_transformers.spread_weights(small_transformers.DECODERS[name]()))
    model = small_transformers.spread_weights(getattr(small_transformers, name)())
    if name == "Bert":
        return export_encoder(model)
    return export_translator(model, 30 if name == "Translator" else VOCABULARY)
