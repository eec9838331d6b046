"""The committed translation trace holds what its model card says."""

from pathlib import Path

import numpy as np
import pytest

from scripts.export.integer_reference import IntegerModel
from scripts.export.ragged import rows_of
from scripts.export.trace import Trace, read_trace

FILE = Path(__file__).parents[2] / "workloads/traces/libreoffice-en-de.safetensors"


@pytest.fixture(scope="module")
def trace() -> Trace:
    return read_trace(FILE)


def test_file_is_small_enough_for_the_repository():
    assert FILE.stat().st_size <= 8 << 20


def test_every_weight_matrix_keeps_a_fifth_of_its_weights(trace: Trace):
    matrices = [op for op in trace.operators if op["kind"] in ("linear", "logits")]
    assert len(matrices) == 33
    for operator in matrices:
        weight, mask = trace.tensors[operator["weight"]], trace.tensors[operator["mask"]]
        kept = int(np.unpackbits(mask).sum())
        assert kept == weight.size - round(0.8 * weight.size), operator["name"]


def test_a_hundred_sentences_have_text_and_tokens(trace: Trace):
    fields = ("reference.source_tokens", "reference.target_tokens", "text.source", "text.human")
    for field in fields:
        rows = rows_of(field, trace.tensors)
        assert len(rows) == 100 and all(len(row) for row in rows), field


def test_every_tenth_sentence_decodes_to_the_stored_tokens(trace: Trace):
    model = IntegerModel(trace)
    sources = rows_of("reference.source_tokens", trace.tensors)
    produced = rows_of("reference.target_tokens", trace.tensors)
    for source, expected in list(zip(sources, produced))[::10]:
        assert model.greedy(source) == expected.tolist()
