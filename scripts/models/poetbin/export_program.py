"""Writes the student of a finished work folder as a LUT program with vectors of the test images.

    /usr/bin/python3 -m scripts.models.poetbin.export_program build/poetbin/digits-digits digits.safetensors

One work folder gives one file, byte by byte. PyTorch is not needed. Data that Debian does not
package need --source and --licence.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.base.packages import need

need("numpy")

from scripts.base import terminal  # noqa: E402
from scripts.export.lut_evaluation import verify_vectors  # noqa: E402
from scripts.export.lut_file import write_program  # noqa: E402
from scripts.export.lut_program import LutProgram  # noqa: E402
from scripts.export.metadata import Origin  # noqa: E402
from scripts.models.arrays import read_arrays  # noqa: E402
from scripts.models.poetbin import output_layer  # noqa: E402
from scripts.models.poetbin.recipe import Recipe  # noqa: E402
from scripts.models.poetbin.rinc_program import golden_vectors, rinc_program  # noqa: E402
from scripts.models.poetbin.student import load_student  # noqa: E402

PACKAGED = {  # data, their source and licence
    "digits": (
        "scikit-learn's digits (E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten "
        "Digits, UCI), Debian package python3-sklearn",
        "CC-BY-4.0",
    ),
    "fashion-mnist": (
        "Fashion-MNIST (H. Xiao, K. Rasul and R. Vollgraf, 2017), Debian package "
        "dataset-fashion-mnist",
        "MIT",
    ),
}


def export(
    folder: Path, name: str, source: str, licence: str, vectors: int | None, levels: int | None
) -> LutProgram:
    """With the first `vectors` test images, every level's outputs for the first `levels` of them."""
    layer = output_layer.load(folder / "output.npz")
    student = load_student(folder / "student", layer.weights.size)
    tables = layer.tables(Recipe.score_bits)
    bits = read_arrays(folder / "bits.npz")
    rows, labels = bits["test_features"][:vectors], bits["test_labels"][:vectors]
    origin = Origin(
        model=f"PoET-BiN classifier, {student.lut_counts[0]} trees of {layer.weights.shape[1]} "
        f"features for {student.lut_counts[-1]} neurons",
        framework="PyTorch and numpy",
        exporter="scripts/models/poetbin/export_program.py",
        source=source,
        licence=licence,
        notes="without the extractor of the features; made as scripts/models/poetbin/README.md says",
    )
    program = rinc_program(student, tables, rows.shape[1], name, origin)
    stored = len(rows) if levels is None else levels
    program.vectors = golden_vectors(student, tables, rows, labels, stored)
    program.stimulus = f"features of the first {len(rows)} test images, in the order of the data"
    return program


def parse_arguments(words: list[str] | None) -> argparse.Namespace:
    parser = terminal.Parser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("work", type=Path, help="the trainer's work folder")
    parser.add_argument("output", type=Path, help="program to write")
    parser.add_argument("--source", help="where the data come from")
    parser.add_argument("--licence", help="of the data")
    parser.add_argument("--name", help="of the program (default: that of the file)")
    parser.add_argument("--vectors", type=int, help="test images (default: all)")
    parser.add_argument("--level-vectors", type=int, help="with outputs of every level")
    return parser.parse_args(words)


def data_of(folder: Path) -> str:
    """The trainer's --data, which the folder was made from."""
    path = folder / "recipe.txt"
    if not (folder / "output.npz").is_file():
        raise SystemExit(f"{folder} is no finished work folder: run scripts.models.poetbin.train")
    return path.read_text("utf-8").split("\n")[0]


def main(words: list[str] | None = None) -> None:
    arguments = parse_arguments(words)
    source, licence = PACKAGED.get(data_of(arguments.work), (None, None))
    source, licence = arguments.source or source, arguments.licence or licence
    if source is None or licence is None:
        raise SystemExit("--source and --licence: say where the data come from")
    name = arguments.name or arguments.output.stem
    program = export(
        arguments.work, name, source, licence, arguments.vectors, arguments.level_vectors
    )
    verify_vectors(program, str(arguments.output))
    write_program(arguments.output, program)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    terminal.run("export_program", main)
