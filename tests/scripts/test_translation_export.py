"""From a toy checkpoint to a trace: the steps that make the committed translation trace."""

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs Debian's python3-torch")
pytest.importorskip("sentencepiece", reason="needs Debian's python3-sentencepiece")

from scripts.export import safetensors  # noqa: E402
from scripts.export.integer_reference import IntegerModel  # noqa: E402
from scripts.export.ragged import rows_of  # noqa: E402
from scripts.export.trace import Trace, metadata_of  # noqa: E402
from scripts.models.spread import spread  # noqa: E402
from scripts.models.staged_training import Stage  # noqa: E402
from scripts.models.text.vocabulary import load_vocabulary, train_vocabulary  # noqa: E402
from scripts.models.translation.data import Corpus  # noqa: E402
from scripts.models.translation.evaluate import (  # noqa: E402
    Quality,
    float_quality,
    int8_quality,
    quality_table,
    stored,
)
from scripts.models.translation.export_trace import export  # noqa: E402
from scripts.models.translation.model import ModelConfig  # noqa: E402
from scripts.models.translation.recipe import Recipe  # noqa: E402
from scripts.models.translation.training import Trainer, load_model  # noqa: E402
from scripts.models.translation.vocabulary import texts_of  # noqa: E402
from scripts.models.translation.work import Work, open_work  # noqa: E402

NOUNS = {"file": "Datei", "table": "Tabelle", "page": "Seite", "formula": "Formel", "area": "Zone"}
VERBS = {"Opens": "Öffnet", "Deletes": "Löscht", "Prints": "Druckt", "Copies": "Kopiert"}
PAIRS = [
    (f"{verb} the {noun}.", f"{VERBS[verb]} die {NOUNS[noun]}.") for verb in VERBS for noun in NOUNS
]
MAX_TOKENS = 24


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("work")
    vocabulary = load_vocabulary(train_vocabulary(texts_of(PAIRS), size=80))
    model = ModelConfig(vocabulary.get_piece_size(), 16, 2, 32, 1, MAX_TOKENS)
    stages = (Stage("dense", 0.0, 2, 3e-3), Stage("pruned80", 0.8, 1, 3e-3))
    result = Work(folder, Corpus(PAIRS[:14], [], PAIRS[14:]), vocabulary, MAX_TOKENS)
    recipe = Recipe(model, stages, batch_tokens=64, warm_up_steps=5)
    Trainer(recipe, result.tokens(PAIRS[:14]), result.tokens(PAIRS[14:]), folder).run()
    return result


@pytest.fixture(scope="module")
def trace(work: Work) -> Trace:
    return export(work, "pruned80", PAIRS[14:])


def test_one_checkpoint_gives_one_file(work: Work, trace: Trace):
    again = export(work, "pruned80", PAIRS[14:])
    first, second = (safetensors.to_bytes(metadata_of(t), t.tensors) for t in (trace, again))
    assert first == second


def test_trace_carries_the_masks_of_the_checkpoint(work: Work, trace: Trace):
    _, masks = load_model(work.checkpoint("pruned80"))
    linear = [op for op in trace.operators if op["kind"] in ("linear", "logits")]
    assert len(linear) == len(masks)
    for operator in linear:
        weight, mask = trace.tensors[operator["weight"]], trace.tensors[operator["mask"]]
        kept = sum(bin(byte).count("1") for byte in mask.ravel())
        assert kept == weight.size - round(0.8 * weight.size), operator["name"]


def test_trace_carries_texts_and_every_output_of_two_sentences(work: Work, trace: Trace):
    texts = [bytes(row).decode() for row in rows_of("text.human", trace.tensors)]
    assert texts == [german for _, german in PAIRS[14:]]
    points = [(point["sample"], point["operator"]) for point in trace.reference["points"]]
    names = {operator["name"] for operator in trace.operators}
    assert len(points) == len(set(points)) == 2 * len(names)


def test_source_tokens_are_the_encoded_sources(work: Work, trace: Trace):
    sources = [row.tolist() for row in rows_of("reference.source_tokens", trace.tensors)]
    assert sources == [source for source, _ in work.tokens(PAIRS[14:])]
    produced = [row.tolist() for row in rows_of("reference.target_tokens", trace.tensors)]
    assert produced == [IntegerModel(trace).greedy(source) for source in sources]


def test_float_and_int8_quality_agree_closely(work: Work):
    ours, theirs = float_quality(work, "dense", PAIRS), int8_quality(work, "dense", PAIRS)
    assert theirs.perplexity == pytest.approx(ours.perplexity, rel=0.1)
    assert f"| dense, int8 | {theirs.perplexity:.2f} |" in quality_table([ours, theirs])


def test_measurements_are_kept_for_the_same_checkpoint_and_pairs(work: Work):
    calls = []

    def measure(work: Work, stage: str, test: list) -> Quality:
        calls.append((stage, len(test)))
        return Quality(stage, 2.0, 50.0, ["Datei"])

    first = stored(work, "dense", PAIRS[:3], measure)
    assert first == Quality("dense", 2.0, 50.0, ["Datei"])
    assert stored(work, "dense", PAIRS[:3], measure) == first
    stored(work, "dense", PAIRS[:4], measure)
    stored(work, "pruned80", PAIRS[:3], measure)
    assert calls == [("dense", 3), ("dense", 4), ("pruned80", 3)]


def test_spread_takes_items_at_even_distances():
    assert spread(list(range(10)), 4) == [0, 2, 5, 7]
    assert spread([1, 2], 4) == [1, 2]


def test_work_folder_holds_no_partial_file(work: Work):
    assert {path.suffix for path in work.folder.iterdir()} <= {".npz", ".json"}


def test_missing_checkpoint_says_what_to_run(work: Work):
    with pytest.raises(SystemExit, match="pruned50.npz is missing: run .*train"):
        work.checkpoint("pruned50")


def test_missing_help_pages_say_what_to_install(tmp_path: Path):
    arguments = argparse.Namespace(work=tmp_path / "work", help_folder=tmp_path)
    with pytest.raises(SystemExit, match="install libreoffice-help-en-us"):
        open_work(arguments, MAX_TOKENS)
    assert not (tmp_path / "work").exists()
