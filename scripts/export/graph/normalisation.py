"""Normalisations, recognised by what they compute: a row divided by the root of its mean square or
of its variance, pixels divided by a function of their neighbouring channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from scripts.export.graph.affine import Affine, Centred, Factor, Statistic, Term, Value, of
from scripts.export.graph.builder import Builder
from scripts.export.graph.folding import as_map, as_tokens
from scripts.export.graph.primitives import Node

Array = np.ndarray
PROBES = np.geomspace(0.01, 100, 9)  # mean squares at which a function is tried


def mean(b: Builder, x: Affine, node: Node) -> Statistic:
    """Over the last dimension: of a row, or of its squares."""
    squared = _square_root(x)
    if squared is not None:
        return Statistic("square", squared, node.shape)
    return Statistic("mean", x, node.shape)


def _square_root(x: Affine) -> Affine | None:
    """What x is the square of."""
    if not x.is_single or "square_of" not in x.base.fields or x.terms[0].factor < 0:
        return None
    squared = x.base["square_of"]
    return Affine(x.shape, [Term(squared.base, x.terms[0].index, squared.factor * x.terms[0].factor**0.5)])


def variance(b: Builder, x: Affine, node: Node) -> Statistic:
    if tuple(node["axes"]) != (len(x.shape) - 1,):
        b.refuse("a variance over other dimensions than the last", "normalise rows of features")
    return Statistic("variance", x, node.shape)


def mean_of_centred(b: Builder, x: Centred, node: Node) -> Statistic:
    if x.power != 2 or np.size(x.factor) != 1 or tuple(node["axes"]) != (len(x.shape) - 1,):
        b.refuse("a mean of differences from a mean", "use layer normalisation")
    factor = float(np.reshape(x.factor, ()))
    return Statistic("variance", x.x, node.shape).then(lambda t: t * factor)


def channel_sum(b: Builder, x: Affine, node: Node) -> Statistic:
    """x is [1, 1, C + size - 1, H, W]: squares, with zeros before and behind the channels."""
    squared, size = _square_root(x), node["size"]
    if squared is None or not squared.base.is_map:
        b.refuse("a pool of three dimensions", "use it in local response normalisation only")
    channels, area = squared.base.shape[0], prod(squared.base.shape[1:])
    expected = np.pad(
        np.arange(channels * area).reshape(channels, -1),
        ((size // 2, (size - 1) // 2), (0, 0)),
        constant_values=-1,
    )
    if not np.array_equal(squared.terms[0].positions(x.shape).ravel(), expected.ravel()):
        b.refuse("a pool over channels with other padding", "use nn.LocalResponseNorm")
    plain = Affine((1, *squared.base.shape), [Term(squared.base, None, squared.terms[0].factor)])
    return Statistic("window", plain, node.shape, size=size)


def added(b: Builder, x: Value, y: Value, shape: Sequence[int]) -> Value:
    """A statistic and a number, or a row and its mean."""
    x, y = (x, y) if not isinstance(x, Affine) or isinstance(y, Centred) else (y, x)
    if isinstance(x, Statistic) and isinstance(y, Affine) and not y.terms:
        constant = y.constant
        if np.size(constant) == 1:
            return x.then(lambda t: t + float(np.reshape(constant, ())), shape)
    if isinstance(x, Statistic) and isinstance(y, Affine) and x.kind == "mean":
        change = _sign(x.function)
        if change == -1 and same(x.x, y):
            return Centred(y, tuple(shape))
        if change == 1 and same(x.x.scaled(-1.0), y):
            return Centred(x.x, tuple(shape), factor=-1.0)
    b.refuse("a sum with a mean or variance", "use statistics in layer or RMS normalisation only")
    raise AssertionError


def _sign(function: Callable[[Array], Array]) -> int:
    values = function(PROBES)
    return 1 if np.allclose(values, PROBES) else -1 if np.allclose(values, -PROBES) else 0


def same(x: Affine, y: Affine) -> bool:
    """They stand for equal values."""
    if x is y:
        return True
    return (
        len(x.terms) == len(y.terms)
        and all(
            s.base is t.base and s.same_place(t) and np.array_equal(s.factor, t.factor)
            for s, t in zip(x.terms, y.terms)
        )
        and np.array_equal(x.constant, y.constant)
    )


def multiplied(b: Builder, x: Value, y: Value, shape: Sequence[int]) -> Value:
    if isinstance(y, (Statistic, Centred)) and not isinstance(x, Statistic):
        x, y = y, x
    if isinstance(x, Centred) and isinstance(y, Statistic):
        x, y = y, x
    if isinstance(y, Affine) and not y.terms:
        found = _times(x, y.constant, shape)
        if found is not None:
            return found
    if isinstance(x, Statistic) and x.kind == "window" and isinstance(y, Affine):
        if same_map(x.x, y):
            return response_norm(b, x.x, shape, x.size, x.function)
    if isinstance(x, Statistic):
        found = _normalised(b, x, y, shape)
        if found is not None:
            return found
    b.refuse("a product with a mean or variance", "use statistics in layer or RMS normalisation only")
    raise AssertionError


def _times(x: Statistic | Centred, constant: Factor, shape: Sequence[int]) -> Value | None:
    if np.size(constant) == 1:
        number = float(np.reshape(constant, ()))
        if isinstance(x, Statistic):
            return x.then(lambda t: t * number, shape)
        return Centred(x.x, tuple(shape), x.power, x.factor * number)
    if isinstance(x, Centred) and np.size(constant) == np.shape(constant)[-1] == x.shape[-1]:
        return Centred(x.x, tuple(shape), x.power, x.factor * np.ravel(constant))
    return None


def same_map(x: Affine, y: Affine) -> bool:
    return y.is_single and y.terms[0].base is x.base and y.terms[0].index is None


def _normalised(b: Builder, x: Statistic, y: Affine | Centred, shape: Sequence[int]) -> Affine | None:
    """y is x's row, or that less its mean; x is a number over the root of a statistic."""
    row = y.x if isinstance(y, Centred) else y
    kind = "variance" if isinstance(y, Centred) else "square"
    fitted = _inverse_root(x.function)
    if x.kind != kind or fitted is None:
        return None
    factor, epsilon = fitted
    if isinstance(y, Centred):
        factor = factor * y.factor
    ratio = _ratio(x.x, row)
    if ratio is None:
        return None
    # factor * ratio * r / sqrt(mean(r²) + epsilon), r being the row that the statistic is of
    size = row.shape[-1]
    gamma, beta = np.broadcast_to(factor * ratio, size).astype(float), np.zeros(size)
    style = "layer" if isinstance(y, Centred) else "rms"
    return norm(b, x.x, shape, norm=style, gamma=gamma, beta=beta, epsilon=epsilon)


def _ratio(x: Affine, y: Affine) -> float | None:
    """y / x, where that is one number."""
    if same(x, y):
        return 1.0
    if x.is_single and y.is_single and x.base is y.base and x.terms[0].same_place(y.terms[0]):
        return float(y.terms[0].factor / x.terms[0].factor)
    return None


def _inverse_root(function: Callable[[Array], Array]) -> tuple[float, float] | None:
    """factor and epsilon of factor / sqrt(t + epsilon)"""
    with np.errstate(all="ignore"):
        inverse = 1 / np.asarray(function(PROBES), float) ** 2  # (t + epsilon) / factor²
    slope = (inverse[-1] - inverse[0]) / (PROBES[-1] - PROBES[0])
    if not np.isfinite(inverse).all() or slope <= 0:
        return None
    epsilon = inverse[0] / slope - PROBES[0]
    if not np.allclose(inverse, slope * (PROBES + epsilon), rtol=1e-4):
        return None
    return float(np.sign(function(PROBES)[0]) / np.sqrt(slope)), max(0.0, float(epsilon))


def norm(b: Builder, x: Affine, shape: Sequence[int], **fields: Array | str | float) -> Affine:
    operator, factor = as_tokens(b, x)
    return of(b.make("norm", [operator], operator.shape, [factor], **fields), shape)


def response_norm(
    b: Builder, x: Affine, shape: Sequence[int], size: int, function: Callable[[Array], Array]
) -> Affine:
    operator, factor = as_map(b, x)
    y = b.make("local_response_norm", [operator], operator.shape, [factor], size=size, function=function)
    return of(y, shape)
