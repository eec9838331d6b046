"""The last steps of lowering: what nothing reads is dropped, ReLU goes into the operator before it,
and operators get their names and phases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from scripts.base.printable import printable
from scripts.export.errors import UnsupportedOperator
from scripts.export.graph.network import INPUTS, FloatNetwork, FloatOperator, in_order

CLIPS = {"relu": np.inf, "relu6": 6.0}
TAKE_RELU = ("linear", "conv2d", "add")
SHORT = {"attention_scores": "scores", "attention_values": "values"}
OWN_PATH = ("embedding", "linear", "logits", "conv2d", "norm", "activation", "max_pool2d", "average_pool2d")
LONGEST = 200  # characters of a name, of which the format allows 256


def finished(
    kind: str, inputs: dict[str, FloatOperator], outputs: dict[str, FloatOperator]
) -> FloatNetwork:
    """A network whose operators are in order and named."""
    for name, output in outputs.items():
        if output.kind in INPUTS:
            raise UnsupportedOperator(name, "an output that is an input as it is", "return what the model computes")
    outputs = _with_relu(outputs)
    _take_sums(outputs)
    operators = [o for o in in_order(list(outputs.values())) if o.kind not in INPUTS]
    network = FloatNetwork(kind, inputs, operators, outputs)
    _make_logits(network)
    _check_heads(network)
    if kind == "encoder_decoder":
        _set_phases(network)
    if kind in ("decoder", "encoder_decoder"):
        _check_rows(network)
    _set_names(network)
    return network


def _with_relu(outputs: dict[str, FloatOperator]) -> dict[str, FloatOperator]:
    operators = in_order(list(outputs.values()))
    reads = Counter([*outputs.values(), *(x for o in operators for x in o.inputs)])
    taken: dict[FloatOperator, FloatOperator] = {}
    for operator in operators:
        operator.inputs = [taken.get(x, x) for x in operator.inputs]
        named = operator.fields.get("named")
        if operator.kind != "activation" or named not in CLIPS or operator.factors != [1.0]:
            continue
        before = operator.inputs[0]
        if before.kind in TAKE_RELU and reads[before] == 1 and not before.fields.get("relu"):
            before.fields["relu"] = True
            if named == "relu6":
                before.fields["clip"] = CLIPS[named]
            taken[operator] = before
            reads[before] = reads[operator]
    return {name: taken.get(operator, operator) for name, operator in outputs.items()}


def _take_sums(outputs: dict[str, FloatOperator]) -> None:
    """A normalisation adds what nothing else reads the sum of."""
    operators = in_order(list(outputs.values()))
    reads = Counter([*outputs.values(), *(x for o in operators for x in o.inputs)])
    for norm in operators:
        total = norm.inputs[0] if norm.kind == "norm" else norm
        equal = total.kind == "add" and total.inputs[0].shape == total.inputs[-1].shape
        if norm is not total and equal and reads[total] == 1 and not total.fields.get("relu"):
            norm.factors = [norm.factors[0] * factor for factor in total.factors]
            norm.inputs = list(total.inputs)


def _make_logits(network: FloatNetwork) -> None:
    """A matrix that makes outputs and that nothing else reads need not be cut to int8."""
    readers = network.readers()
    for output in network.outputs.values():
        if output.kind == "linear" and output not in readers and not output.fields.get("relu"):
            output.kind = "logits"
    last = network.operators[-1]
    if network.kind not in ("decoder", "encoder_decoder"):
        return
    if last.kind != "logits":
        remedy = "end it in a Linear that makes one logit for each token of the vocabulary"
        _refuse(last, f"{network.kind} whose last operator is {last.kind}", remedy)
    _check_vocabulary(network, len(last["weight"]))


def _check_vocabulary(network: FloatNetwork, tokens: int) -> None:
    """What is chosen is read again; rows of an embedding beyond the last token are left out."""
    read = network.inputs.get("target") or network.inputs["prompt"]
    for operator in network.operators:
        if operator.kind == "embedding" and read in operator.inputs:
            pieces = len(operator["table"])
            if pieces < tokens:
                _refuse(operator, f"an embedding of {pieces} of {tokens} tokens", "embed all tokens")
            operator.fields["table"] = operator["table"][:tokens]


def _check_heads(network: FloatNetwork) -> None:
    for operator in network.operators:
        if operator.kind == "attention_scores" and "scale" not in operator.fields:
            _refuse(
                operator,
                "a product of two computed matrices that is not attention",
                "use such products as scores before a softmax, and behind it",
            )
        if operator.kind == "attention_values":
            softmax = operator.inputs[0]
            if softmax.kind != "softmax" or softmax["kv_heads"] != operator["kv_heads"]:
                _refuse(
                    operator,
                    "attention whose keys and values have different numbers of heads",
                    "group the heads of keys and values alike",
                )


def _set_phases(network: FloatNetwork) -> None:
    """By what an operator depends on; what a decoder operator reads of the source is `cross`.
    Constants belong to what reads them.
    """
    target = network.inputs["target"]
    for operator in network.operators:
        on_target = any(x is target or x.phase == "decoder" for x in operator.inputs)
        operator.phase = "decoder" if on_target else "encoder"
    for operator in network.operators:
        for x in operator.inputs if operator.phase == "decoder" else []:
            if x.phase == "encoder":
                x.phase = "decoder" if x.kind == "constant" else "cross"
    for operator in network.operators:
        if operator.phase == "encoder" and any(x.phase == "cross" for x in operator.inputs):
            operator.phase = "cross"
    order = {"encoder": 0, "cross": 1, "decoder": 2}
    network.operators.sort(key=lambda operator: order[operator.phase])


def _check_rows(network: FloatNetwork) -> None:
    """A token is chosen before the next is known: rows of a target depend on earlier ones only."""
    for operator in network.operators:
        if operator.phase in ("encoder", "cross"):
            continue
        scores = operator.kind == "attention_scores" and operator.inputs[1].phase != "cross"
        if scores and operator["mask"] != "causal":
            _refuse(operator, "attention to later tokens in a decoder", "mask them: a causal mask")
        mixes = operator.kind in ("global_average", "flatten") or operator.is_map
        if mixes or operator.fields.get("axis") == "tokens" or _changes_by_row(operator):
            _refuse(
                operator,
                f"{operator.kind} of the tokens of a decoder",
                "let a token depend on itself and earlier ones in attention only",
            )


def _changes_by_row(operator: FloatOperator) -> bool:
    return operator.kind == "constant" and operator.shape[0] > 1


def _refuse(operator: FloatOperator, kind: str, remedy: str) -> None:
    raise UnsupportedOperator(operator.path or "model", kind, remedy)


def _set_names(network: FloatNetwork) -> None:
    roles = _roles(network)
    taken = {"source", "target", "prompt", *network.inputs}
    containers = {
        operator.path[:i] for operator in network.operators for i in _dots(operator.path)
    }
    for operator in network.operators:
        path = printable(operator.path.encode("ascii", "backslashreplace").decode(), LONGEST)
        role = roles.get(operator)
        if role is None and (operator.kind not in OWN_PATH or operator.path in containers):
            role = SHORT.get(operator.kind, operator.kind)
        operator.name = _free(".".join(filter(None, (path, role))) or operator.kind, taken)
        taken.add(operator.name)


def _dots(path: str) -> list[int]:
    return [i for i, letter in enumerate(path) if letter == "."]


def _roles(network: FloatNetwork) -> dict[FloatOperator, str]:
    """Matrices that an attention calls itself, without modules of their own."""
    roles: dict[FloatOperator, str] = {}
    for operator in network.operators:
        parts = {"attention_scores": "qk", "attention_values": "?v"}.get(operator.kind, "")
        for part, x in zip(parts, operator.inputs):
            while x.kind == "rotary":
                x = x.inputs[0]
            if x.kind == "linear" and x.path == operator.path:
                roles[x] = part
        x = operator.inputs[0] if operator.inputs else None
        if operator.kind == "linear" and x.kind == "attention_values" and x.path == operator.path:
            roles[operator] = "out"
    return roles


def _free(name: str, taken: Iterable[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}.{number}", number + 1
    return free
