"""What an int8 network loses: its results beside those of the float network, and the error of each
operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scripts.export.graph.constants import to_int8
from scripts.export.graph.float_operators import run
from scripts.export.graph.network import FloatNetwork, FloatOperator, Values
from scripts.export.graph.prove import log_softmax
from scripts.export.graph.scales import Scales

Array = np.ndarray
Integer = Callable[[Values], Mapping[str, Array]]  # tokens or int8 -> every operator's output


@dataclass(frozen=True)
class Measure:
    """One number of both networks, such as "top-1 accuracy"."""

    name: str
    float_value: float
    int8_value: float


@dataclass(frozen=True)
class Report:
    """`agreement`: part of the rows of the first output whose largest feature is the same.
    `errors`: by operator, root mean square error over root mean square, 0 at best.
    """

    agreement: float
    measures: list[Measure]
    errors: dict[str, float]

    def __str__(self) -> str:
        lines = [f"float and int8 choose alike in {self.agreement:.1%}"]
        lines += [f"{m.name}: float {m.float_value:.4g}, int8 {m.int8_value:.4g}" for m in self.measures]
        lines += ["error of each operator, relative:"]
        lines += [f"  {error:7.2%}  {name}" for name, error in self.errors.items()]
        return "\n".join(lines)


def compared(
    network: FloatNetwork,
    integer: Integer,
    scales: Scales,
    samples: Sequence[Values],
    labels: Sequence[int] | None = None,
) -> Report:
    """On samples: inputs of the float network, the target with bos in front where there is one."""
    tally = Tally(network, scales)
    results = []
    first = next(iter(network.outputs.values()))
    for sample in samples:
        exact = run(network, sample)
        rounded = integer(quantised(network, scales, sample))
        tally.add(exact, rounded)
        results.append((exact[first], rounded[first.name] * scales[first]))
    measures = _measures(network, samples, results, labels)
    return Report(_agreement(results), measures, tally.errors())


def quantised(network: FloatNetwork, scales: Scales, sample: Values) -> Values:
    """What the trace's network reads: tokens as they are, tensors in int8."""
    found = {}
    for name, operator in network.inputs.items():
        values = np.asarray(sample[name])
        tokens = operator.kind == "tokens"
        found[name] = values if tokens else to_int8(operator.taken(values), scales[operator])
    return found


class Tally:
    """Sums of squares of each operator's errors and values."""

    def __init__(self, network: FloatNetwork, scales: Scales) -> None:
        self.scales = scales
        self.sums = {operator: np.zeros(2) for operator in network.operators}

    def add(self, exact: Mapping[FloatOperator, Array], rounded: Mapping[str, Array]) -> None:
        for operator, sums in self.sums.items():
            values = exact[operator]
            there = np.isfinite(values)  # hidden attention scores are not
            errors = (values - rounded[operator.name] * self.scales[operator])[there]
            sums += [(errors**2).sum(), (values[there] ** 2).sum()]

    def errors(self) -> dict[str, float]:
        return {
            operator.name: float(np.sqrt(error / size)) if size else float(error > 0)
            for operator, (error, size) in self.sums.items()
        }


def _agreement(results: Sequence[tuple[Array, Array]]) -> float:
    same = [_chosen(exact) == _chosen(rounded) for exact, rounded in results]
    return float(np.concatenate(same).mean())


def _chosen(output: Array) -> Array:
    """Of each row, or of each pixel of a map, the largest feature."""
    return output.argmax(0).ravel() if output.ndim == 3 else output.argmax(-1)


def _measures(
    network: FloatNetwork,
    samples: Sequence[Values],
    results: Sequence[tuple[Array, Array]],
    labels: Sequence[int] | None,
) -> list[Measure]:
    found = []
    if network.kind in ("decoder", "encoder_decoder"):
        name = "prompt" if network.kind == "decoder" else "target"
        targets = [np.asarray(sample[name])[1:] for sample in samples]
        if any(len(target) for target in targets):  # a first token is given, not chosen
            found.append(Measure("perplexity", *(_perplexity(results, targets, side) for side in (0, 1))))
    if labels is not None:
        values = (
            float(np.mean([_chosen(r[side])[0] == label for r, label in zip(results, labels)]))
            for side in (0, 1)
        )
        found.append(Measure("top-1 accuracy", *values))
    return found


def _perplexity(
    results: Sequence[tuple[Array, Array]], targets: Sequence[Array], side: int
) -> float:
    """Of each token from those before it."""
    losses = [
        -log_softmax(result[side][: len(target)])[np.arange(len(target)), target]
        for result, target in zip(results, targets)
    ]
    return float(np.exp(np.concatenate(losses).mean()))
