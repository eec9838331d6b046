"""Models of well-known structures are exported without edits, compute in int8 what the trace says,
and lose little.
"""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("torch", reason="python3-torch is not installed")

from exported_networks import exported  # noqa: E402
from small_networks import CLASSIFIERS  # noqa: E402

IMAGES = [model.__name__ for model in CLASSIFIERS]
MAPS = ["UNet", "AutoEncoder"]
TOKENS = ["Bert", "GPT-2", "Llama", "Llama, neighbours", "Mistral", "T5", "Translator"]
KINDS = {  # how often operators of a kind stand in the network
    "ResNet": {"conv2d": 8, "add": 3, "max_pool2d": 1, "global_average": 1, "flatten": 1, "logits": 1},
    "Vgg": {"conv2d": 4, "max_pool2d": 2, "average_pool2d": 1, "flatten": 1, "linear": 1, "logits": 1},
    "AlexNet": {"conv2d": 3, "local_response_norm": 2, "max_pool2d": 2, "flatten": 1, "linear": 1,
                "logits": 1},
    "GoogLeNet": {"conv2d": 13, "max_pool2d": 3, "concat": 2, "average_pool2d": 1,
                  "global_average": 1, "flatten": 1, "logits": 1},
    "MobileNetV1": {"conv2d": 5, "average_pool2d": 1, "flatten": 1, "logits": 1},
    "MobileNetV2": {"conv2d": 10, "add": 2, "global_average": 1, "flatten": 1, "logits": 1},
    "UNet": {"conv2d": 12, "max_pool2d": 2, "upsample": 2, "concat": 2},
    "Bert": {"embedding": 1, "norm": 5, "linear": 13, "attention_scores": 2, "softmax": 2,
             "attention_values": 2, "activation": 3, "split": 1, "logits": 2},
    "GPT-2": {"embedding": 1, "norm": 5, "linear": 12, "attention_scores": 2, "softmax": 2,
              "attention_values": 2, "activation": 2, "add": 3, "logits": 1},
    "Llama": {"embedding": 1, "norm": 5, "linear": 14, "rotary": 4, "attention_scores": 2,
              "softmax": 2, "attention_values": 2, "activation": 2, "multiply": 2, "add": 3, "logits": 1},
    "ViT": {"conv2d": 1, "flatten": 1, "constant": 2, "concat": 1, "add": 4, "norm": 5, "linear": 12,
            "attention_scores": 2, "softmax": 2, "attention_values": 2, "activation": 2, "split": 1,
            "logits": 1},
}  # fmt: skip


UNEVEN = {"GoogLeNet": 0.3, "SqueezeExcite": 0.15}  # a branch that is nearly always 0


@pytest.mark.parametrize("name", KINDS)
def test_structure_is_recognised(name):
    found = Counter(operator["kind"] for operator in exported(name).trace.operators)
    assert found == KINDS[name]


@pytest.mark.parametrize("name", [*IMAGES, "ViT"])
def test_classes_stay_what_they_are(name):
    report = exported(name).report
    assert report.agreement >= 0.95
    assert max(report.errors.values()) < UNEVEN.get(name, 0.06)
    (accuracy,) = report.measures
    assert accuracy.float_value >= 0.8, "the small model has learnt"
    assert accuracy.int8_value >= accuracy.float_value - 0.05


@pytest.mark.parametrize("name", MAPS)
def test_pixels_stay_what_they_are(name):
    report = exported(name).report
    assert report.agreement >= 0.95
    assert max(report.errors.values()) < 0.05


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_stay_what_they_are(name):
    report = exported(name).report
    assert report.agreement >= 0.93
    assert max(report.errors.values()) < 0.12
    for measure in report.measures:
        assert measure.name == "perplexity"
        assert measure.int8_value == pytest.approx(measure.float_value, rel=0.03)


def operators(name):
    return {operator["name"]: operator for operator in exported(name).trace.operators}


def test_relu6_costs_no_operator():
    """127 steps of its output are 6, and int8 ends there."""
    export = exported("MobileNetV2")
    assert operators("MobileNetV2")["features.0"]["relu"]
    assert export.trace.scales["features.0"] <= 6 / 127


def test_heads_masks_and_windows():
    llama, mistral = (
        [o for o in operators(name).values() if o["kind"] == "attention_scores"]
        for name in ("Llama", "Mistral")
    )
    assert all((o["heads"], o["kv_heads"], o["mask"]) == (4, 2, "causal") for o in llama + mistral)
    assert ["window" in o for o in llama] == [False, False]
    assert [o["window"] for o in mistral] == [5, 5]
    assert all(o["mask"] == "none" for o in operators("Bert").values() if "mask" in o and "kv_heads" in o)


def test_rotations_of_both_styles():
    for name, pairs in (("Llama", "halves"), ("Llama, neighbours", "neighbours")):
        found = [o for o in operators(name).values() if o["kind"] == "rotary"]
        assert [(o["heads"], o["pairs"]) for o in found] == 2 * [(4, pairs), (2, pairs)]


def test_relative_bias_of_t5():
    scores = [o for o in operators("T5").values() if o["kind"] == "attention_scores"]
    assert ["bias" in o for o in scores] == [True, True, True, False, True, False]
    tensors = exported("T5").trace.tensors
    assert all(tensors[o["bias"]].shape == (4, 2 * 24 - 1) for o in scores if "bias" in o)


def test_phases_of_a_translator():
    found = operators("Translator")
    cross = [name for name, o in found.items() if o["phase"] == "cross"]
    assert sorted(cross) == [
        f"transformer.decoder.layers.{i}.multihead_attn.{part}" for i in (0, 1) for part in "kv"
    ]
    order = [("encoder", "cross", "decoder").index(o["phase"]) for o in found.values()]
    assert order == sorted(order)


def test_padding_is_found_and_named():
    notes = exported("Bert").trace.origin["notes"]
    assert "no source may hold the tokens [0]" in notes


def test_a_left_out_log_softmax_is_noted():
    assert "log_softmax" in exported("Translator").trace.origin["notes"]


def test_logits_of_a_head_that_shares_the_embedding():
    found = operators("GPT-2")
    head = found["lm_head"]
    assert head["kind"] == "logits"
    table = exported("GPT-2").trace.tensors[found["wte"]["table"]]
    weight = exported("GPT-2").trace.tensors[head["weight"]]
    assert table.shape == weight.shape
    assert np.corrcoef(table.ravel(), weight.ravel())[0, 1] > 0.9
