"""Sub-word vocabularies (sentencepiece, byte-pair encoding)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from scripts.base import output_file

PAD, UNKNOWN, BOS, EOS = 0, 1, 2, 3

Vocabulary = sentencepiece.SentencePieceProcessor


def train_vocabulary(texts: Iterable[str], size: int) -> bytes:
    """The serialised sentencepiece model; byte-pair encoding draws no random numbers."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
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


def kept_vocabulary(folder: Path, texts: Iterable[str], size: int) -> Vocabulary:
    """That of the folder; made of the texts unless it is there already."""
    path = folder / "vocabulary.model"
    if not path.exists():
        output_file.write(path, train_vocabulary(texts, size))
    return load_vocabulary(path.read_bytes())


def pieces(vocabulary: Vocabulary) -> list[str]:
    return [vocabulary.id_to_piece(i) for i in range(vocabulary.get_piece_size())]
