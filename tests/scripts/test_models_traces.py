"""The committed traces of the language model and of the image classifiers hold what their cards say."""

from pathlib import Path

import numpy as np
import pytest

from lockstep_program import ROOT, run_ok
from scripts.export.ragged import rows_of, texts_of
from scripts.export.trace import Trace, read_trace

TRACES = ROOT / "workloads/traces"
MOST_BYTES = 4 << 20
IMAGES = {"fashion-residual": TRACES / "fashion-residual.safetensors",
          "fashion-depthwise": TRACES / "fashion-depthwise.safetensors"}  # fmt: skip
HELP = TRACES / "libreoffice-help.safetensors"
EOS = 3


@pytest.fixture(scope="module")
def language() -> Trace:
    return read_trace(HELP)


@pytest.mark.parametrize("file", [HELP, *IMAGES.values()], ids=lambda file: file.stem)
def test_files_are_small_enough_for_the_repository(file: Path):
    assert file.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("workload", ["language", *IMAGES])
def test_the_program_computes_their_values(workload: str):
    assert "values are what the program computes" in run_ok("check", workload).stdout


@pytest.mark.parametrize("file", IMAGES.values(), ids=IMAGES)
def test_most_of_200_images_are_classified_right(file: Path):
    trace = read_trace(file)
    (output,) = trace.model["outputs"]
    points = [p for p in trace.reference["points"] if p["operator"] == output]
    classes = [int(trace.tensors[p["tensor"]].argmax()) for p in points]
    labels = trace.tensors["reference.labels"]
    assert len(classes) == len(labels) == 200
    assert np.mean(classes == labels) >= 0.86


def test_networks_have_the_parts_that_they_are_named_for():
    residual, depthwise = (read_trace(file).operators for file in IMAGES.values())
    assert sum(operator["kind"] == "add" for operator in residual) == 3
    assert sum(operator.get("groups", 1) > 1 for operator in depthwise) == 5


def test_every_matrix_of_the_language_model_keeps_a_fifth_of_its_weights(language: Trace):
    matrices = [op for op in language.operators if op["kind"] in ("linear", "logits")]
    assert len(matrices) == 3 * 6 + 1
    for operator in matrices:
        weight, mask = language.tensors[operator["weight"]], language.tensors[operator["mask"]]
        kept = int(np.unpackbits(mask).sum())
        assert kept == weight.size - round(0.8 * weight.size), operator["name"]


def test_fifty_prompts_have_texts_and_go_on(language: Trace):
    tensors = language.tensors
    pieces = texts_of("text.vocabulary", tensors)
    prompts, produced = (rows_of(f"reference.{name}_tokens", tensors) for name in ("prompt", "target"))
    texts = texts_of("text.source", tensors)
    assert len(prompts) == len(produced) == len(texts) == len(texts_of("text.human", tensors)) == 50
    for prompt, tokens, text in zip(prompts, produced, texts):
        assert "".join(pieces[i] for i in prompt[1:]).replace("▁", " ").strip() == text
        assert 1 <= len(tokens) <= 24 and EOS not in tokens[:-1]
        assert tokens[-1] == EOS or len(tokens) == min(24, 65 - len(prompt))
