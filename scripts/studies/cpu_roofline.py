"""The least time that a CPU can take for a sentence in float32, from its peak of operations and its memory's bandwidth.

All weights are dense and do not fit into caches: they come from memory once before the first step (encoder, and the keys and values
of the cross-attention) and once in each decoding step (decoder and output projection, of which a step needs every weight). A part
takes

    max(2 MACs / peak, 4 bytes x weights / bandwidth)

and a sentence of n source and T target tokens the sum of 1 + T parts. With model width d, inner width f, E and D layers, V words:

    before the first step   weights  E (4 d d + 2 d f) + D 2 d d      MACs  n weights + E 2 n n d
    step t of 1 … T         weights  D (6 d d + 2 d f) + d V          MACs  weights + D 2 d (t + n)

Left out, so that the time is a lower bound: soft-max, norms, biases, embeddings, traffic of activations, keys and values, and all
that keeps a program from its peak. Keys and values are kept, as in host_model.py.
"""

from dataclasses import dataclass
from pathlib import Path

from scripts.sweeping.strict_yaml import load

DEFAULT = Path(__file__).with_name("cpu-roofline.yaml")
BYTES = 4  # of a float32
_NUMBERS = ("cores", "clock_ghz", "flops_per_cycle_and_core", "memory_gb_per_s")


@dataclass(frozen=True)
class Cpu:
    name: str
    flops_per_s: float
    bytes_per_s: float

    def seconds(self, macs, weights):
        return max(2 * macs / self.flops_per_s, BYTES * weights / self.bytes_per_s)


def read(path=DEFAULT):
    """A Cpu from a file as cpu-roofline.yaml; SweepError naming file, line and key."""
    block = load(path)
    block.refuse_others("name", *_NUMBERS)
    for key in ("name", *_NUMBERS):
        if block.get(key) is None:
            block.fail(f"{key}: missing")
    for key in _NUMBERS:
        if not 0 < block.read(key, (int, float), "a number above 0") < 1e9:
            block.fail(f"{key}: must be above 0 and below 1e9", key)
    cores, clock_ghz, flops, memory_gb_per_s = (block[key] for key in _NUMBERS)
    return Cpu(block.read("name", str, "a text"), cores * clock_ghz * flops * 1e9, memory_gb_per_s * 1e9)


def before_the_first_step(shape, source_tokens):
    """MACs and weights of the encoder, and of the keys and values of the cross-attention."""
    d, n = shape["d_model"], source_tokens
    weights = shape["encoder_layers"] * (4 * d * d + 2 * d * shape["d_ff"]) + shape["decoder_layers"] * 2 * d * d
    return n * weights + shape["encoder_layers"] * 2 * n * n * d, weights


def step(shape, source_tokens, number):
    """MACs and weights of the decoding step `number`, from 1."""
    d, layers = shape["d_model"], shape["decoder_layers"]
    weights = layers * (6 * d * d + 2 * d * shape["d_ff"]) + d * shape["vocabulary"]
    return weights + layers * 2 * d * (number + source_tokens), weights


def seconds(cpu, shape, source_tokens, target_tokens):
    """`shape`: the keys d_model, d_ff, encoder_layers, decoder_layers and vocabulary of a workload."""
    parts = [before_the_first_step(shape, source_tokens)]
    parts += [step(shape, source_tokens, number) for number in range(1, target_tokens + 1)]
    return sum(cpu.seconds(*part) for part in parts)
