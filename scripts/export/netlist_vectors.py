"""What an imported netlist is run on: vectors from a text file, or drawn ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scripts.base import input_file
from scripts.base.printable import printable
from scripts.export import lut_rules
from scripts.export.errors import ExportError
from scripts.export.lut_evaluation import all_bits
from scripts.export.lut_program import LutProgram, pack_rows

MOST_BYTES = 1 << 30  # of a file, and of packed vectors


def drawn(inputs: int, count: int, seed: int) -> np.ndarray:
    """uint8[count, inputs/8]: bits that are 1 half of the time."""
    width = -(-inputs // 8)
    if count > lut_rules.MAX_SAMPLES or count * width > MOST_BYTES:
        raise ExportError(f"--random {count}: use at most {min(lut_rules.MAX_SAMPLES, MOST_BYTES // width)} vectors")
    rows = np.random.default_rng(seed).integers(0, 256, (count, width), np.uint8)
    if inputs % 8:
        rows[:, -1] &= (1 << inputs % 8) - 1
    return rows


class VectorFile:
    """Lines of input bits, or of input and expected output bits; leftmost is the last input, and the last output.

    inputs: uint8[S, inputs/8]. expected: uint8[S, outputs], or None. lines: of each vector.
    """

    def __init__(self, path: Path, inputs: int, outputs: int):
        self.path = path
        if path.stat().st_size > MOST_BYTES:
            raise ExportError(f"{path}: more than {MOST_BYTES} bytes; split the vectors")
        found: list[tuple[list[bytes], int]] = []
        for number, line in enumerate(input_file.read_bytes(path).split(b"\n"), 1):
            words = line.partition(b"#")[0].replace(b"_", b"").split()
            if words:
                self._check(words, (inputs, outputs), len(found[0][0]) if found else len(words), number)
                found.append((words, number))
        if not found:
            raise ExportError(f"{path}: no vectors; a line holds {inputs} input bits and may hold {outputs} output bits")
        if len(found) > lut_rules.MAX_SAMPLES:
            raise ExportError(f"{path}: more than {lut_rules.MAX_SAMPLES} vectors; split the file")
        self.lines = [number for _, number in found]
        self.inputs = np.concatenate([pack_rows(self._bits([words[0]])) for words, _ in found])
        self.expected = self._bits([words[1] for words, _ in found]) if len(found[0][0]) == 2 else None

    @staticmethod
    def _bits(words: list[bytes]) -> np.ndarray:
        """uint8[S, bits]: the last of each word first."""
        rows = np.frombuffer(b"".join(words), np.uint8).reshape(len(words), -1)
        return rows[:, ::-1] - ord("0")

    def _check(self, words: list[bytes], widths: tuple[int, int], columns: int, line: int) -> None:
        where = f"{self.path}:{line}"
        if len(words) > 2 or len(words) != columns:
            raise ExportError(f"{where}: {len(words)} words; each line holds inputs, or each holds inputs and outputs")
        for word, width, what in zip(words, widths, ("input", "output")):
            if word.strip(b"01"):
                raise ExportError(f"{where}: '{printable(word[:200])}'; use 0 and 1")
            if len(word) != width:
                raise ExportError(f"{where}: {len(word)} {what} bits; the netlist has {width}")

    def compare(self, program: LutProgram, signals: np.ndarray, names: list[str]) -> None:
        """ExportError names the first output that the netlist computes otherwise."""
        if self.expected is None:
            return
        found = all_bits(program, self.inputs, signals)
        wrong = np.argwhere(found != self.expected)
        if len(wrong):
            row, bit = wrong[0]
            raise ExportError(
                f"{self.path}:{self.lines[row]}: output {names[bit]} is {self.expected[row, bit]} here, the netlist gives "
                f"{found[row, bit]}; mend the vector, or say by --outputs which outputs it holds"
            )
