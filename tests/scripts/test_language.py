"""The language model: its texts, its attention, its pruning, its training."""

import argparse
import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")
pytest.importorskip("sentencepiece", reason="needs Debian's python3-sentencepiece")

from scripts.models import checkpoint  # noqa: E402
from scripts.models.language.data import load_corpus, split  # noqa: E402
from scripts.models.language.evaluate import perplexity, quality_table, samples  # noqa: E402
from scripts.models.language.model import LanguageModel, ModelConfig, greedy_continue  # noqa: E402
from scripts.models.language.prompts import prompt_of  # noqa: E402
from scripts.models.language.recipe import Recipe  # noqa: E402
from scripts.models.language.training import Trainer, load_model, mean_loss, to_batch  # noqa: E402
from scripts.models.language.work import Work, open_work  # noqa: E402
from scripts.models.pruning import prunable_matrices  # noqa: E402
from scripts.models.staged_training import Stage  # noqa: E402
from scripts.models.text.splitting import group_key  # noqa: E402
from scripts.models.text.vocabulary import (  # noqa: E402
    BOS,
    EOS,
    PAD,
    load_vocabulary,
    train_vocabulary,
)

TOY = ModelConfig(vocabulary=40, d_model=16, heads=2, d_ff=32, layers=2, max_tokens=12)
STAGES = (Stage("dense", 0.0, 2, 1e-2), Stage("pruned80", 0.8, 1, 3e-3))
RECIPE = Recipe(TOY, STAGES, batch_tokens=64, warm_up_steps=5)


def counting(count: int, seed: int = 0) -> list[list[int]]:
    """Texts that count up from anywhere."""
    generator = torch.Generator().manual_seed(seed)
    starts = torch.randint(4, 28, (count,), generator=generator).tolist()
    sizes = torch.randint(3, 11, (count,), generator=generator).tolist()
    return [[BOS, *range(start, start + size), EOS] for start, size in zip(starts, sizes)]


def train(folder: Path, *epochs: int) -> dict:
    """One Trainer for each number of epochs, each going on where the last one stopped."""
    folder.mkdir()
    for count in epochs:
        Trainer(RECIPE, counting(60), counting(8, seed=1), folder).run(count)
    return checkpoint.load(folder / "progress.npz")


def model(config: ModelConfig = TOY) -> LanguageModel:
    torch.manual_seed(5)
    result = LanguageModel(config).eval()
    for parameter in result.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return result


def test_resumed_run_gives_the_same_result_as_an_uninterrupted_one(tmp_path: Path):
    whole, parts = train(tmp_path / "whole", 3), train(tmp_path / "parts", 1, 1, 1)
    for name, tensor in whole["model"].items():
        assert torch.equal(tensor, parts["model"][name]), name
    assert whole["masks"].keys() == parts["masks"].keys() != set()


def test_a_trained_model_has_learnt_to_count(tmp_path: Path):
    recipe = Recipe(TOY, (Stage("dense", 0.0, 6, 1e-2),), batch_tokens=64, warm_up_steps=5)
    Trainer(recipe, counting(300), counting(8), tmp_path).run()
    trained, _ = load_model(tmp_path / "dense.npz")
    before = mean_loss(LanguageModel(TOY), counting(50, seed=2))
    assert mean_loss(trained, counting(50, seed=2)) < 0.5 * before
    assert greedy_continue(trained, [BOS, 20, 21], 1) == [22]


def test_pruned_stage_keeps_its_sparsity_in_every_matrix_and_leaves_the_embeddings(tmp_path: Path):
    train(tmp_path / "run", 3)
    trained, masks = load_model(tmp_path / "run/pruned80.npz")
    names = {name for name, _ in prunable_matrices(trained)}
    assert names == masks.keys() and {"head", "blocks.1.attention.out", "blocks.0.linear1"} < names
    assert len(names) == 6 * TOY.layers + 1
    for name, weight in prunable_matrices(trained):
        assert int((weight == 0).sum()) == round(0.8 * weight.numel()), name
    assert trained.embedding.weight.all() and trained.positions.weight.all()


def test_folder_of_another_recipe_is_refused(tmp_path: Path):
    train(tmp_path / "run", 1)
    with pytest.raises(SystemExit, match="another recipe"):
        Trainer(Recipe(TOY, STAGES), counting(9), counting(9), tmp_path / "run")


def test_no_position_sees_a_later_token():
    tokens = torch.tensor([[BOS, 7, 8, 9, 10]])
    changed = tokens.clone()
    changed[0, 3] = 30
    first, second = model()(tokens)[0], model()(changed)[0]
    assert torch.equal(first[:3], second[:3])
    assert not torch.allclose(first[3], second[3]) and not torch.allclose(first[4], second[4])


def test_model_is_a_pre_norm_transformer_with_gelu():
    """Written out again for one token, where attention is the identity."""
    ours = model(ModelConfig(vocabulary=40, d_model=16, heads=2, d_ff=32, layers=1, max_tokens=12))
    block = ours.blocks[0]
    x = ours.embedding.weight[9] + ours.positions.weight[0]
    x = x + block.attention.out(block.attention.v(block.norm1(x)))
    wide = block.linear1(block.norm2(x))
    x = x + block.linear2(0.5 * wide * (1 + torch.erf(wide / math.sqrt(2))))
    expected = ours.head.weight @ ours.norm(x)
    assert torch.allclose(ours(torch.tensor([[9]]))[0, 0], expected, atol=1e-5)


def test_padding_changes_neither_losses_nor_their_mean():
    texts = counting(9)
    alone = [mean_loss(model(), [text]) * (len(text) - 1) for text in texts]
    together = mean_loss(model(), texts) * sum(len(text) - 1 for text in texts)
    assert together == pytest.approx(sum(alone), rel=1e-5)


def test_training_loss_is_the_mean_over_tokens_of_texts(tmp_path: Path):
    texts = [counting(1, seed)[0] for seed in range(6)]
    trainer = Trainer(RECIPE, texts, texts, tmp_path)
    trainer.model.eval()
    loss = float(trainer.loss(to_batch(texts)).detach())
    assert loss == pytest.approx(mean_loss(trainer.model, texts), rel=1e-5)


def test_a_token_is_followed_by_the_next_of_its_text():
    tokens, following = to_batch([[BOS, 6, 7, EOS], [BOS, 8, EOS]])
    assert tokens.tolist() == [[BOS, 6, 7], [BOS, 8, PAD]]
    assert following.tolist() == [[6, 7, EOS], [8, EOS, PAD]]


def test_decoding_ends_at_the_limit_the_context_or_the_end_token():
    ours = model()
    assert len(greedy_continue(ours, [BOS], 3)) <= 3
    whole = greedy_continue(ours, [BOS], 100)
    assert len(whole) == TOY.max_tokens or whole[-1] == EOS
    assert greedy_continue(ours, [BOS, *whole[:2]], 100) == whole[2:]
    assert EOS not in whole[:-1]
    with torch.no_grad():
        ours.head.weight.copy_(torch.zeros_like(ours.head.weight))
        ours.head.weight[EOS] = ours.hidden(torch.tensor([[BOS]]))[0, 0]
    assert greedy_continue(ours, [BOS], 100) == [EOS]


def test_each_prose_text_is_in_one_part_and_near_copies_in_the_same():
    words = ["x" * i for i in range(1, 300)]
    texts = [f"Opens the {word} file{end}" for word in words for end in (".", ":", "", ".")]
    corpus = split([*texts, "=SUM(A1:B2;3)"])
    parts = (corpus.train, corpus.valid, corpus.test)
    assert all(parts) and sorted(sum(parts, [])) == sorted(set(texts))
    train, valid, test = ({group_key(text) for text in part} for part in parts)
    assert not train & valid and not train & test and not valid & test


def test_paragraphs_of_english_pages_are_read(tmp_path: Path):
    for language, text in (("en-US", "Opens\u00a0the file."), ("de", "Öffnet die Datei.")):
        (tmp_path / language).mkdir()
        page = f'<p id="a">{text}</p><p class="code" id="b">Print this text</p>'
        (tmp_path / language / "page.html").write_text(page, "utf-8")
    corpus = load_corpus(tmp_path)
    assert corpus.train + corpus.valid + corpus.test == ["Opens the file."]


def test_only_texts_that_fit_the_context_are_used(tmp_path: Path):
    texts = ["open the file", "close the file", "open it and close it and open it"]
    vocabulary = load_vocabulary(train_vocabulary(texts, 36))
    work = Work(tmp_path, split(texts), vocabulary, max_tokens=len(vocabulary.encode(texts[0])) + 1)
    (first, *others) = work.tokens(texts)
    assert first == [BOS, *vocabulary.encode(texts[0]), EOS] and len(others) < 2
    assert len(first) == work.max_tokens + 1


def test_a_prompt_is_a_third_of_a_text_and_at_least_a_token_of_it():
    assert prompt_of([BOS, 5, 6, 7, 8, 9, 10, 11, EOS]) == [BOS, 5, 6]
    assert prompt_of([BOS, 5, EOS]) == [BOS, 5]


def test_evaluation_shows_perplexities_and_texts_that_go_on(tmp_path: Path):
    words = "the file table page opens closes prints copies".split()
    texts = [f"{a} {b} {c}" for a in words for b in words for c in words if a < b]
    vocabulary = load_vocabulary(train_vocabulary(texts, 40))
    work = Work(tmp_path, split(texts), vocabulary, TOY.max_tokens)
    tokens = work.tokens(texts)
    Trainer(RECIPE, tokens[:60], tokens[:9], tmp_path).run()
    trained, _ = load_model(tmp_path / "dense.npz")
    expected = math.exp(mean_loss(trained, tokens[:9]))
    assert perplexity(work, "dense", tokens[:9]) == expected
    table = quality_table([("dense, float32", expected)])
    assert table.splitlines()[-1] == f"| dense, float32 | {expected:.2f} |"
    first = samples(work, ["dense"], tokens).splitlines()
    prompt = vocabulary.decode(prompt_of(tokens[0]))
    assert first[0] == f"- {prompt} …"
    assert first[1] == f"  - the help: …{texts[0][len(prompt):]}"
    assert first[2].startswith("  - dense: …") and len(first) == 12 * 3


def test_missing_help_pages_say_what_to_install(tmp_path: Path):
    arguments = argparse.Namespace(work=tmp_path / "work", help_folder=tmp_path)
    with pytest.raises(SystemExit, match="install libreoffice-help-en-us"):
        open_work(arguments, TOY)
    assert not (tmp_path / "work").exists()


def test_missing_checkpoint_says_what_to_run(tmp_path: Path):
    vocabulary = load_vocabulary(train_vocabulary(["open the file", "close the file"], 26))
    with pytest.raises(SystemExit, match="pruned80.npz is missing: run .*language.train"):
        Work(tmp_path, split([]), vocabulary, 12).checkpoint("pruned80")
