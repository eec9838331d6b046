"""What a model gives on a few inputs before anything reads its weights: the same must come out at
the end, or chance or memory has a say in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import NoReturn, Protocol

import numpy as np

from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.graph.closeness import REPEATED, close
from scripts.export.graph.lengths import spread_lengths
from scripts.export.graph.network import Values
from scripts.export.graph.primitives import PrimitiveGraph

Array = np.ndarray
Outputs = Mapping[str, Array]
Answer = tuple[Values, Outputs]


class NoOutput(ExportError):
    """A model that returns nothing that may be an output."""


class Model(Protocol):
    """A model of any framework. Inputs by name, without a batch: tokens [n], or tensors."""

    def run(self, inputs: Values) -> Outputs: ...

    def graph(self, inputs: Values) -> PrimitiveGraph: ...

    def check(self) -> None:
        """UnsupportedOperator once the model is not as it was."""

    def first_nan(self, inputs: Values) -> str | None:
        """Where the first number comes from that is not finite, for people; None: nowhere inside."""


def described(inputs: Values) -> str:
    return " and ".join(_described(name, np.asarray(values)) for name, values in inputs.items())


def _described(name: str, values: Array) -> str:
    if values.dtype.kind != "i":
        return f"{name} {list(values.shape)}"
    return f"{len(values)} token{'s' if len(values) > 1 else ''} of {name}"


def answers(model: Model, inputs: Sequence[Values]) -> list[Answer]:
    """ExportError where an output holds NaN."""
    found = []
    for values in inputs:
        outputs = model.run(values)
        if any(np.isnan(output).any() for output in outputs.values()):
            refuse_nan(model, values)
        found.append((values, outputs))
    return found


def refuse_nan(model: Model, inputs: Values) -> NoReturn:
    place = model.first_nan(inputs)
    reason = "what forward itself does to the results of its modules gives it" if place is None else place
    raise UnsupportedOperator("model", f"an output that holds NaN on {described(inputs)}", reason)


def check_repeated(model: Model, answer: Answer) -> None:
    """The model gives once more what it gave before."""
    inputs, before = answer
    again = model.run(inputs)
    if not all(_same(again[name], before[name]) for name in before):
        raise ExportError(
            f"the model gives different results in two calls with equal inputs ({described(inputs)}); "
            "leave out random numbers, dropout outside nn.Dropout, counters of calls, and what earlier "
            "inputs leave behind"
        )


def _same(a: Array, b: Array) -> bool:
    holes = np.isnan(a)
    if a.shape != b.shape or not np.array_equal(holes, np.isnan(b)):
        return False
    return close(np.where(holes, 0, a), np.where(holes, 0, b), REPEATED)


@contextmanager
def checked_first(model: Model, before: Sequence[Answer]) -> Iterator[None]:
    """What changes from call to call may look like anything else: that is the reason that counts."""
    try:
        yield
    except ExportError:
        model.check()
        for answer in [*before[:1], *before]:  # twice in a row, for every second may differ
            check_repeated(model, answer)
        raise


def ordinary_tokens(model: Model, calibration: Sequence[Values], special: Sequence[int]) -> dict[str, int]:
    """For each input a token that the model hardly treats unlike others: one of the calibration
    inputs, unless the model gives NaN for it or does not know it.
    """
    names = list(calibration[0])
    candidates = [_candidates(name, calibration, special) for name in names]
    error: ExportError | None = None
    known: list[tuple[int, ...]] = []
    for tokens in product(*candidates):
        try:
            outputs = model.run({name: np.array([token]) for name, token in zip(names, tokens)})
        except UnsupportedOperator:
            raise
        except ExportError as problem:
            error = error or problem
            continue
        known.append(tokens)
        if not any(np.isnan(output).any() for output in outputs.values()):
            return dict(zip(names, tokens))
    if not known:
        raise error
    return dict(zip(names, known[0]))


def _candidates(name: str, calibration: Sequence[Values], special: Sequence[int]) -> list[int]:
    """Special tokens lie at the ends of a vocabulary, as a rule."""
    used = sorted({int(token) for inputs in calibration for token in inputs[name]})
    likely = [token for token in used if token not in special] or used
    return list(dict.fromkeys([likely[len(likely) // 2], likely[0], likely[-1], 1, 0]))


def check_longest(model: Model, ordinary: Mapping[str, int], longest: int) -> None:
    """The model takes sentences of `longest` tokens; else the message says how many it takes."""

    def problem(length: int) -> ExportError | None:
        try:
            model.run({name: np.full(length, token) for name, token in ordinary.items()})
        except (NoOutput, UnsupportedOperator):
            raise
        except ExportError as error:
            return error
        return None

    found = problem(longest)
    if found is None:
        return
    if problem(1) is not None:
        raise problem(1)
    least, most = 1, longest
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if problem(middle) else (middle, most)
    raise ExportError(
        f"max_tokens is {longest}; the model takes sentences of at most {least} tokens ({found})"
    )


def check_bos(model: Model, ordinary: Mapping[str, int], bos: int | None) -> None:
    if bos is None:
        return
    try:
        model.run({name: np.array([token]) for name, token in (ordinary | {"target": bos}).items()})
    except UnsupportedOperator:
        raise
    except ExportError as error:
        raise ExportError(f"bos is {bos}, which the model does not take as target token: {error}") from error


def probes(ordinary: Mapping[str, int], bos: int | None, longest: int) -> list[Values]:
    """Of ordinary tokens, of many lengths; two inputs differ in length. A target begins with bos."""
    lengths = spread_lengths(longest)
    found = []
    for i, n in enumerate(lengths):
        sizes = [n, lengths[(5 * i + 1) % len(lengths)]]
        inputs = {name: np.full(size, token) for (name, token), size in zip(ordinary.items(), sizes)}
        if bos is not None:
            inputs["target"][0] = bos
        found.append(inputs)
    return found
