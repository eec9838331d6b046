"""Shared sub-word vocabulary of both languages (sentencepiece, byte-pair encoding)."""

from __future__ import annotations

import io
from collections.abc import Iterable

import sentencepiece

from scripts.models.translation.cleaning import Pair

PAD, UNKNOWN, BOS, EOS = 0, 1, 2, 3
VOCABULARY_SIZE = 4000

Vocabulary = sentencepiece.SentencePieceProcessor
TokenPair = tuple[list[int], list[int]]


def train_vocabulary(pairs: Iterable[Pair], size: int = VOCABULARY_SIZE) -> bytes:
    """The serialised sentencepiece model; byte-pair encoding draws no random numbers."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(text for pair in pairs for text in pair),
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        character_coverage=0.9998,
        normalization_rule_name="identity",
        num_threads=1,
        pad_id=PAD,
        unk_id=UNKNOWN,
        bos_id=BOS,
        eos_id=EOS,
        minloglevel=1,
    )
    return model.getvalue()


def load_vocabulary(model: bytes) -> Vocabulary:
    return Vocabulary(model_proto=model)


def encode_pairs(vocabulary: Vocabulary, pairs: Iterable[Pair]) -> list[TokenPair]:
    """Token ids with EOS on both sides."""
    return [
        (vocabulary.encode(source) + [EOS], vocabulary.encode(target) + [EOS])
        for source, target in pairs
    ]
