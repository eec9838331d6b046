"""Files of LUT programs: reading, checking and writing. The format is docs/lut-program.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from scripts.export import lut_rules, safetensors
from scripts.export.lut_program import LutLevel, LutProgram, LutVectors
from scripts.export.metadata import Origin, check_origin, parse_parts, written_parts
from scripts.export.safetensors import Metadata, Tensors

SCHEMA = "lockstep-luts-1"
PARTS = ("program", "origin")


def write_program(path: Path, program: LutProgram) -> None:
    """Checks the program, then writes it in one step: `path` never holds half a program."""
    check(program, str(path))
    safetensors.write(path, metadata_of(program), tensors_of(program))


def read_program(path: Path, most_fan_in: int = lut_rules.MAX_FAN_IN) -> LutProgram:
    """A program of which every rule was checked; TraceError names the first broken one."""
    return program_of(*safetensors.read(path), str(path), most_fan_in)


def program_of(
    metadata: Metadata, tensors: Tensors, file: str, most_fan_in: int = lut_rules.MAX_FAN_IN
) -> LutProgram:
    """The same of what stands in a file already read."""
    description, origin = parse_parts(metadata, (SCHEMA,), PARTS, file)
    check_origin(origin, file)
    lut_rules.check(description, tensors, file, most_fan_in)
    return _assembled(description, origin, tensors)


def check(program: LutProgram, file: str) -> None:
    """All rules of the format that lie above the file layout."""
    check_origin(vars(program.origin), file)
    lut_rules.check(description_of(program), tensors_of(program), file)


def metadata_of(program: LutProgram) -> Metadata:
    parts = {"program": description_of(program), "origin": vars(program.origin)}
    return written_parts(SCHEMA, parts)


def description_of(program: LutProgram) -> dict[str, Any]:
    levels = [
        {"name": v.name, "fan_in": v.fan_in, "luts": v.luts, "labels": list(v.label_names)}
        for v in program.levels
    ]
    return {
        "name": program.name,
        "inputs": program.inputs,
        "classes": program.classes,
        "score_bits": program.score_bits,
        "signed_scores": program.signed_scores,
        "levels": levels,
        "stimulus": program.stimulus,
    }


def tensors_of(program: LutProgram) -> Tensors:
    tensors: dict[str, np.ndarray | None] = {"outputs": program.outputs}
    for k, level in enumerate(program.levels):
        for name in ("sources", "tables", "labels"):
            tensors[f"level.{k}.{name}"] = getattr(level, name)
    if program.vectors is not None:
        for name in ("inputs", "scores", "labels"):
            tensors[f"vectors.{name}"] = getattr(program.vectors, name)
        for k, rows in enumerate(program.vectors.levels):
            tensors[f"vectors.level.{k}"] = rows
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def _assembled(description: dict[str, Any], origin: dict[str, str], tensors: Tensors) -> LutProgram:
    levels = [
        LutLevel(
            entry["name"],
            tensors[f"level.{k}.sources"],
            tensors[f"level.{k}.tables"],
            entry["labels"],
            tensors.get(f"level.{k}.labels"),
        )
        for k, entry in enumerate(description["levels"])
    ]
    vectors = None
    if "vectors.inputs" in tensors:
        stored = [tensors.get(f"vectors.level.{k}") for k in range(len(levels))]
        vectors = LutVectors(
            tensors["vectors.inputs"],
            tensors["vectors.scores"],
            stored if any(rows is not None for rows in stored) else [],
            tensors.get("vectors.labels"),
        )
    return LutProgram(
        description["name"],
        description["inputs"],
        levels,
        tensors["outputs"],
        Origin(**origin),
        description["stimulus"],
        description["signed_scores"],
        vectors,
    )
