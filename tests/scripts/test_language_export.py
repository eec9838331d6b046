"""From a toy checkpoint to a trace: the steps that make the committed trace of the help texts."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")
pytest.importorskip("sentencepiece", reason="needs Debian's python3-sentencepiece")

from scripts.export import safetensors  # noqa: E402
from scripts.export.graph.judged import integer_run  # noqa: E402
from scripts.export.ragged import rows_of, texts_of  # noqa: E402
from scripts.export.trace import Trace, metadata_of, read_trace, write_trace  # noqa: E402
from scripts.models.language import training  # noqa: E402
from scripts.models.language.data import Corpus  # noqa: E402
from scripts.models.language.export_trace import export, mean_loss  # noqa: E402
from scripts.models.language.model import ModelConfig  # noqa: E402
from scripts.models.language.prompts import prompt_of  # noqa: E402
from scripts.models.language.recipe import Recipe  # noqa: E402
from scripts.models.language.work import Work  # noqa: E402
from scripts.models.staged_training import Stage  # noqa: E402
from scripts.models.text.vocabulary import EOS, load_vocabulary, train_vocabulary  # noqa: E402

WORDS = "the file table page opens closes prints copies".split()
TEXTS = [f"{a} {b} {c}" for a in WORDS for b in WORDS for c in WORDS if a < b]
MODEL = ModelConfig(vocabulary=40, d_model=16, heads=2, d_ff=32, layers=2, max_tokens=16)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("work")
    vocabulary = load_vocabulary(train_vocabulary(TEXTS, 40))
    result = Work(folder, Corpus(TEXTS[::2], [], TEXTS[1::2]), vocabulary, MODEL.max_tokens)
    stages = (Stage("dense", 0.0, 3, 1e-2), Stage("pruned80", 0.8, 1, 3e-3))
    recipe = Recipe(MODEL, stages, batch_tokens=64, warm_up_steps=5)
    training.Trainer(recipe, result.tokens(TEXTS[::2]), result.tokens(TEXTS[1:9]), folder).run()
    return result


@pytest.fixture(scope="module")
def texts(work: Work) -> list[list[int]]:
    return work.tokens(work.corpus.test)[:20]


@pytest.fixture(scope="module")
def trace(work: Work, texts: list[list[int]]) -> Trace:
    return export(work, "pruned80", texts)


def test_one_checkpoint_gives_one_file(work: Work, texts: list, trace: Trace, tmp_path: Path):
    again = export(work, "pruned80", texts)
    first, second = (safetensors.to_bytes(metadata_of(t), t.tensors) for t in (trace, again))
    assert first == second
    write_trace(tmp_path / "trace.safetensors", trace)
    read = read_trace(tmp_path / "trace.safetensors")
    assert safetensors.to_bytes(metadata_of(read), read.tensors) == first


def test_trace_carries_the_masks_of_the_checkpoint(work: Work, trace: Trace):
    _, masks = training.load_model(work.checkpoint("pruned80"))
    matrices = [op for op in trace.operators if op["kind"] in ("linear", "logits")]
    assert len(matrices) == len(masks)
    for operator in matrices:
        weight, mask = trace.tensors[operator["weight"]], trace.tensors[operator["mask"]]
        kept = sum(bin(byte).count("1") for byte in mask.ravel())
        assert kept == weight.size - round(0.8 * weight.size), operator["name"]


def test_prompts_go_on_as_the_int8_model_chooses(texts: list, trace: Trace):
    prompts = [row.tolist() for row in rows_of("reference.prompt_tokens", trace.tensors)]
    assert prompts == [prompt_of(text) for text in texts]
    allowed = trace.tensors["reference.allowed_tokens"].tolist()
    assert allowed == [MODEL.max_tokens + 1 - len(prompt) for prompt in prompts]
    run, head = integer_run(trace), trace.operators[-1]["name"]
    for prompt, produced in zip(prompts, rows_of("reference.target_tokens", trace.tensors)):
        whole = [*prompt, *produced.tolist()]
        chosen = run({"prompt": whole[:-1]})[head].argmax(1).tolist()
        assert chosen[len(prompt) - 1 :] == produced.tolist()
        assert produced[-1] == EOS or len(whole) == MODEL.max_tokens + 1


def test_texts_are_those_of_the_help(work: Work, texts: list, trace: Trace):
    begins, rests = (texts_of(f"text.{name}", trace.tensors) for name in ("source", "human"))
    assert [a + b for a, b in zip(begins, rests)] == work.vocabulary.decode(texts)
    assert len(texts_of("text.vocabulary", trace.tensors)) == 40


def test_float_and_int8_losses_are_close(work: Work, texts: list, trace: Trace):
    model, _ = training.load_model(work.checkpoint("pruned80"))
    assert mean_loss(trace, texts) == pytest.approx(training.mean_loss(model, texts), rel=0.03)
