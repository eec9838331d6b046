"""The checks that make an operator graph safe to run: fields, who may read whom, shapes."""

from __future__ import annotations

from typing import Any

from scripts.export import kinds_attention, kinds_elements, kinds_maps, kinds_weights
from scripts.export import network_rules
from scripts.export.errors import TraceError
from scripts.export.graph_fields import (
    MAX_FEATURES,
    MAX_VOCABULARY,
    Kind,
    Operator,
    check_fields,
    nearest,
)
from scripts.export.graph_shapes import Checked, Shape, check_limits
from scripts.export.metadata import check_keys
from scripts.export.network_rules import MAX_ENDS, SENTENCES, input_shapes
from scripts.export.safetensors import Tensors, check_name

KINDS: dict[str, Kind] = (
    kinds_weights.KINDS | kinds_maps.KINDS | kinds_elements.KINDS | kinds_attention.KINDS
)
PHASES = ("encoder", "cross", "decoder")
READS = {"encoder": ("encoder",), "cross": ("encoder", "cross"), "decoder": ("cross", "decoder")}
SAME_ROWS = READS | {"decoder": ("decoder",)}  # inputs with as many rows as the output
NO_FEATURES = ("attention_scores", "softmax", "logits")
READERS = {"attention_scores": "softmax", "softmax": "attention_values"}  # that they must have
MAX_OPERATORS = 1 << 16


def kind_of(operator: Any, kinds: dict[str, Kind], file: str) -> tuple[Kind, str]:
    """And where messages about the operator begin. Refuses what has no name, or no such kind."""
    if not isinstance(operator, dict) or not isinstance(operator.get("name"), str):
        raise TraceError(f"{file}: every operator is an object with a name")
    check_name(operator["name"], f"{file}: operator name")
    where = f"{file}: operator {operator['name']}"
    given = str(operator.get("kind"))
    if given not in kinds or not isinstance(operator["kind"], str):
        raise TraceError(
            f"{where}: kind {given!r}{nearest(given, kinds)}; use one of {', '.join(kinds)}"
        )
    return kinds[given], where


def check_input_count(operator: Operator, kind: Kind, where: str) -> None:
    inputs, (least, most) = operator["inputs"], kind.inputs
    named = isinstance(inputs, list) and all(isinstance(name, str) for name in inputs)
    if not named or not least <= len(inputs) <= most:
        wanted = least if least == most else f"{least} to {most}"
        raise TraceError(
            f"{where}: inputs {inputs!r}; {operator['kind']} takes a list of {wanted}, "
            "names of earlier operators"
        )


def operator_list(graph: dict[str, Any], file: str) -> list[Any]:
    operators = graph["operators"]
    if not isinstance(operators, list) or not operators:
        raise TraceError(f"{file}: graph: operators must be a list with at least one operator")
    if len(operators) > MAX_OPERATORS:
        raise TraceError(f"{file}: graph: more than {MAX_OPERATORS} operators")
    return operators


def check_graph(graph: Any, tensors: Tensors, file: str) -> dict[str, Shape]:
    """All rules of the graph; the shape of every input and operator."""
    check_keys(graph, ("name", "model", "operators"), f"{file}: graph")
    check_name(graph["name"], f"{file}: graph")
    rules = GraphRules(graph["model"], tensors, file)
    operators = operator_list(graph, file)
    for operator in operators:
        rules.add(operator)
    rules.check_end(operators)
    return rules.shapes


class GraphRules:
    """Checks operators in execution order; `shapes` holds what those seen so far make."""

    def __init__(self, model: Any, tensors: Tensors, file: str) -> None:
        self.model, self.tensors, self.file = model, tensors, file
        self.network = network_rules.check_model(model, f"{file}: graph: model")
        self.shapes: dict[str, Shape] = {}
        if not self.network.sentences:
            self.shapes |= input_shapes(model["inputs"], file)
        self.earlier: dict[str, Operator] = {name: {"kind": "input"} for name in self.shapes}

    def add(self, operator: Any) -> None:
        kind, where = kind_of(operator, KINDS, self.file)
        common = {"name", "kind", "inputs"} | ({"phase"} if self.network.has_phases else set())
        check_fields(operator, kind, common, where)
        self._check_place(operator, kind, where)
        inputs = [self.shapes[name] for name in operator["inputs"] if name not in SENTENCES]
        checked = Checked(operator, inputs, self.model, self.tensors, kind.tensors(), where)
        shape = kind.shape(checked)
        most = MAX_VOCABULARY if operator["kind"] == "logits" else MAX_FEATURES
        check_limits(shape, most, where)
        self.shapes[operator["name"]] = shape
        self.earlier[operator["name"]] = operator

    def _check_place(self, operator: Operator, kind: Kind, where: str) -> None:
        """Inputs exist, stand earlier, are of a phase that may be read and of a fitting kind."""
        if operator["name"] in self.earlier or operator["name"] in SENTENCES:
            raise TraceError(f"{where}: the name is taken; operator names are unique")
        if self.network.has_phases and operator["phase"] not in PHASES:
            raise TraceError(
                f"{where}: phase {operator['phase']!r}; use one of {', '.join(PHASES)}"
            )
        check_input_count(operator, kind, where)
        if operator["kind"] == "embedding":
            self._check_sentence(operator, where)
            return
        for i, name in enumerate(operator["inputs"]):
            if name not in self.earlier:
                raise TraceError(
                    f"{where}: input {name!r} is no earlier operator{nearest(name, self.earlier)}"
                )
            self._check_input(operator, i, kind, where)

    def _check_sentence(self, operator: Operator, where: str) -> None:
        sentences, given = self.network.sentences, operator["inputs"][0]
        if given not in sentences or sentences[given] != operator.get("phase"):
            right = " or ".join(f"{s} in the {p}" if p else s for s, p in sentences.items())
            raise TraceError(f"{where}: reads {given!r}; use {right or 'tensors, no embedding'}")

    def _check_input(self, operator: Operator, i: int, kind: Kind, where: str) -> None:
        name = operator["inputs"][i]
        source = self.earlier[name]
        if self.network.has_phases:
            attends = operator["kind"] in ("attention_scores", "attention_values") and i == 1
            allowed = (READS if attends else SAME_ROWS)[operator["phase"]]
            if source["phase"] not in allowed:
                raise TraceError(
                    f"{where}: a {operator['phase']} operator cannot read {name} "
                    f"of phase {source['phase']} here; allowed are {', '.join(allowed)}"
                )
        wanted = kind.first if i == 0 else None
        if source["kind"] != wanted if wanted else source["kind"] in NO_FEATURES:
            raise TraceError(
                f"{where}: input {name} is of kind {source['kind']}; "
                f"expected {wanted or 'a row of features for each token, or a map'}"
            )

    def check_end(self, operators: list[Operator]) -> None:
        if self.network.chooses_tokens:
            logits = [operator["kind"] == "logits" for operator in operators]
            if not logits[-1] or sum(logits) > 1:
                raise TraceError(
                    f"{self.file}: graph: the last operator, and no other, must be of kind logits"
                )
        else:
            self._check_outputs(self.model["outputs"])
        self._check_attention_is_whole(operators)

    def _check_outputs(self, outputs: Any) -> None:
        where = f"{self.file}: graph: model: outputs"
        named = isinstance(outputs, list) and all(isinstance(name, str) for name in outputs)
        if not named or not 1 <= len(outputs) <= MAX_ENDS or len(set(outputs)) < len(outputs):
            raise TraceError(f"{where} is {outputs!r}; use 1 to {MAX_ENDS} different operators")
        for name in outputs:
            if name not in self.earlier:
                raise TraceError(f"{where}: no operator {name!r}{nearest(name, self.earlier)}")
            kind = self.earlier[name]["kind"]
            if kind in ("input", *READERS):
                raise TraceError(
                    f"{where}: {name} is of kind {kind}; use what makes tokens, maps or logits"
                )

    def _check_attention_is_whole(self, operators: list[Operator]) -> None:
        """Every score has a softmax, and every softmax values, to go into."""
        read = {name for operator in operators for name in operator["inputs"]}
        for operator in operators:
            reader = READERS.get(operator["kind"])
            if reader and operator["name"] not in read:
                raise TraceError(
                    f"{self.file}: operator {operator['name']}: no {reader} reads it; "
                    "attention is scores, softmax and values together"
                )


def operator_tensors(operator: Operator) -> list[str]:
    """Names of the tensors that an operator with right fields names."""
    return [operator[key] for key in KINDS[operator["kind"]].tensors() if key in operator]


def source_pieces(graph: dict[str, Any], tensors: Tensors) -> int:
    """How many different source tokens every embedding of them knows."""
    tables = [
        len(tensors[operator["table"]])
        for operator in graph["operators"]
        if operator["kind"] == "embedding" and operator["inputs"] == ["source"]
    ]
    return min(tables, default=graph["model"].get("vocabulary", MAX_VOCABULARY))
