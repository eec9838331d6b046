"""chrF2 of a corpus.

M. Popovic, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015:
character n-grams of order 1 to 6 without white space; recall counts beta = 2 times as much.
Counts are summed over the corpus before precision and recall are formed, as sacreBLEU does it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

MAX_ORDER = 6
BETA = 2.0


def ngrams(text: str, order: int) -> Counter[str]:
    characters = "".join(text.split())
    return Counter(characters[i : i + order] for i in range(len(characters) - order + 1))


def order_counts(hypotheses: Sequence[str], references: Sequence[str], order: int) -> list[int]:
    """N-grams that match, that the hypotheses have, and that the references have."""
    match = in_hypotheses = in_references = 0
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        ours, theirs = ngrams(hypothesis, order), ngrams(reference, order)
        match += sum((ours & theirs).values())
        in_hypotheses += sum(ours.values())
        in_references += sum(theirs.values())
    return [match, in_hypotheses, in_references]


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """0 to 100: F of the mean precision and mean recall over the orders that both sides have."""
    counts = [order_counts(hypotheses, references, n) for n in range(1, MAX_ORDER + 1)]
    used = [(match, ours, theirs) for match, ours, theirs in counts if ours and theirs]
    if not used:
        return 0.0
    precision = sum(match / ours for match, ours, _ in used) / len(used)
    recall = sum(match / theirs for match, _, theirs in used) / len(used)
    if precision + recall == 0:
        return 0.0
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)
