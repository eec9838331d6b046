"""Files of lockstep-trace-1, read as lockstep-trace-2 and written from it.

They hold encoder-decoder Transformers only, with kinds of operators that are special cases of later
ones. What their model says for people is kept aside, so that nothing is lost on the way and back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scripts.export.errors import TraceError
from scripts.export.graph_fields import (
    MAX_FEATURES,
    Flag,
    Kind,
    Operator,
    check_fields,
    check_integer,
)
from scripts.export.graph_rules import KINDS, check_input_count, kind_of, operator_list
from scripts.export.metadata import check_keys
from scripts.export.network_rules import NETWORKS
from scripts.export.safetensors import Tensors

SCHEMA = "lockstep-trace-1"
SIZES = {  # of the model, for people -> least, most
    "d_model": (1, MAX_FEATURES),
    "heads": (1, MAX_FEATURES),
    "d_ff": (1, MAX_FEATURES),
    "encoder_layers": (0, 1024),
    "decoder_layers": (0, 1024),
}
NOT_YET_RESERVED = "reference.labels"  # a name that any tensor may have
_COMMON = {"name", "kind", "phase", "inputs"}
_CAUSAL = {False: "none", True: "causal"}


def _with_fields(kind: Kind, left_out: tuple[str, ...], **added: Any) -> Kind:
    """With other fields, all of which must be there."""
    fields = {key: rule for key, rule in kind.fields.items() if key not in left_out}
    return replace(kind, fields=fields | added, optional={})


KINDS_1 = {  # as they are called in files, with the fields that they have there
    "embedding": _with_fields(KINDS["embedding"], (), **KINDS["embedding"].optional),
    "linear": KINDS["linear"],
    "logits": KINDS["logits"],
    "attention_scores": _with_fields(
        KINDS["attention_scores"], ("kv_heads", "mask"), causal=Flag()
    ),
    "softmax": KINDS["softmax"],
    "attention_values": _with_fields(KINDS["attention_values"], ("kv_heads",)),
    "add_norm": replace(
        _with_fields(KINDS["norm"], ("norm",), **KINDS["norm"].optional), inputs=(2, 2)
    ),
}


def upgraded(
    graph: dict[str, Any], reference: dict[str, Any], tensors: Tensors, file: str
) -> tuple[dict[str, Any], dict[str, Any], Tensors, dict[str, int]]:
    """Graph, reference and tensors as lockstep-trace-2 has them, and the sizes for people. Refuses
    what is wrong in this schema; the rest is for the rules of the other.
    """
    check_keys(graph, ("name", "model", "operators"), f"{file}: graph")
    model, sizes = _model(graph["model"], f"{file}: graph: model")
    operators = [_operator(operator, file) for operator in operator_list(graph, file)]
    points = [_renamed(point, "sentence", "sample") for point in reference_points(reference, file)]
    new_reference = {"samples": reference["sentences"], "points": points}
    tensors = _free_names(tensors, operators, points)
    return graph | {"model": model, "operators": operators}, new_reference, tensors, sizes


def _model(model: Any, where: str) -> tuple[dict[str, Any], dict[str, int]]:
    network = NETWORKS["encoder_decoder"]
    if isinstance(model, dict) and model.get("kind") != "encoder_decoder":
        raise TraceError(f"{where}: kind {model.get('kind')!r}; use 'encoder_decoder'")
    check_keys(model, ("kind", *SIZES, *network.fields), where)
    for key, (least, most) in SIZES.items():
        check_integer(model[key], least, most, f"{where}: {key}")
    sizes = {key: model[key] for key in model if key in SIZES}
    return {key: value for key, value in model.items() if key not in SIZES}, sizes


def reference_points(reference: dict[str, Any], file: str) -> list[Any]:
    if reference.keys() != {"sentences", "points"} or not isinstance(reference["points"], list):
        raise TraceError(f"{file}: reference needs exactly 'sentences' and a list of 'points'")
    for i, point in enumerate(reference["points"]):
        if not isinstance(point, dict) or point.keys() != {"sentence", "operator", "tensor"}:
            raise TraceError(
                f"{file}: reference: point {i} needs exactly sentence, operator and tensor"
            )
    return reference["points"]


def _operator(operator: Any, file: str) -> Operator:
    kind, where = kind_of(operator, KINDS_1, file)
    check_fields(operator, kind, _COMMON, where)
    check_input_count(operator, kind, where)
    if operator["kind"] == "attention_scores":
        fields = {"causal": [("mask", _CAUSAL[operator["causal"]])], **_kv_heads(operator)}
    elif operator["kind"] == "attention_values":
        fields = _kv_heads(operator)
    elif operator["kind"] == "add_norm":
        fields = {"kind": [("kind", "norm"), ("norm", "layer")]} | _summand(operator)
    else:
        fields = {}
    return replaced(operator, fields)


def _kv_heads(operator: Operator) -> dict[str, list[tuple[str, Any]]]:
    return {"heads": [("heads", operator["heads"]), ("kv_heads", operator["heads"])]}


def _summand(operator: Operator) -> dict[str, list[tuple[str, Any]]]:
    """A second one that is the first, times 0, is none."""
    x, y = operator["inputs"]
    alone = x == y and operator["y_multiplier"] == 0
    return {"inputs": [("inputs", [x])], "y_multiplier": []} if alone else {}


def replaced(operator: Operator, fields: dict[str, list[tuple[str, Any]]]) -> Operator:
    """Each of these fields becomes others, in its place."""
    return dict(
        pair for key, value in operator.items() for pair in fields.get(key, [(key, value)])
    )


def _renamed(values: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in values.items()}


def _free_names(tensors: Tensors, operators: list[Operator], points: list[Any]) -> Tensors:
    """A tensor whose name means something in lockstep-trace-2 only gets another one."""
    if NOT_YET_RESERVED not in tensors:
        return tensors
    new = NOT_YET_RESERVED
    while new in tensors:
        new += "_1"
    for operator in operators:
        for key in KINDS[operator["kind"]].tensors():
            if operator.get(key) == NOT_YET_RESERVED:
                operator[key] = new
    for point in points:
        if point["tensor"] == NOT_YET_RESERVED:
            point["tensor"] = new
    return _renamed(tensors, NOT_YET_RESERVED, new)


def downgraded(
    graph: dict[str, Any], reference: dict[str, Any], sizes: dict[str, int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Graph and reference for a file of lockstep-trace-1. Refuses a graph that it cannot hold."""
    model = graph["model"]
    of_people = {"kind": model["kind"], **sizes, **model}
    operators = [_operator_1(operator) for operator in graph["operators"]]
    points = [_renamed(point, "sample", "sentence") for point in reference["points"]]
    old_graph = graph | {"model": of_people, "operators": operators}
    old_reference = {"sentences": reference["samples"], "points": points}
    if upgraded(old_graph, old_reference, {}, graph["name"])[0] != graph:
        raise TraceError(f"{graph['name']}: {SCHEMA} cannot hold this graph; write a later schema")
    return old_graph, old_reference


def _operator_1(operator: Operator) -> Operator:
    fields: dict[str, list[tuple[str, Any]]] = {"kv_heads": [], "norm": []}
    if operator["kind"] == "attention_scores":
        fields["mask"] = [("causal", operator["mask"] == "causal")]
    if operator["kind"] == "norm":
        fields["kind"] = [("kind", "add_norm")]
        if len(operator["inputs"]) == 1:
            fields["inputs"] = [("inputs", operator["inputs"] * 2)]
            fields["x_multiplier"] = [
                ("x_multiplier", operator["x_multiplier"]),
                ("y_multiplier", 0),
            ]
    return replaced(operator, fields)
