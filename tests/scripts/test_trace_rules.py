"""Every rule of networks in traces: broken once, it is named in one line that says where and what would be right."""

import pytest
from broken_networks import RULES, broken
from plain_networks import NETWORKS
from random_networks import ALL_KINDS

from scripts.export.errors import TraceError
from scripts.export.reference_outputs import verify_reference
from scripts.export.trace import check

PLAIN = {name: make() for name, make in NETWORKS.items()}


def test_the_plain_networks_are_right_and_hold_every_kind():
    for name, trace in PLAIN.items():
        check(trace, name)
        verify_reference(trace, name)
        assert trace.model["kind"] == name
    assert {op["kind"] for trace in PLAIN.values() for op in trace.operators} == set(ALL_KINDS)


@pytest.mark.parametrize(("network", "change", "message"), RULES, ids=[message for *_, message in RULES])
def test_a_broken_rule_is_named(network, change, message):
    with pytest.raises(TraceError, match=message) as error:
        check(broken(PLAIN[network], change), "file.safetensors")
    text = str(error.value)
    assert text.startswith("file.safetensors: ") and "\n" not in text
