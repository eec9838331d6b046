"""The whole PoET-BiN training on a toy: results, interruption, and what is refused."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs Debian's python3-torch")

from scripts.models.poetbin import recipe, student, tree_library, train  # noqa: E402
from scripts.models.poetbin.pipeline import Pipeline  # noqa: E402
from scripts.models.poetbin.recipe import OutputRecipe, Run  # noqa: E402
from poetbin_toy import DATA  # noqa: E402

TOY = replace(
    recipe.M1,
    hidden=(16,),
    inputs=3,
    trees=4,
    runs=(Run(6, 0.05),),
    batch=15,
    output=OutputRecipe(50, 100, 0.01),
)
pytestmark = pytest.mark.skipif(
    not tree_library.library_path().is_file(), reason="needs the CMake target poetbin_trees"
)


def run(folder):
    return Pipeline(TOY, "toy", DATA, folder).run()


def test_report_has_every_stage_and_counts_the_tables(tmp_path):
    report = run(tmp_path)
    names = [stage.name for stage in report.stages]
    assert names[:3] == ["vanilla", "binary", "teacher"] and len(names) == 6
    assert all(stage.test_accuracy_percent > 85 for stage in report.stages), report
    assert report.full_luts == [9 * 4, 9 * 2, 9, 3 * 8]
    assert all(ours <= full for ours, full in zip(report.luts, report.full_luts))
    assert json.loads((tmp_path / "report.json").read_text())["luts"] == report.luts
    assert [stage.times is None for stage in report.stages] == [False] * 5 + [True]
    assert all(0 < s.times.cpu_seconds and 0 < s.times.wall_seconds for s in report.stages[:5])
    assert "| teacher | " in report.markdown()


@pytest.mark.parametrize(
    "levels, trees, luts", [(0, 1, [9]), (1, 3, [27, 9]), (3, 10, [90, 36, 18, 9])]
)
def test_modules_of_other_depths_are_trained_too(tmp_path, levels, trees, luts):
    report = Pipeline(replace(TOY, levels=levels, trees=trees), "toy", DATA, tmp_path).run()
    assert report.full_luts == [*luts, 24]
    assert report.stages[-1].test_accuracy_percent > 60


def test_finished_run_is_read_again_not_computed_again(tmp_path, monkeypatch):
    first = run(tmp_path)
    monkeypatch.setattr(student, "_train_neuron", None)
    assert run(tmp_path) == first


def test_tree_stage_goes_on_with_the_neurons_that_are_missing(tmp_path):
    first = run(tmp_path)
    kept = tmp_path / "student/neuron-003.npz"
    before = {p.name: p.read_bytes() for p in (tmp_path / "student").iterdir()}
    for path in (tmp_path / "student").iterdir():
        if path != kept:
            path.unlink()
    assert run(tmp_path).luts == first.luts
    assert kept.read_bytes() == before[kept.name]
    for path in (tmp_path / "student").iterdir():
        with np.load(path) as after:
            assert len(after["tables0"]) > 0


def test_number_of_threads_does_not_change_the_student(tmp_path):
    generator = np.random.default_rng(2)
    samples = student.Samples(generator.integers(0, 2, (200, 20), np.uint8))
    bits = samples.rows[:, :5] ^ samples.rows[:, 5:10]
    one, two = (
        student.train_student(samples, bits, TOY, tmp_path / str(jobs), jobs) for jobs in (1, 2)
    )
    assert np.array_equal(one.features, two.features)
    assert all(np.array_equal(a, b) for a, b in zip(one.tables, two.tables))


def test_folder_of_another_recipe_is_refused(tmp_path):
    Pipeline(TOY, "toy", DATA, tmp_path)
    with pytest.raises(SystemExit, match="another recipe"):
        Pipeline(replace(TOY, mass_weighted=True), "toy", DATA, tmp_path)


def parsed(monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["train", *options])
    return train.recipe_of(train.parse_arguments())


def test_options_change_the_preset(monkeypatch):
    options = ("--preset", "C1", "--inputs", "7", "--trees", "20", "--epochs", "3")
    plan = parsed(monkeypatch, *options, "--output-epochs", "5", "--mass-weighted")
    assert (plan.inputs, plan.trees, plan.levels, plan.hidden) == (7, 20, 2, (4096, 4096))
    assert [run.epochs for run in plan.runs] == [3, 3, 3]
    assert plan.output.epochs == 5 and plan.rule.mass_weighted


def test_trees_that_do_not_fit_are_refused(monkeypatch):
    with pytest.raises(SystemExit, match="40 trees do not fit 1 levels of 8 inputs: 1 to 8 do"):
        parsed(monkeypatch, "--preset", "C1", "--levels", "1")


def test_tables_that_are_too_large_are_refused_before_anything_is_trained(monkeypatch):
    with pytest.raises(SystemExit, match="13 inputs are too large: at most 12"):
        parsed(monkeypatch, "--inputs", "13")


@pytest.mark.parametrize("option", ["--jobs", "--epochs", "--trees"])
def test_zero_is_refused_where_a_number_counts_something(monkeypatch, capsys, option):
    with pytest.raises(SystemExit):
        parsed(monkeypatch, option, "0")
    assert f"argument {option}: 0 is not 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize(
    "preset, luts",
    [("M1", [2560, 320, 80]), ("C1", [3200, 400, 80]), ("S1", [2160, 360, 60])],
)
def test_presets_have_the_published_numbers_of_tables(preset, luts):
    plan = recipe.PRESETS[preset]
    assert [10 * plan.inputs * n for n in plan.shape.lut_counts(plan.inputs)] == luts
