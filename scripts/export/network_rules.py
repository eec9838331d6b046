"""What kinds of networks there are: what goes in, what comes out, and the fields of `graph.model`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.export.errors import TraceError
from scripts.export.graph_fields import MAX_TOKENS, MAX_VOCABULARY, check_integer, nearest
from scripts.export.graph_shapes import Map, Tokens, fixed_shape
from scripts.export.metadata import check_keys
from scripts.export.safetensors import check_name

MODEL_FIELDS = {  # field -> least, most
    "vocabulary": (1, MAX_VOCABULARY),
    "max_tokens": (1, MAX_TOKENS),
    "bos": (0, MAX_VOCABULARY),
    "eos": (0, MAX_VOCABULARY),
}
MAX_ENDS = 8  # inputs, outputs


@dataclass(frozen=True)
class Network:
    """`sentences`: what embeddings read; where operators have phases, that of such an embedding."""

    sentences: dict[str, str | None]
    fields: tuple[str, ...]

    @property
    def has_phases(self) -> bool:
        return None not in self.sentences.values() and bool(self.sentences)

    @property
    def chooses_tokens(self) -> bool:
        return "vocabulary" in self.fields

    @property
    def samples_of(self) -> str | None:
        """The sentence that samples give; None: tensors."""
        return next(iter(self.sentences), None)


NETWORKS = {
    "encoder_decoder": Network(
        {"source": "encoder", "target": "decoder"}, ("vocabulary", "max_tokens", "bos", "eos")
    ),
    "decoder": Network({"prompt": None}, ("vocabulary", "max_tokens", "eos")),
    "encoder": Network({"source": None}, ("max_tokens", "outputs")),
    "feed_forward": Network({}, ("inputs", "outputs")),
}
SENTENCES = ("source", "target", "prompt")


def check_model(model: Any, where: str) -> Network:
    """All but that the outputs are operators."""
    if not isinstance(model, dict):
        raise TraceError(f"{where} must be an object")
    given = model.get("kind")
    network = NETWORKS.get(given) if isinstance(given, str) else None
    if network is None:
        raise TraceError(
            f"{where}: kind {given!r}{nearest(given, NETWORKS)}; use one of {', '.join(NETWORKS)}"
        )
    check_keys(model, ("kind", *network.fields), where)
    check_numbers(model, where)
    if "inputs" in model:
        input_shapes(model["inputs"], f"{where}: inputs")
    return network


def check_numbers(model: dict[str, Any], where: str) -> None:
    """Those of MODEL_FIELDS that are there."""
    for key, (least, most) in MODEL_FIELDS.items():
        if key in model:
            check_integer(model[key], least, most, f"{where}: {key}")
    for key in ("bos", "eos"):
        if key in model:
            check_integer(model[key], 0, model["vocabulary"] - 1, f"{where}: {key}")


def input_shapes(inputs: Any, where: str) -> dict[str, Tokens | Map]:
    """By name, of a `feed_forward`."""
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MAX_ENDS:
        raise TraceError(f"{where}: {inputs!r}; use a list of 1 to {MAX_ENDS} inputs")
    shapes: dict[str, Tokens | Map] = {}
    for i, value in enumerate(inputs):
        at = f"{where}: number {i}"
        check_keys(value, ("name", "shape"), at)
        check_name(value["name"], at)
        if value["name"] in shapes or value["name"] in SENTENCES:
            raise TraceError(f"{at}: the name is taken; names of inputs and operators are unique")
        if not isinstance(value["shape"], list):
            raise TraceError(f"{at}: shape is {value['shape']!r}; use a list")
        shapes[value["name"]] = fixed_shape(value["shape"], f"{at}: shape")
    return shapes
