"""Reference outputs of exported networks, as docs/trace-format.md wants them."""

import numpy as np
import plain_judge
import pytest

pytest.importorskip("torch", reason="python3-torch is not installed")

from exported_networks import BOS, EOS, TOKENS, exported  # noqa: E402

from scripts.export.graph.float_operators import run  # noqa: E402


def rows(tensors, name):
    offsets = tensors[f"{name}_offsets"]
    assert offsets.dtype == tensors[f"{name}_tokens"].dtype == np.int32
    assert offsets[0] == 0 and offsets[-1] == len(tensors[f"{name}_tokens"])
    return [tensors[f"{name}_tokens"][a:b].tolist() for a, b in zip(offsets, offsets[1:])]


def points(trace):
    for point in trace.reference["points"]:
        yield point["sample"], point["operator"], trace.tensors[point["tensor"]]


def test_images_are_stored_in_int8():
    trace = exported("Vgg").trace
    inputs = trace.tensors["reference.inputs.input"]
    assert inputs.dtype == np.int8 and inputs.shape == (32, 3, 16, 16)
    assert trace.reference["samples"] == len(trace.tensors["reference.labels"]) == 32
    assert trace.model["inputs"] == [{"name": "input", "shape": [3, 16, 16]}]


@pytest.mark.parametrize("name", ["Vgg", "UNet", "Bert"])
def test_points_hold_the_first_sample_and_every_output(name):
    trace = exported(name).trace
    found = list(points(trace))
    first = [operator for sample, operator, _ in found if sample == 0]
    assert first == [o["name"] for o in trace.operators]
    for output in trace.model["outputs"]:
        assert [s for s, o, _ in found if o == output] == list(range(trace.reference["samples"]))
    kinds = {o["name"]: o["kind"] for o in trace.operators}
    for _, operator, tensor in found:
        assert tensor.dtype == (np.int32 if kinds[operator] == "logits" else np.int8)


def test_a_decoder_goes_on_from_its_prompts():
    trace = exported("GPT-2").trace
    prompts, produced = rows(trace.tensors, "reference.prompt"), rows(trace.tensors, "reference.target")
    head = trace.operators[-1]["name"]
    for prompt, tokens, allowed in zip(prompts, produced, trace.tensors["reference.allowed_tokens"]):
        assert len(tokens) == allowed or tokens[-1] == EOS
        outputs = plain_judge.outputs(trace, {"prompt": [*prompt, *tokens[:-1]]})
        assert outputs[head][len(prompt) - 1 :].argmax(1).tolist() == tokens
    for sample, operator, tensor in points(trace):
        assert sample == 0 and operator != head
        rows_of_it = len(prompts[0]) + len(produced[0]) - 1
        assert rows_of_it in tensor.shape


def test_a_translator_starts_with_bos():
    export = exported("Translator")
    tensors, head = export.trace.tensors, export.trace.operators[-1]["name"]
    sources, produced = rows(tensors, "reference.source"), rows(tensors, "reference.target")
    same = []
    for source, tokens in zip(sources, produced):
        assert len(tokens) == min(2 * len(source) + 10, TOKENS) or tokens[-1] == EOS
        inputs = {"source": np.array(source), "target": np.array([BOS, *tokens[:-1]])}
        assert plain_judge.outputs(export.trace, inputs)[head].argmax(1).tolist() == tokens
        exact = run(export.network, inputs)[export.network.operators[-1]]
        same += (exact.argmax(1) == tokens).tolist()
    assert np.mean(same) > 0.9
