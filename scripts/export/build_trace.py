"""The steps that every exporter shares once it has a float model: quantise, decode, add texts,
check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.export.calibrate import Pair
from scripts.export.check_tokens import check_padding, check_sentences, read_points
from scripts.export.errors import ExportError
from scripts.export.float_model import FloatModel
from scripts.export.metadata import Origin
from scripts.export.quantize import quantise
from scripts.export.ragged import flatten_text, rows_of
from scripts.export.reference_outputs import Point, add_reference
from scripts.export.trace import Trace, check


@dataclass(frozen=True)
class Tokenizer:
    """bos starts every target, eos ends every produced sentence; pieces: one text a token, '▁'
    standing for a space.
    """

    bos: int
    eos: int
    pieces: Sequence[str] | None = None


@dataclass(frozen=True)
class Sentence:
    """Source tokens as the model reads them (with EOS if trained so), and texts for people."""

    tokens: Sequence[int]
    source: str | None = None
    human: str | None = None


Masks = Mapping[str, Any]  # matrix name -> [H, W], nonzero where the weight is kept


@dataclass(frozen=True)
class Contents:
    """What a trace holds besides the model, and how the model is read, whatever its framework."""

    name: str
    origin: Origin
    tokenizer: Tokenizer
    max_tokens: int  # longest sentence that the positions allow
    calibration_pairs: Sequence[Pair]
    sentences: Sequence[Sentence]
    masks: Masks | None = None
    points: Sequence[Point] | None = None  # (sentence, operator name) whose outputs are stored


def build_trace(model: FloatModel, contents: Contents) -> Trace:
    """A checked trace. Points default to every operator of the first sentence but the logits, which
    are large.
    """
    sources = [sentence.tokens for sentence in contents.sentences]
    check_sentences(model, sources)
    points = _points(model, contents)
    origin = dict(vars(contents.origin))
    origin["notes"] = "; ".join(filter(None, [origin["notes"], *model.notes]))
    trace = quantise(model, contents.calibration_pairs, contents.name, origin)
    add_reference(trace, [list(tokens) for tokens in sources], points)
    for i, tokens in enumerate(rows_of("reference.target_tokens", trace.tensors)):
        where = f"sentences: what sentence {i} gives"
        check_padding(model.padding, "target", tokens[:-1].tolist(), where)
    _add_texts(trace, contents.sentences, contents.tokenizer)
    check(trace, contents.name)
    return trace


def _points(model: FloatModel, contents: Contents) -> Sequence[Point]:
    if contents.points is None:
        return [(0, op["name"]) for op in model.operators if op["kind"] != "logits"]
    names = [op["name"] for op in model.operators]
    return read_points(contents.points, len(contents.sentences), names)


def _add_texts(trace: Trace, sentences: Sequence[Sentence], tokenizer: Tokenizer) -> None:
    pieces, tokens = tokenizer.pieces or [], trace.model["vocabulary"]
    if len(pieces) not in (0, tokens):
        raise ExportError(f"pieces: {len(pieces)} texts; the model has {tokens} tokens")
    for key in ("source", "human"):
        given = [getattr(sentence, key) is not None for sentence in sentences]
        if any(given) and not all(given):
            i = given.index(False)
            raise ExportError(f"sentences: sentence {i} has no {key!r}; give it to all or to none")
    texts = {
        "text.vocabulary": pieces,
        "text.source": [s.source for s in sentences if s.source is not None],
        "text.human": [s.human for s in sentences if s.human is not None],
    }
    for field, rows in texts.items():
        if any(rows):
            trace.tensors.update(flatten_text(field, rows))
