"""What a primitive node stands for while a graph is lowered: sums of moved and scaled outputs of
operators, which wait until something needs them in one piece.

So views, transposes, slices, factors, biases, batch normalisations, masks and residual sums cost
no operator of their own where the next one can take them in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from scripts.export.graph.network import FloatOperator

Array = np.ndarray
Factor = Array | float  # an array has the shape of the value, or one that broadcasts to it


@dataclass(frozen=True)
class Term:
    """base[index] * factor. `index`: positions in the base's flattened output, -1 for a 0; None:
    the elements as they lie.
    """

    base: FloatOperator
    index: Array | None = None
    factor: Factor = 1.0

    def positions(self, shape: Sequence[int]) -> Array:
        return np.arange(prod(shape)).reshape(shape) if self.index is None else self.index

    def moved(self, function: Callable[[Array], Array], shape: Sequence[int], reshape: bool) -> Term:
        """`shape`: before the move."""
        factor = moved(self.factor, function, shape)
        if reshape and self.index is None:
            return Term(self.base, None, factor)
        return Term(self.base, plain(function(self.positions(shape)), self.base), factor)

    def scaled(self, factor: Factor) -> Term:
        return Term(self.base, self.index, self.factor * factor)

    def same_place(self, other: Term) -> bool:
        if self.index is None or other.index is None:
            return self.index is other.index
        return np.array_equal(self.index, other.index)


@dataclass(eq=False)
class Affine:
    """The sum of terms and a constant; realising it replaces its terms by one."""

    shape: tuple[int, ...]
    terms: list[Term] = field(default_factory=list)
    constant: Factor = 0.0
    uses: int = 1
    path: str = ""  # of the module that made the sum

    @property
    def is_single(self) -> bool:
        """One operator's output, moved, with one factor and nothing added."""
        return len(self.terms) == 1 and is_scalar(self.terms[0].factor) and is_zero(self.constant)

    @property
    def is_pointwise(self) -> bool:
        """The same, and one number added."""
        return len(self.terms) == 1 and is_scalar(self.terms[0].factor) and is_scalar(self.constant)

    @property
    def base(self) -> FloatOperator:
        return self.terms[0].base

    def moved(
        self, function: Callable[[Array], Array], shape: Sequence[int], reshape: bool = False
    ) -> Affine:
        """`shape`: after the move."""
        terms = [term.moved(function, self.shape, reshape) for term in self.terms]
        constant = moved(self.constant, function, self.shape)
        return Affine(tuple(shape), terms, constant, self.uses, self.path)

    def reshaped(self, shape: Sequence[int]) -> Affine:
        return self.moved(lambda a: a.reshape(shape), shape, True)

    def scaled(self, factor: Factor) -> Affine:
        shape = np.broadcast_shapes(self.shape, np.shape(factor))
        x = self.broadcast(shape)
        with np.errstate(invalid="ignore"):
            constant = 0.0 if is_zero(x.constant) else x.constant * factor
        return Affine(shape, [term.scaled(factor) for term in x.terms], constant)

    def plus(self, other: Affine | Factor) -> Affine:
        if not isinstance(other, Affine):
            shape = np.broadcast_shapes(self.shape, np.shape(other))
            x = self.broadcast(shape)
            return Affine(shape, list(x.terms), x.constant + other)
        shape = np.broadcast_shapes(self.shape, other.shape)
        x, y = self.broadcast(shape), other.broadcast(shape)
        terms = list(x.terms)
        for term in y.terms:
            _merge(terms, term)
        return Affine(shape, terms, x.constant + y.constant)

    def broadcast(self, shape: Sequence[int]) -> Affine:
        if tuple(shape) == self.shape:
            return self
        same = prod(shape) == prod(self.shape)
        return self.moved(lambda a: np.broadcast_to(a, shape), shape, same)


@dataclass(eq=False)
class Statistic:
    """function(mean, variance, ... of x over its last dimension), or of x's neighbouring channels."""

    kind: str  # "mean", "variance", "square" (the mean square), "window" (squares of `size` channels)
    x: Affine
    shape: tuple[int, ...]
    function: Callable[[Array], Array] = lambda t: t
    size: int = 0
    uses: int = 1

    def then(self, function: Callable[[Array], Array], shape: Sequence[int] | None = None) -> Statistic:
        before = self.function
        shape = tuple(shape or self.shape)
        return Statistic(self.kind, self.x, shape, lambda t: function(before(t)), self.size)


@dataclass(eq=False)
class Centred:
    """factor * (x - mean of x over the last dimension), `power` 2: that squared"""

    x: Affine
    shape: tuple[int, ...]
    power: int = 1
    factor: Factor = 1.0  # one number, or one a feature
    uses: int = 1


Value = Affine | Statistic | Centred


def of(base: FloatOperator, shape: Sequence[int], factor: float = 1.0, index: Array | None = None) -> Affine:
    """An operator's output as a value of this shape."""
    return Affine(tuple(shape), [Term(base, index, factor)])


def is_scalar(factor: Factor) -> bool:
    return np.ndim(factor) == 0


def is_zero(factor: Factor) -> bool:
    return is_scalar(factor) and factor == 0


def moved(factor: Factor, function: Callable[[Array], Array], shape: Sequence[int]) -> Factor:
    return factor if is_scalar(factor) else function(np.broadcast_to(factor, shape))


def plain(index: Array, base: FloatOperator) -> Array | None:
    """None where the index changes nothing."""
    flat = index.ravel()
    size = prod(base.shape)
    whole = flat.size == size and flat[0] == 0 and np.array_equal(flat, np.arange(size))
    return None if whole else index


def _merge(terms: list[Term], new: Term) -> None:
    for i, term in enumerate(terms):
        if term.base is new.base and term.same_place(new):
            terms[i] = Term(term.base, term.index, term.factor + new.factor)
            return
    terms.append(new)
