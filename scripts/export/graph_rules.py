"""Which fields each operator kind has, and the checks that make an operator graph safe to run."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from scripts.export.errors import TraceError

Operator = dict[str, Any]
PHASES = ("encoder", "cross", "decoder")
READS = {"encoder": {"encoder"}, "cross": {"encoder", "cross"}, "decoder": {"cross", "decoder"}}
TOKEN_INPUTS = {"source": "encoder", "target": "decoder"}
MODEL_FIELDS = (
    "d_model heads d_ff encoder_layers decoder_layers vocabulary max_tokens bos eos".split()
)
SHIFT = (1, 62)
MULTIPLIER = (0, 2**31 - 1)


@dataclass(frozen=True)
class Kind:
    """Fields beyond name, kind, phase and inputs."""

    inputs: int
    tensors: dict[str, str] = field(default_factory=dict)  # field -> dtype
    integers: dict[str, tuple[int, int]] = field(default_factory=dict)  # field -> least, most
    booleans: tuple[str, ...] = ()
    optional: dict[str, str] = field(default_factory=dict)  # tensors that may be missing

    def fields(self) -> set[str]:
        common = {"name", "kind", "phase", "inputs"}
        return common | {*self.tensors, *self.integers, *self.booleans}


_WEIGHTS = {"weight": "I8", "bias": "I32", "multiplier": "I32"}
_HEADS = {"heads": (1, 2**16), "multiplier": MULTIPLIER, "shift": SHIFT}
KINDS = {
    "embedding": Kind(
        1,
        {"table": "I8", "positions": "I8"},
        {
            "token_multiplier": (0, 2**24 - 1),
            "position_multiplier": (0, 2**24 - 1),
            "shift": SHIFT,
        },
    ),
    "linear": Kind(1, _WEIGHTS, {"shift": SHIFT}, ("relu",), {"mask": "U8"}),
    "logits": Kind(1, _WEIGHTS, {"shift": SHIFT}, (), {"mask": "U8"}),
    "attention_scores": Kind(2, {}, _HEADS, ("causal",)),
    "softmax": Kind(1, {"table": "U16"}),
    "attention_values": Kind(2, {}, _HEADS),
    "add_norm": Kind(
        2,
        {"gamma": "I32", "beta": "I32"},
        {"x_multiplier": (0, 2**16 - 1), "y_multiplier": (0, 2**16 - 1), "shift": SHIFT},
    ),
}


def nearest(word: str, words: Any) -> str:
    """' (did you mean ...?)' or nothing."""
    close = difflib.get_close_matches(str(word), list(words), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def check_fields(operator: Any, where: str) -> None:
    """Every field of the operator's kind, of the right type and range, and no other."""
    if not isinstance(operator, dict) or not isinstance(operator.get("name"), str):
        raise TraceError(f"{where}: every operator is an object with a name")
    where = f"{where}: operator {operator['name']}"
    given = str(operator.get("kind"))
    kind = KINDS.get(given)
    if kind is None:
        raise TraceError(
            f"{where}: kind {given!r}{nearest(given, KINDS)}; use one of {', '.join(KINDS)}"
        )
    for key in kind.fields() - operator.keys():
        raise TraceError(
            f"{where}: field {key!r} is missing; {operator['kind']} needs {sorted(kind.fields())}"
        )
    for key in operator.keys() - kind.fields() - kind.optional.keys():
        raise TraceError(f"{where}: unknown field {key!r}{nearest(key, kind.fields())}")
    for key, (least, most) in kind.integers.items():
        check_integer(operator[key], least, most, f"{where}: {key}")
    for key in kind.booleans:
        if not isinstance(operator[key], bool):
            raise TraceError(f"{where}: {key} is {operator[key]!r}; use true or false")


def check_integer(value: Any, least: int, most: int, where: str) -> None:
    if type(value) is not int or not least <= value <= most:
        raise TraceError(f"{where} is {value!r}; use a whole number from {least} to {most}")


def check_inputs(operator: Operator, earlier: dict[str, Operator], where: str) -> None:
    """Inputs exist, stand earlier, are of a phase that may be read and of a fitting kind."""
    where = f"{where}: operator {operator['name']}"
    inputs, phase = operator["inputs"], operator["phase"]
    if operator["name"] in earlier or operator["name"] in TOKEN_INPUTS:
        raise TraceError(f"{where}: the name is taken; operator names are unique")
    if phase not in PHASES:
        raise TraceError(f"{where}: phase {phase!r}; use one of {', '.join(PHASES)}")
    count = KINDS[operator["kind"]].inputs
    if not isinstance(inputs, list) or len(inputs) != count:
        raise TraceError(f"{where}: inputs {inputs!r}; {operator['kind']} takes a list of {count}")
    if operator["kind"] == "embedding":
        if TOKEN_INPUTS.get(str(inputs[0])) != phase:
            raise TraceError(
                f"{where}: reads {inputs[0]!r}; in the encoder read source, in the decoder target"
            )
        return
    for name in inputs:
        if not isinstance(name, str) or name not in earlier:
            raise TraceError(
                f"{where}: input {name!r} is no earlier operator{nearest(name, earlier)}"
            )
        if earlier[name]["phase"] not in READS[phase]:
            raise TraceError(
                f"{where}: a {phase} operator cannot read {name} of phase {earlier[name]['phase']}"
            )
    _check_input_kinds(operator, [earlier[name] for name in inputs], where)


def _check_input_kinds(operator: Operator, inputs: list[Operator], where: str) -> None:
    wanted = {"softmax": "attention_scores", "attention_values": "softmax"}.get(operator["kind"])
    not_rows = {"attention_scores", "softmax", "logits"}
    for position, source in enumerate(inputs):
        right = (
            source["kind"] == wanted if wanted and position == 0 else source["kind"] not in not_rows
        )
        if not right:
            raise TraceError(
                f"{where}: input {source['name']} is of kind {source['kind']}; "
                f"expected {wanted if wanted and position == 0 else 'one row of features a token'}"
            )
