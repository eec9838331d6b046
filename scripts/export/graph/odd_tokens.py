"""Tokens that a model does not know, or treats unlike others: no sentence of a trace may hold them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from scripts.export.check_tokens import check_padding, check_range
from scripts.export.errors import ExportError, UnsupportedOperator
from scripts.export.graph.contents import Contents, given
from scripts.export.graph.network import FloatNetwork


def check_vocabularies(c: Contents, sizes: Mapping[str, int], network: FloatNetwork) -> None:
    """`sizes`: by input how many tokens it may hold. What is produced is one of the logits."""
    for key in ("bos", "eos"):
        token = getattr(c, key)
        if token is not None and c.kind in ("decoder", "encoder_decoder"):
            most = len(network.operators[-1]["weight"]) - 1
            if not 0 <= token <= most:
                raise ExportError(f"{key} is {token}; the model's target tokens are 0 to {most}")
    for where, name, tokens in given(c):
        check_range(tokens, sizes[name], name, f"{where}: {name}")


def check_samples(c: Contents, odd: Mapping[str, Collection[int]]) -> None:
    if c.kind == "encoder_decoder" and c.bos in odd["target"]:
        raise UnsupportedOperator(
            "model",
            f"a model that treats bos ({c.bos}), with which every target begins, unlike other tokens",
            "mask other tokens only",
        )
    for where, name, tokens in given(c):
        check_padding(odd, name, tokens, f"{where}: {name}")
