"""Proves that a float graph computes what a model computes: on sentences of all lengths, with every
token of its vocabularies, before and after its weights were read.

The judge is the model's own forward pass (PyTorch), or the evaluation of the file node by node
(ONNX, scripts/export/onnx_evaluator.py); the graph shares no code with either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np

from scripts.export.calls import Array, Call
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.float_model import FloatModel

TOLERANCE = 1e-4  # of the largest magnitude, between a model's float32 and the graph's float64
REPEATED = 1e-5  # the same, between two runs of one model
LENGTHS = 16  # different ones of each side, where the model takes so many
EQUAL_LENGTHS = 128  # both sides are tried at every length up to this one
GROUP = 127  # tokens of a vocabulary that one sentence tries
GROUPS = 128  # such sentences; of a larger vocabulary, both ends and an even spread are tried
ODD_TOKENS = 8  # so many tokens may be masked as padding

Capture = Callable[
    [list[int], list[int]], tuple[list[Call], Array]
]  # source, target -> calls, logits
Forward = Callable[[list[int], list[int]], Array]  # source, target -> logits [T, V]


@dataclass(frozen=True)
class Probe:
    source: list[int]
    target: list[int]

    def __str__(self) -> str:
        return f"a source of {len(self.source)} and a target of {len(self.target)} tokens"


Answer = tuple[Probe, Array]  # logits


@dataclass(frozen=True)
class Original:
    """The model to export. `check` raises once the model is not as it was."""

    capture: Capture
    forward: Forward
    check: Callable[[], None] = lambda: None

    def calls(self, probe: Probe) -> tuple[list[Call], Array]:
        return self._run(self.capture, probe)

    def logits(self, probe: Probe) -> Array:
        return self._run(self.forward, probe)

    def _run(self, function: Callable, probe: Probe):
        try:
            return function(list(probe.source), list(probe.target))
        except ExportError:
            raise
        except Exception as error:  # the model's own code may raise anything
            text = " ".join(str(error).split())
            raise ExportError(
                f"the model fails on {probe}: {type(error).__name__}: {text}"
            ) from error


def spread_lengths(longest: int) -> list[int]:
    """1, 2, 3 and so on to the longest, LENGTHS of them at growing distances."""
    if longest <= LENGTHS:
        return list(range(1, longest + 1))
    lengths = {*np.rint(np.geomspace(1, longest, LENGTHS)).astype(int).tolist(), longest - 1}
    missing = (n for n in range(1, longest) if n not in lengths)
    lengths.update(islice(missing, max(2, LENGTHS - len(lengths))))
    return sorted(lengths)


def equal_lengths(longest: int) -> list[int]:
    """All to EQUAL_LENGTHS, and LENGTHS longer ones at equal distances."""
    every = min(longest, EQUAL_LENGTHS)
    longer = np.linspace(every, longest, LENGTHS + 1).astype(int).tolist()
    return sorted({*range(1, every + 1), *longer})


def probes(tokens: Sequence[Sequence[int]], bos: int, longest: int) -> Iterator[Probe]:
    """At least 16, of all lengths; the sides differ in length. `tokens`: what each side may hold."""
    lengths = spread_lengths(longest)
    pairs = [(longest, longest), (1, longest), (longest, 1), (1, 1)]
    step = next(s for s in (5, 7, 3, 1) if len(lengths) % s or s == 1)
    pairs += [(n, lengths[(i * step + 1) % len(lengths)]) for i, n in enumerate(lengths)]
    pairs += [(n, lengths[-1 - i]) for i, n in enumerate(lengths[: max(0, 16 - len(lengths))])]
    while len(pairs) < 16:
        pairs.append((lengths[len(pairs) % len(lengths)], lengths[-1]))
    return _drawn(pairs, tokens, bos)


def _drawn(
    pairs: Sequence[tuple[int, int]], tokens: Sequence[Sequence[int]], bos: int
) -> Iterator[Probe]:
    random = np.random.default_rng(0)
    for source, target in pairs:
        sides = [random.choice(side, n).tolist() for side, n in zip(tokens, (source, target))]
        yield Probe(sides[0], [bos, *sides[1][1:]])


def check_repeated(original: Original, probe: Probe, before: Array) -> None:
    """The model gives once more what it gave before."""
    again = original.logits(probe)
    same_holes = np.array_equal(np.isnan(again), np.isnan(before))
    if not same_holes or not close(np.nan_to_num(again), np.nan_to_num(before), REPEATED):
        raise UnsupportedOperator(
            "model",
            f"a model that gave different results in two calls with equal inputs ({probe})",
            "leave out random numbers, dropout outside nn.Dropout, counters of calls, and what "
            "earlier sentences leave behind",
        )


@contextmanager
def checked_first(original: Original, before: Sequence[Answer]) -> Iterator[None]:
    """What changes from call to call may look like anything else: that is the reason that counts."""
    try:
        yield
    except UnsupportedOperator:
        original.check()
        for probe, logits in [*before[:1], *before]:  # twice in a row, for every second may differ
            check_repeated(original, probe, logits)
        raise


def check_longest(original: Original, longest: int, tokens: tuple[int, int]) -> None:
    """The model takes sentences of `longest` tokens; else the message says how many it takes."""

    def problem(length: int) -> ExportError | None:
        try:
            original.logits(Probe([tokens[0]] * length, [tokens[1]] * length))
        except UnsupportedOperator:
            raise
        except ExportError as error:
            return error
        return None

    found = problem(longest)
    if found is None:
        return
    at_one = problem(1)
    if at_one is not None:
        raise at_one
    least, most = 1, longest
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if problem(middle) else (middle, most)
    raise ExportError(
        f"max_tokens is {longest}; the model takes sentences of at most {least} tokens ({found})"
    )


def close(a: Array, b: Array, tolerance: float = TOLERANCE) -> bool:
    """NaN is close to nothing."""
    return a.shape == b.shape and bool(
        np.abs(a - b).max(initial=0) <= tolerance * np.abs(b).max(initial=0) + 1e-6
    )


def last_step(graph_logits: Array, logits: Array) -> str | None:
    """What the model does to the logits at its end: "", "log_softmax", "softmax", or something else
    (None).
    """
    if close(graph_logits, logits):
        return ""
    shifted = graph_logits - graph_logits.max(-1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    if close(log_softmax, logits):
        return "log_softmax"
    return "softmax" if close(np.exp(log_softmax), logits) else None


class Proof:
    """Of one graph, whose last operator gives the logits and whose model ends in `ending`.
    `check_lookups` raises if the model looks up other tokens than a probe's.
    """

    def __init__(
        self,
        original: Original,
        graph: FloatModel,
        ending: str,
        check_lookups: Callable[[Probe], None],
    ) -> None:
        self.original, self.graph, self.ending = original, graph, ending
        self._check_lookups = check_lookups
        self.generator = graph.operators[-1]["name"]

    def agrees(self, probe: Probe, logits: Array | None = None, **hidden: dict) -> bool:
        """The model's logits on the probe are the graph's."""
        found = self.graph.run(probe.source, probe.target, **hidden)[self.generator]
        try:
            expected = self.original.logits(probe) if logits is None else logits
        except UnsupportedOperator:
            raise
        except ExportError:
            return False
        return last_step(found, expected) == self.ending

    def check_lengths(self, probe: Probe, logits: Array) -> None:
        if not self.agrees(probe, logits):
            raise UnsupportedOperator(
                "model",
                f"a model that computes something else on {probe}",
                "let nothing but the positions of tokens depend on the sentences' lengths",
            )

    def check_equal_lengths(self, tokens: Sequence[Sequence[int]], longest: int) -> None:
        """Both sides of one length: what a model may do then shows in no other pair."""
        pairs = [(length, length) for length in equal_lengths(longest)]
        for probe in _drawn(pairs, tokens, self.graph.shape["bos"]):
            self.check_lengths(probe, self.original.logits(probe))

    def check_tokens(self, ordinary: tuple[int, int], special: Sequence[int], longest: int) -> None:
        """Every token of both vocabularies, of large ones a part; padding enters graph.padding."""
        sizes = (self.graph.source_tokens, self.graph.shape["vocabulary"])
        room = max(1, min(longest - 2, GROUP))  # BOS before, an ordinary token behind
        for side, name in enumerate(("source", "target")):
            tokens = tried_tokens(sizes[side], special, room * GROUPS)
            groups = [tokens[i : i + room] for i in range(0, len(tokens), room)]
            odd = [token for group in groups for token in self._odd(group, side, ordinary, longest)]
            for token in odd:
                self._check_padding(token, name, ordinary, longest)
            self.graph.padding[name] = set(odd)

    def _probe(self, tokens: list[int], side: int, ordinary: tuple[int, int], longest: int) -> Probe:
        """`tokens` on one side, an ordinary token behind them where there is room."""
        tokens = [*tokens, ordinary[side]][:longest]
        bos = self.graph.shape["bos"]
        if side == 0:
            return Probe(tokens, [bos, ordinary[1]][:longest])
        return Probe([ordinary[0]] * min(3, longest), [bos, *tokens][:longest])

    def _odd(self, group: list[int], side: int, ordinary: tuple[int, int], longest: int) -> list[int]:
        """The tokens of the group that the model does not treat as the graph does."""
        if self.agrees(self._probe(group, side, ordinary, longest)):
            return []
        if len(group) == 1:
            return group
        half = len(group) // 2
        odd = [
            token
            for part in (group[:half], group[half:])
            for token in self._odd(part, side, ordinary, longest)
        ]
        if not odd or len(odd) > ODD_TOKENS:
            self._check_lookups(self._probe(odd[:1] or group, side, ordinary, longest))
            which = f"tokens such as {odd[0]}" if odd else f"tokens {group[0]} to {group[-1]}"
            raise UnsupportedOperator(
                "model",
                f"a model that treats {which} unlike the others",
                "let a token decide nothing but its embedding",
            )
        return odd

    def _check_padding(
        self, token: int, side: str, ordinary: tuple[int, int], longest: int
    ) -> None:
        """The only other treatment that is known: attention does not see the token."""
        number = ("source", "target").index(side)
        probe = self._probe([ordinary[number], token], number, ordinary, longest)
        keys = np.array(getattr(probe, side)) == token
        attentions = [("encoder", "cross"), ("encoder",), ("cross",)] if number == 0 else [("decoder",)]
        if longest > 2 and any(
            self.agrees(probe, hidden=dict.fromkeys(names, keys)) for names in attentions
        ):
            return
        self._check_lookups(probe)
        raise UnsupportedOperator(
            "model",
            f"a model that treats {side} token {token} unlike the others",
            "let a token decide nothing but its embedding, or mask it as padding in attention",
        )


def tried_tokens(vocabulary: int, special: Sequence[int], most: int) -> list[int]:
    """All, or both ends, the special ones and an even spread."""
    if vocabulary <= most:
        return list(range(vocabulary))
    ends = [*range(min(64, most)), *range(vocabulary - min(64, most), vocabulary)]
    spread = np.linspace(0, vocabulary - 1, most).astype(int).tolist()
    return sorted({*ends, *spread, *(t for t in special if t < vocabulary)})
