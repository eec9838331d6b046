"""Training, pruning and decoding of the translation model, on a toy of 40 words."""

import dataclasses
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs Debian's python3-torch")
pytest.importorskip("sentencepiece", reason="needs Debian's python3-sentencepiece")

from scripts.models import checkpoint  # noqa: E402
from scripts.models.pruning import prunable_matrices, prune  # noqa: E402
from scripts.models.staged_training import Stage, learning_rate  # noqa: E402
from scripts.models.text.batches import buckets  # noqa: E402
from scripts.models.text.vocabulary import BOS, EOS, PAD  # noqa: E402
from scripts.models.translation.batches import lengths, to_batch, training_batches  # noqa: E402
from scripts.models.translation.model import (  # noqa: E402
    ModelConfig,
    TranslationModel,
    greedy_decode,
    max_target_tokens,
)
from scripts.models.translation.recipe import Recipe  # noqa: E402
from scripts.models.translation.training import Trainer, load_model  # noqa: E402

TOY = ModelConfig(vocabulary=40, d_model=16, heads=2, d_ff=32, layers=1, max_tokens=16)
STAGES = (
    Stage("dense", 0.0, 2, 3e-3),
    Stage("pruned50", 0.5, 1, 1e-3),
    Stage("pruned80", 0.8, 1, 1e-3),
)
RECIPE = Recipe(model=TOY, stages=STAGES, batch_tokens=64, warm_up_steps=10)


def pairs(count: int, seed: int = 0) -> list:
    """The target repeats the source, one number higher."""
    generator = torch.Generator().manual_seed(seed)
    result = []
    for _ in range(count):
        length = int(torch.randint(2, 9, (1,), generator=generator))
        words = torch.randint(4, 39, (length,), generator=generator).tolist()
        result.append((words + [EOS], [word + 1 for word in words] + [EOS]))
    return result


def train(folder: Path, *epochs: int) -> dict:
    """One Trainer for each number of epochs, each going on where the last one stopped."""
    folder.mkdir()
    for count in epochs:
        Trainer(RECIPE, pairs(40), pairs(5, seed=1), folder).run(count)
    return checkpoint.load(folder / "progress.npz")


def test_resumed_run_gives_the_same_result_as_an_uninterrupted_one(tmp_path: Path):
    whole, parts = train(tmp_path / "whole", 4), train(tmp_path / "parts", 1, 1, 1, 1)
    for name, tensor in whole["model"].items():
        assert torch.equal(tensor, parts["model"][name]), name
    assert whole["masks"].keys() == parts["masks"].keys() != set()


def test_a_finished_run_has_nothing_left_to_do(tmp_path: Path):
    before = train(tmp_path / "run", 4)
    Trainer(RECIPE, pairs(40), pairs(5, seed=1), tmp_path / "run").run()
    after = checkpoint.load(tmp_path / "run/progress.npz")
    assert before["cpu_seconds"] == after["cpu_seconds"]


def test_folder_of_another_recipe_is_refused(tmp_path: Path):
    train(tmp_path / "run", 1)
    other = dataclasses.replace(RECIPE, seed=99)
    with pytest.raises(SystemExit, match="another recipe"):
        Trainer(other, pairs(40), pairs(5), tmp_path / "run")


def test_every_stage_keeps_its_sparsity_through_fine_tuning(tmp_path: Path):
    train(tmp_path / "run", 4)
    for stage in STAGES[1:]:
        model, masks = load_model(tmp_path / f"run/{stage.name}.npz")
        for name, weight in prunable_matrices(model):
            assert not weight[~masks[name]].any(), name
            assert int((~masks[name]).sum()) == round(stage.sparsity * weight.numel()), name


def test_fine_tuning_changes_the_kept_weights(tmp_path: Path):
    train(tmp_path / "run", 4)
    dense, _ = load_model(tmp_path / "run/dense.npz")
    pruned, masks = load_model(tmp_path / "run/pruned50.npz")
    before = dict(prunable_matrices(dense))
    for name, weight in prunable_matrices(pruned):
        assert not torch.equal(weight[masks[name]], before[name][masks[name]]), name


def test_pruning_takes_the_smallest_weights_of_each_matrix():
    model = TranslationModel(TOY)
    before = {name: weight.clone() for name, weight in prunable_matrices(model)}
    for name, mask in prune(model, 0.7).items():
        assert before[name][mask].abs().min() >= before[name][~mask].abs().max()


def test_pruned_matrices_are_all_linear_weights_and_no_embedding():
    model = TranslationModel(TOY)
    matrices = dict(prunable_matrices(model))
    weights = sum(p.numel() for p in model.parameters() if p.dim() == 2)
    assert sum(w.numel() for w in matrices.values()) == weights - model.embedding.weight.numel()
    some = {"encoder.layers.0.self_attn.q", "decoder.layers.0.multihead_attn.out_proj", "generator"}
    assert some < matrices.keys()


def test_batches_hold_every_pair_once_and_stay_within_the_limit():
    data = pairs(50)
    groups = buckets(lengths(data), 64, list(range(50)))
    assert sorted(i for group in groups for i in group) == list(range(50))
    for source, target, _ in training_batches(data, 64, seed=3):
        assert max(source.numel(), target.numel()) <= 64


def test_decoder_input_is_the_target_moved_by_one():
    source, target, expected = to_batch([([5, EOS], [6, 7, EOS]), ([8, 9, EOS], [4, EOS])])
    assert source.tolist() == [[5, EOS, PAD], [8, 9, EOS]]
    assert target.tolist() == [[BOS, 6, 7], [BOS, 4, PAD]]
    assert expected.tolist() == [[6, 7, EOS], [4, EOS, PAD]]


def test_greedy_decoding_of_a_batch_equals_that_of_single_sentences():
    torch.manual_seed(5)
    model = TranslationModel(TOY).eval()
    sources = [source for source, _ in pairs(6)]
    outputs = greedy_decode(model, sources)
    assert outputs == [greedy_decode(model, [source])[0] for source in sources]
    for source, output in zip(sources, outputs):
        assert output[-1] == EOS or len(output) == max_target_tokens(len(source), TOY)
        assert EOS not in output[:-1]


def test_learning_rate_rises_to_the_peak_and_falls_to_its_final_share():
    stage = STAGES[0]
    rates = [learning_rate(stage, RECIPE, step, 100) for step in range(101)]
    assert max(rates) == rates[9] == rates[10] == stage.peak_rate
    assert rates[0] == pytest.approx(stage.peak_rate / 10)
    assert rates[100] == pytest.approx(stage.peak_rate * RECIPE.final_rate)
