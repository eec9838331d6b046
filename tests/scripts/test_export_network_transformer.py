"""A post-norm Transformer gets the same integers on both paths: of recorded operators, and of
recognised layers (scripts/export/pytorch_exporter.py).
"""

import numpy as np
import pytest

pytest.importorskip("torch", reason="python3-torch is not installed")

from exported_networks import ORIGIN  # noqa: E402
from small_torch_model import BOS, EOS, random_model, random_pairs  # noqa: E402

from scripts.export.graph.inputs import contents_of  # noqa: E402
from scripts.export.graph.contents import TOKEN_INPUTS
from scripts.export.graph.prepare import prepared  # noqa: E402
from scripts.export.graph.pytorch_model import TorchModel  # noqa: E402
from scripts.export.pytorch_exporter import Sentence, Tokenizer, export_model  # noqa: E402

LENGTH = 16
RENAMED = {"encoder.embed": "embedding", "decoder.embed": "embedding.2"}


@pytest.fixture(scope="module")
def traces():
    model, pairs = random_model(layers=2), random_pairs(20)
    layers = export_model(
        model, name="t", origin=ORIGIN, tokenizer=Tokenizer(BOS, EOS), max_tokens=LENGTH,
        calibration_pairs=pairs, sentences=[Sentence(pairs[0][0])],
    )  # fmt: skip
    names = TOKEN_INPUTS["encoder_decoder"]
    contents = contents_of(
        "encoder_decoder", names, [pairs[0][0]], pairs, name="t", origin=ORIGIN, max_tokens=LENGTH,
        bos=BOS, eos=EOS,
    )  # fmt: skip
    return layers, prepared(TorchModel(model, None, names, True, True), contents).trace


def test_constants_are_alike(traces):
    layers, recorded = traces
    found = {operator["name"]: operator for operator in recorded.operators}
    assert len(found) == len(layers.operators)
    for operator in layers.operators:
        name = RENAMED.get(operator["name"], operator["name"].replace("cross_attn", "multihead_attn"))
        assert found[name].get("phase") == operator["phase"]
        for key, value in operator.items():
            if isinstance(value, str) and value in layers.tensors and key not in ("name", "kind"):
                other = recorded.tensors[found[name][key]]
                assert close(layers.tensors[value], other), (name, key)
            elif key in ("heads", "shift", "relu"):
                assert found[name][key] == value, (name, key)
            elif "multiplier" in key:
                assert close(value, found[name][key]), (name, key)


def close(one, other):
    """Equal bytes; wider numbers but for the last bit of a scale, which is a float32."""
    if np.asarray(one).dtype == np.int8:
        return np.array_equal(one, other)
    return np.allclose(np.asarray(one, float), np.asarray(other, float), rtol=1e-6, atol=2)
