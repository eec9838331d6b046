"""Which fields each operator kind has, and the checks that make an operator graph safe to run."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from scripts.export.errors import TraceError
from scripts.export.safetensors import check_name

Operator = dict[str, Any]
PHASES = ("encoder", "cross", "decoder")
READS = {"encoder": ("encoder",), "cross": ("encoder", "cross"), "decoder": ("cross", "decoder")}
SAME_ROWS = READS | {"decoder": ("decoder",)}  # inputs with as many rows as the output
FIRST_INPUT = {"softmax": "attention_scores", "attention_values": "softmax"}
NO_FEATURES = ("attention_scores", "softmax", "logits")
TOKEN_INPUTS = {"source": "encoder", "target": "decoder"}
SHIFT = (1, 62)
MULTIPLIER = (0, 2**31 - 1)
MAX_FEATURES = 16384  # of a token: keeps add_norm and attention within 64 bits
MAX_VOCABULARY = 2**20
READERS = {"attention_scores": "softmax", "softmax": "attention_values"}  # that they must have
MODEL_FIELDS = {  # field -> least, most
    "d_model": (1, MAX_FEATURES),
    "heads": (1, MAX_FEATURES),
    "d_ff": (1, MAX_FEATURES),
    "encoder_layers": (0, 1024),
    "decoder_layers": (0, 1024),
    "vocabulary": (1, MAX_VOCABULARY),
    "max_tokens": (1, 2**16),
    "bos": (0, MAX_VOCABULARY),
    "eos": (0, MAX_VOCABULARY),
}


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
_HEADS = {"heads": (1, MAX_FEATURES), "multiplier": MULTIPLIER, "shift": SHIFT}
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
    check_name(operator["name"], f"{where}: operator name")
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
    for position, name in enumerate(inputs):
        if not isinstance(name, str) or name not in earlier:
            raise TraceError(
                f"{where}: input {name!r} is no earlier operator{nearest(name, earlier)}"
            )
        _check_input(operator, position, earlier[name], where)
    _check_sentences(operator, earlier, where)


def _check_input(operator: Operator, position: int, source: Operator, where: str) -> None:
    attends = operator["kind"] in ("attention_scores", "attention_values")
    allowed = (
        READS[operator["phase"]] if attends and position == 1 else SAME_ROWS[operator["phase"]]
    )
    if source["phase"] not in allowed:
        raise TraceError(
            f"{where}: a {operator['phase']} operator cannot read {source['name']} "
            f"of phase {source['phase']} here; allowed are {', '.join(allowed)}"
        )
    wanted = FIRST_INPUT.get(operator["kind"]) if position == 0 else None
    if source["kind"] != wanted if wanted else source["kind"] in NO_FEATURES:
        raise TraceError(
            f"{where}: input {source['name']} is of kind {source['kind']}; "
            f"expected {wanted or 'a row of features for each token'}"
        )


def _check_sentences(operator: Operator, earlier: dict[str, Operator], where: str) -> None:
    """Keys and values are of one sentence; a target token sees itself and earlier ones only."""
    if operator["kind"] == "attention_scores" and operator["phase"] == "decoder":
        of_target = earlier[operator["inputs"][1]]["phase"] == "decoder"
        if operator["causal"] != of_target:
            right = "true for target" if of_target else "false for source"
            raise TraceError(f"{where}: causal must be {right} keys")
    if operator["kind"] == "attention_values":
        scores = earlier[earlier[operator["inputs"][0]]["inputs"][0]]
        keys, values = earlier[scores["inputs"][1]], earlier[operator["inputs"][1]]
        if (keys["phase"] == "decoder") != (values["phase"] == "decoder"):
            raise TraceError(
                f"{where}: keys {keys['name']} and values {values['name']} are of different "
                "sentences; both must be of the source or of the target"
            )


def check_attention_is_whole(operators: list[Operator], file: str) -> None:
    """Every score has a softmax, and every softmax values, to go into."""
    read = {name for operator in operators for name in operator["inputs"]}
    for operator in operators:
        reader = READERS.get(operator["kind"])
        if reader and operator["name"] not in read:
            raise TraceError(
                f"{file}: operator {operator['name']}: no {reader} reads it; "
                "attention is scores, softmax and values together"
            )
