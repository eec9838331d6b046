"""Axes of a sweep: from the blocks set, grid, zip, list and random to lists of settings (key -> value)."""

import itertools
import math
import random
from fractions import Fraction

from scripts.sweeping.strict_yaml import Block

NAMES = ("set", "grid", "zip", "list", "random")
MAX_POINTS = 1_000_000
_EXACT = 2**53  # whole numbers up to here are exact as floating point too


def expand(block):
    """Every combination that the axes of `block` span; the last key of the file varies fastest."""
    axes, count = [], 1
    for name in NAMES:
        for axis in _READERS[name](block, block.get(name)):
            axes.append(axis)
            count *= len(axis)
            refuse_more(block, count)
    return combine(block, axes)


def combine(block, axes):
    refuse_more(block, math.prod(len(axis) for axis in axes))
    return [_merged(block, parts) for parts in itertools.product(*axes)]


def refuse_more(block, count, what="points"):
    """Before they are made."""
    if count > MAX_POINTS:
        block.fail(f"{count:,} {what} or more; a sweep may have {MAX_POINTS:,}")


def _merged(block, parts):
    settings = {}
    for key, value in itertools.chain.from_iterable(part.items() for part in parts):
        if key in settings:
            block.fail(f"{key}: on two axes")
        settings[key] = value
    return settings


def _set(block, given):
    if given is None:
        return []
    _must_be_block(block, "set", given)
    return [[dict(given)]]


def _grid(block, given):
    if given is None:
        return []
    _must_be_block(block, "grid", given)
    return ([{key: value} for value in _values(given, key)] for key in given)


def _zip(block, given):
    """Lists of equal length whose values go together; several such groups may be given as a list."""
    if given is None:
        return []
    groups = given if isinstance(given, list) else [given]
    for group in groups:
        _must_be_block(block, "zip", group)
    return (_rows(group) for group in groups)


def _rows(group):
    columns = {key: _values(group, key) for key in group}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        sizes = ", ".join(f"{key} has {len(column)}" for key, column in columns.items())
        group.fail(f"lists that go together must be equally long: {sizes}")
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def _list(block, given):
    if given is None:
        return []
    if not isinstance(given, list) or not given or not all(isinstance(p, Block) for p in given):
        block.fail("list: must be a list of blocks, each the keys and values of one point", "list")
    return [[dict(point) for point in given]]


def _random(block, given):
    if given is None:
        return []
    _must_be_block(block, "random", given)
    given.refuse_others("samples", "method", "seed", "keys")
    samples = given.read("samples", int, "a whole number", 0)
    keys = given.read("keys", Block, "keys with their ranges")
    method = given.get("method", "latin_hypercube")
    if samples < 1 or not keys:
        given.fail("random: needs samples of at least 1, and keys")
    refuse_more(given, samples)
    if method not in ("latin_hypercube", "uniform"):
        given.fail("method: must be latin_hypercube or uniform", "method")
    seed = given.read("seed", int, "a whole number", 1)
    columns = {key: _draw(keys, key, samples, method, seed) for key in keys}
    return [[dict(zip(columns, row)) for row in zip(*columns.values())]]


def _draw(keys, key, samples, method, seed):
    generator = random.Random(f"{seed} {key}")  # of its own, so that a new key leaves the others alone
    quantiles = [generator.random() for _ in range(samples)]
    if method == "latin_hypercube":
        strata = list(range(samples))
        generator.shuffle(strata)
        quantiles = [(stratum + share) / samples for stratum, share in zip(strata, quantiles)]
    given = keys[key]
    if isinstance(given, list) and given:
        return [given[int(share * len(given))] for share in quantiles]
    span = _span(keys, key, "multiple_of")
    return [_drawn(span, share) for share in quantiles]


def check_choice(block, key):
    """Refuses what is neither a list of plain values nor a range without steps."""
    given = block[key]
    if not isinstance(given, list) or not given:
        span = _span(block, key, "multiple_of")
        if any(abs(span[end]) > _EXACT for end in ("from", "to")):
            span.fail(f"{key}: a search draws from numbers up to {_EXACT}")
    elif any(isinstance(value, (list, dict)) for value in given):
        block.fail(f"{key}: a search draws from plain values", key)


def chosen(block, key, drawn):
    """The value of a key that a search drew: of a range between whole numbers, in multiples."""
    given = block[key]
    if isinstance(given, list):
        return drawn
    return drawn * _step(given) if is_whole(given) else float(f"{drawn:.6g}")


def _values(block, key):
    """The values of a list, or of a range {from, to, steps, scale}."""
    given = block[key]
    if isinstance(given, list):
        if not given:
            block.fail(f"{key}: has no value", key)
        return given
    span = _span(block, key, "steps")
    steps = span.read("steps", int, "a whole number", 0)
    if steps < 2:
        span.fail(f"{key}: steps must be at least 2")
    refuse_more(span, steps, "steps")
    values = [_at(span, Fraction(i, steps - 1)) for i in range(steps)]
    return list(dict.fromkeys(values))  # whole numbers may coincide


def _span(block, key, *more):
    span = block[key]
    if not isinstance(span, Block):
        block.fail(f"{key}: must be a list of values, or a range with from and to", key)
    span.refuse_others("from", "to", "scale", *more)
    low, high = (span.read(end, (int, float), "a number") for end in ("from", "to"))
    if low is None or high is None or low > high:
        span.fail(f"{key}: a range needs from and to, from at most to")
    if span.get("scale", "linear") not in ("linear", "log"):
        span.fail(f"{key}: scale must be linear or log", "scale")
    if span.get("scale") == "log" and low <= 0:
        span.fail(f"{key}: a logarithmic range must begin above 0", "from")
    if math.isinf(float(high) - float(low)) or (span.get("scale") == "log" and math.isinf(high / low)):
        span.fail(f"{key}: a range too wide for its numbers")
    if "multiple_of" in more:
        _check_step(span, key)
    return span


def _check_step(span, key):
    step = _step(span)
    if step < 1 or ("multiple_of" in span and not is_whole(span)):
        span.fail(f"{key}: multiple_of must be at least 1, and the ends whole numbers", "multiple_of")
    if is_whole(span) and -(-span["from"] // step) > span["to"] // step:
        span.fail(f"{key}: no multiple of {step} in this range", "multiple_of")


def _step(span):
    return span.read("multiple_of", int, "a whole number", 1)


def is_whole(span):
    return isinstance(span["from"], int) and isinstance(span["to"], int)


def _between(span, low, high, share):
    """Exact between whole numbers, which may be larger than a float is precise."""
    if span.get("scale") == "log":
        return {0: low, 1: high}.get(share, low * (high / low) ** share)
    return low + (Fraction(share) if is_whole(span) else share) * (high - low)


def _at(span, share):
    """The value at `share` of a range: whole when both ends are, else to six digits."""
    value = _between(span, span["from"], span["to"], share)
    return round(value) if is_whole(span) else float(f"{float(value):.6g}")


def _drawn(span, share):
    """As _at, but each whole number, or each multiple, has its part of the range."""
    if not is_whole(span):
        return _at(span, share)
    step = _step(span)
    first, last = -(-span["from"] // step), span["to"] // step
    return step * max(first, min(last, math.floor(_between(span, first, last + 1, share))))


def _must_be_block(block, name, given):
    if not isinstance(given, Block) or not given:
        block.fail(f"{name}: must be keys with their values", name)


_READERS = {"set": _set, "grid": _grid, "zip": _zip, "list": _list, "random": _random}
