"""Students of the PoET-BiN trainer as LUT programs: the file computes what the student computes."""

import numpy as np
import pytest

from scripts.export.lut_evaluation import all_scores, signals, verify_vectors
from scripts.export.lut_file import check, read_program
from scripts.export.lut_program import unpack_rows
from scripts.export.metadata import Origin
from scripts.models.poetbin import cascade, export_program, trees
from scripts.models.poetbin.boosting import Booster, Shape
from scripts.models.poetbin.output_layer import OutputLayer, table_scores
from scripts.models.poetbin.report import Times
from scripts.models.poetbin.rinc_program import golden_vectors, rinc_program
from scripts.models.poetbin.student import neuron_path, student_times
from scripts.models.poetbin.trees import Samples, TreeRule

P, CLASSES, FEATURES = 3, 2, 17
NEURONS = P * CLASSES
ORIGIN = Origin("test", "numpy", "test", "random", "none")


def bits_of(samples, seed):
    return np.random.default_rng(seed).integers(0, 2, (samples, FEATURES), np.uint8)


def modules(levels, count):
    """Neurons 0 and 3 learn a single feature, so their boosting stops early."""
    rows = bits_of(150, 1)
    targets = [rows[:, n] if n % 3 == 0 else rows[:, n : n + 7].sum(1) > 3 for n in range(NEURONS)]
    grow = trees.grow_tree
    for target in targets:
        booster = Booster(Samples(rows), target.astype(np.uint8), TreeRule(P), grow)
        yield booster.train(Shape(levels, count)).module


def student(levels, count):
    return cascade.join([cascade.flatten([module]) for module in modules(levels, count)])


def output_layer():
    random = np.random.default_rng(5)
    return OutputLayer(random.uniform(-1, 1, (CLASSES, P)), random.uniform(-1, 1, CLASSES))


def program_of(trained):
    tables = output_layer().tables(8)
    program = rinc_program(trained, tables, FEATURES, "toy", ORIGIN)
    rows = bits_of(90, 2)
    program.vectors = golden_vectors(trained, tables, rows, np.zeros(90), 40)
    program.stimulus = "random bits"
    return program, rows


@pytest.mark.parametrize("levels, count", [(0, 1), (1, 3), (1, 2), (2, 7), (2, 9), (3, 14)])
def test_program_computes_what_the_student_computes(levels, count):
    trained = student(levels, count)
    program, rows = program_of(trained)
    check(program, "toy")
    neurons = program.levels[-2]
    first = program.first_signal(len(program.levels) - 2)
    values = signals(program, rows)[first : first + neurons.luts].T
    assert np.array_equal(values, trained.outputs(Samples(rows)))
    expected = table_scores(output_layer().tables(8), values)
    assert np.array_equal(all_scores(program, program.vectors.inputs), expected)
    verify_vectors(program, "toy")
    assert len(program.vectors.levels) == len(program.levels) == levels + 2


def test_root_is_the_last_pin_and_member_k_is_pin_k():
    trained = student(2, 7)
    program, _ = program_of(trained)
    level = program.levels[0]
    assert np.array_equal(level.sources[:, -1], trained.features[:, 0])
    assert np.array_equal(level.table_bits(), trained.tables[0])
    members = trained.counts[0]
    assert program.levels[1].sources[1].tolist() == [
        program.inputs + int(members[0]) + k if k < members[1] else -1 for k in range(P)
    ]


@pytest.mark.parametrize(
    "levels, count, names",
    [
        (0, 1, [["neuron"]]),
        (1, 3, [["neuron", "tree"], ["neuron"]]),
        (2, 7, [["neuron", "group", "tree"], ["neuron", "group"], ["neuron"]]),
    ],
)
def test_instances_are_named_by_neuron_group_and_tree(levels, count, names):
    program, _ = program_of(student(levels, count))
    assert [v.label_names for v in program.levels] == [*names, ["class", "bit"]]
    for level in program.levels:
        assert len(np.unique(level.labels, axis=0)) == level.luts
    for upper, lower in zip(program.levels[1:], program.levels[:-1]):
        if upper.name != "scores":
            first = program.first_signal(program.levels.index(lower))
            for labels, sources in zip(upper.labels, upper.sources):
                for pin, signal in enumerate(sources[sources >= 0] - first):
                    assert lower.labels[signal].tolist() == [*labels, pin]
        else:
            assert lower.labels[upper.sources[8 * 1 + 2] - program.first_signal(levels)].tolist() == [
                [3], [4], [5]
            ]  # fmt: skip


def work_folder(folder, data="digits"):
    (folder / "student").mkdir(parents=True)
    for n, module in enumerate(modules(2, 7)):
        path = neuron_path(folder / "student", n)
        cascade.save(cascade.flatten([module]), path)
    layer = output_layer()
    np.savez(folder / "output.npz", weights=layer.weights, biases=layer.biases)
    labels = np.arange(90) % CLASSES
    np.savez(folder / "bits.npz", test_features=bits_of(90, 2), test_labels=labels)
    (folder / "recipe.txt").write_text(f"{data}\nRecipe()\n")
    return folder


def test_work_folder_becomes_a_file_that_proves_itself(tmp_path, capsys):
    folder, path = work_folder(tmp_path / "work"), tmp_path / "toy.safetensors"
    export_program.main([str(folder), str(path), "--level-vectors", "30"])
    program = read_program(path)
    verify_vectors(program, str(path))
    assert program.name == "toy" and "python3-sklearn" in program.origin.source
    assert program.stimulus == "features of the first 90 test images, in the order of the data"
    assert program.vectors.labels.tolist() == [i % CLASSES for i in range(90)]
    assert np.array_equal(unpack_rows(program.vectors.inputs, FEATURES), bits_of(90, 2))
    assert [len(rows) for rows in program.vectors.levels] == [30] * 4
    again = tmp_path / "again.safetensors"
    words = [str(folder), str(again), "--level-vectors", "30", "--name", "toy"]
    export_program.main(words)
    assert again.read_bytes() == path.read_bytes()


def test_fewer_vectors_and_none_with_levels(tmp_path):
    folder, path = work_folder(tmp_path / "work"), tmp_path / "toy.safetensors"
    export_program.main([str(folder), str(path), "--vectors", "20", "--level-vectors", "0"])
    vectors = read_program(path).vectors
    assert len(vectors.inputs) == 20 and vectors.levels == []


def test_source_of_own_data_must_be_given(tmp_path):
    folder, path = work_folder(tmp_path / "work", "faces.npz"), tmp_path / "toy.safetensors"
    with pytest.raises(SystemExit, match="say where the data come from"):
        export_program.main([str(folder), str(path)])
    export_program.main([str(folder), str(path), "--source", "my faces", "--licence", "mine"])
    assert read_program(path).origin.licence == "mine"


def test_unfinished_work_folder_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="is no finished work folder"):
        export_program.main([str(tmp_path), str(tmp_path / "toy.safetensors")])


def test_clock_time_of_the_tree_stage_counts_what_ran_side_by_side_once(tmp_path):
    spans = [(5.0, 7.0), (0.0, 2.0), (1.0, 3.0), (1.5, 1.8), (20.0, 21.0)]
    for n, span in enumerate(spans):
        np.savez(neuron_path(tmp_path, n), cpu_seconds=2.0, span=span)
    assert student_times(tmp_path) == Times(10.0, 3.0 + 2.0 + 1.0)
