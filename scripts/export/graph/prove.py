"""Proves that a float network computes what a model computes: on inputs of all lengths and sizes of
numbers, and with every token of its vocabularies.

The judge is the model's own forward pass, or the evaluation of a file node by node; the network
shares no code with either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from scripts.export.errors import UnsupportedOperator
from scripts.export.graph.answers import Answer, Model, Outputs, check_repeated, described, refuse_nan
from scripts.export.graph.closeness import close
from scripts.export.graph.float_operators import run
from scripts.export.graph.lengths import PROBES, sizes, tried_tokens
from scripts.export.graph.network import FloatNetwork, Values

Array = np.ndarray
GROUP = 127  # tokens of a vocabulary that one sentence tries
GROUPS = 128  # such sentences; of a larger vocabulary, both ends and an even spread are tried
ODD_TOKENS = 8  # so many tokens may be treated unlike others, as padding is
LENGTHS_REMEDY = "let nothing but the positions of tokens depend on their number"
TOKENS_REMEDY = "let a token decide nothing but its embedding"
STEPS_REMEDY = "let every sample take the same steps"
FLOATS_REMEDY = "let nothing but the input decide"


def log_softmax(x: Array, axis: int = -1) -> Array:
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


STEPS: dict[str, Callable[[Array, int], Array]] = {
    "log_softmax": log_softmax,
    "softmax": lambda x, axis: np.exp(log_softmax(x, axis)),
}


@dataclass
class Proof:
    """`endings`: what the model does to an output at its end, which the network leaves out.
    `ordinary`: tokens of each input that the model surely treats like most others.
    """

    network: FloatNetwork
    model: Model
    endings: Mapping[str, str]
    ordinary: Mapping[str, int] = field(default_factory=dict)
    odd: dict[str, set[int]] = field(default_factory=dict)  # tokens that it treats unlike others

    def check_answers(self, before: Sequence[Answer]) -> None:
        """What the model gave before it was read."""
        for inputs, outputs in before:
            self._check(inputs, LENGTHS_REMEDY if self.ordinary else FLOATS_REMEDY, outputs)

    def check_lengths(self, longest: int, vocabularies: Mapping[str, int]) -> None:
        random = np.random.default_rng(0)
        for lengths in sizes(list(vocabularies), longest):
            inputs = {
                name: random.integers(0, vocabularies[name], n) for name, n in lengths.items()
            }
            for name, tokens in inputs.items():
                tokens[np.isin(tokens, list(self.odd.get(name, ())))] = self.ordinary[name]
            self._check(inputs, LENGTHS_REMEDY)

    def check_given(self, what: str, given: Sequence[Values]) -> None:
        """The user's own inputs: a step that only some of them take shows in no others."""
        for i, inputs in enumerate(given):
            self._check(inputs, STEPS_REMEDY, on=f"{what}: number {i} ({described(inputs)})")

    def find_odd(self, longest: int, vocabularies: Mapping[str, int], special: Sequence[int]) -> None:
        """Tokens that the model treats unlike others, such as padding, enter `odd`."""
        room = max(1, min(longest - 2, GROUP))  # an ordinary token before and behind
        for name, size in vocabularies.items():
            tokens = tried_tokens(size, special, room * GROUPS)
            groups = [tokens[i : i + room] for i in range(0, len(tokens), room)]
            odd = [token for group in groups for token in self._odd(name, group, longest)]
            if len(odd) > ODD_TOKENS:
                self._refuse_odd(name, odd, longest)
            self.odd[name] = set(odd)

    def _refuse_odd(self, name: str, odd: Sequence[int], longest: int) -> None:
        """What is right for these tokens in the longest sentences is wrong for the length of others."""
        full = {other: np.full(longest, token) for other, token in self.ordinary.items()}
        full[name] = np.resize(odd, longest)
        kind, remedy = f"treats tokens such as {odd[0]} of {name} unlike the others", TOKENS_REMEDY
        if self._agrees(full):
            short = self._sentence(name, list(odd[:1]), longest)
            kind = f"computes something else on {described(short)} than on {longest} of them"
            remedy = LENGTHS_REMEDY
        raise UnsupportedOperator("model", f"a model that {kind}", remedy)

    def _odd(self, name: str, group: list[int], longest: int) -> list[int]:
        if self._agrees(self._sentence(name, group, longest)):
            return []
        if len(group) == 1:
            return group
        half = len(group) // 2
        first = self._odd(name, group[:half], longest)
        if len(first) > ODD_TOKENS:
            return first
        return first + self._odd(name, group[half:], longest)

    def _sentence(self, name: str, tokens: list[int], longest: int) -> Values:
        inputs = {other: np.array([token] * min(3, longest)) for other, token in self.ordinary.items()}
        ordinary = self.ordinary[name]
        inputs[name] = np.array([ordinary, *tokens, ordinary][:longest] if longest > 2 else tokens)
        return inputs

    def _agrees(self, inputs: Values) -> bool:
        try:
            self._check(inputs, "")
        except UnsupportedOperator:
            return False
        return True

    def _check(
        self, inputs: Values, remedy: str, expected: Outputs | None = None, on: str | None = None
    ) -> None:
        expected = self.model.run(inputs) if expected is None else expected
        try:
            outputs = run(self.network, inputs)
        except (ValueError, IndexError):  # shapes that fit one length only
            outputs = {}
        for name, operator in self.network.outputs.items():
            wanted = expected[name]
            found = outputs.get(operator)
            if found is not None and name in self.endings:  # over features, of maps channels
                found = STEPS[self.endings[name]](found, 0 if operator.is_map else -1)
            if found is None or found.size != wanted.size or not _close(found, wanted):
                check_repeated(self.model, (inputs, expected))
                if np.isnan(wanted).any():
                    refuse_nan(self.model, inputs)
                on = on or described(inputs)
                kind = f"a model that computes something else on {on} than on others ({name})"
                raise UnsupportedOperator("model", kind, remedy)


def _close(found: Array, wanted: Array) -> bool:
    return close(found.ravel(), wanted.ravel())


def drawn(samples: Sequence[Values]) -> Iterator[Values]:
    """The samples, and numbers drawn at random with their mean and spread, and far from them."""
    random = np.random.default_rng(0)
    known = list(islice(samples, PROBES // 2))
    yield from known
    for i in range(max(PROBES - len(known), PROBES // 2)):
        inputs = {}
        for name, like in known[0].items():
            values = np.stack([np.asarray(sample[name], float) for sample in known])
            spread = (values.std() or 1.0) * (1, 0.1, 3, 0)[i % 4]
            inputs[name] = random.normal(values.mean(), spread, np.shape(like))
        yield {name: values.astype(np.float32) for name, values in inputs.items()}
