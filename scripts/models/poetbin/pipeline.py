"""All stages in a work folder: what is there is not computed again."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import torch

from scripts.models.arrays import read_arrays, write_arrays
from scripts.models.image_sets import Dataset
from scripts.models.poetbin.network_training import NetworkTrainer, accuracy
from scripts.models.poetbin.networks import KINDS, Network
from scripts.models.poetbin import output_layer
from scripts.models.poetbin.output_layer import OutputLayer, table_scores
from scripts.models.poetbin.output_layer import accuracy as score_accuracy
from scripts.models.poetbin.output_training import train_output_layer
from scripts.models.poetbin.recipe import Recipe
from scripts.models.poetbin.report import Report, Stage, Times
from scripts.models.poetbin.student import student_times, train_student
from scripts.models.poetbin.teacher_bits import TeacherBits, teacher_bits
from scripts.models.poetbin.trees import Samples


class Pipeline:
    """Leaves <network>.npz, bits.npz, student/, output.npz and report.json in the folder."""

    def __init__(self, recipe: Recipe, source: str, data: Dataset, folder: Path) -> None:
        self.recipe, self.data, self.folder = recipe, data, folder
        folder.mkdir(parents=True, exist_ok=True)
        identity = folder / "recipe.txt"
        text = f"{source}\n{recipe!r}\n"
        if identity.exists() and identity.read_text() != text:
            raise SystemExit(f"{folder} belongs to another recipe; choose a new --work folder")
        identity.write_text(text)

    def run(self, jobs: int = 1) -> Report:
        stages = []
        for kind in KINDS:
            trainer = NetworkTrainer(kind, self.recipe, self.data, self.folder)
            network = trainer.run()
            test = accuracy(network, trainer.pixels, self.data.test)
            stages.append(Stage(kind, test, trainer.times))
        path = self.folder / "bits.npz"
        bits = teacher_bits(network, trainer.pixels, self.data, self.recipe, path)
        report = self._learn(network, bits, stages, jobs)
        report.write(self.folder / "report.json")
        return report

    def _learn(
        self, teacher: Network, bits: TeacherBits, stages: list[Stage], jobs: int
    ) -> Report:
        train, test = Samples(bits.train_features), Samples(bits.test_features)
        folder = self.folder / "student"
        student = train_student(train, bits.train_bits, self.recipe, folder, jobs)
        train_bits, test_bits = student.outputs(train), student.outputs(test)
        layer, times = self._output_layer(train_bits, bits.train_labels)
        stages = [
            *stages,
            self._student_stage(teacher, test_bits, bits.test_labels, student_times(folder)),
            *self._output_stages(layer, test_bits, bits.test_labels, times),
        ]
        output_luts = self.data.classes * self.recipe.score_bits
        neurons = bits.train_bits.shape[1]
        return Report(
            stages,
            100 * float(np.mean(train_bits == bits.train_bits)),
            100 * float(np.mean(test_bits == bits.test_bits)),
            [*student.lut_counts, output_luts],
            [neurons * n for n in self.recipe.shape.lut_counts(self.recipe.inputs)] + [output_luts],
        )

    def _output_layer(self, bits: np.ndarray, labels: np.ndarray) -> tuple[OutputLayer, Times]:
        path = self.folder / "output.npz"
        if not path.exists():
            recipe = self.recipe
            layer, times = train_output_layer(
                bits, labels, recipe.inputs, recipe.output, recipe.seed
            )
            write_arrays(path, vars(layer) | vars(times))
        arrays = read_arrays(path)
        names = (f.name for f in fields(Times))
        return output_layer.load(path), Times(*(float(arrays[name]) for name in names))

    @torch.no_grad()
    def _student_stage(
        self, teacher: Network, bits: np.ndarray, labels: np.ndarray, times: Times
    ) -> Stage:
        scores = teacher.output(torch.from_numpy(bits).float()).numpy()
        return Stage("student, teacher's output layer", score_accuracy(scores, labels), times)

    def _output_stages(
        self, layer: OutputLayer, bits: np.ndarray, labels: np.ndarray, times: Times
    ) -> list[Stage]:
        q = self.recipe.score_bits
        scores = table_scores(layer.tables(q), bits)
        return [
            Stage("output layer retrained", score_accuracy(layer.sums(bits), labels), times),
            Stage(f"output layer in {q} bits", score_accuracy(scores, labels), None),
        ]
