"""Every key of the NVDLA-like array changes a result."""

import json

import pytest
from lockstep_program import files_of, run_ok

SECTIONS = {section["name"]: section["keys"] for section in json.loads(run_ok("keys", "--json").stdout)["sections"]}
NAMES = [key["key"] for key in SECTIONS["dnnguard"] if key["key"].startswith("dnnguard.")]
KEYS = sorted(name.removeprefix("dnnguard.") for name in NAMES if not any(other.startswith(f"{name}.") for other in NAMES))
# More inputs than the buffer has banks of weights for, an addend and pools, so that streams and operands are long.
WIDE = """kind: network
name: Wide
source: made for tests
input: [64, 24, 24]
layers:
  - {op: conv2d, name: first, outputs: 64, kernel: 1}
  - {op: conv2d, name: second, outputs: 64, kernel: 3, padding: 1}
  - {op: add, name: sum, inputs: [first, second]}
  - {op: local_response_norm, name: norm, size: 5}
  - {op: max_pool2d, name: pool, kernel: 2, stride: 2}
  - {op: add, name: twice, inputs: [pool, pool]}
  - {op: flatten, name: flatten}
  - {op: linear, name: classes, outputs: 64}
"""
SLOW = ("memory.latency_cycles=400",)
CASES = {  # machine, value, other settings
    "array.rows": ("nv-large", 16, ()),
    "array.lanes": ("nv-large", 32, ()),
    "array.atom_bytes": ("nv-small", 4, ("memory.beat_bytes=4",)),
    "array.element_wise": ("nv-large", "false", ("post_processing.ew_elements_per_cycle=null",)),
    "buffer.banks": ("nv-small", 24, ()),
    "buffer.bank_entries": ("nv-small", 256, ()),
    "buffer.entry_bytes": ("nv-large", 32, ()),
    "buffer.extra_weight_beats": ("nv-small", 64, ("buffer.banks=12",)),  # weights wait for banks
    "post_processing.sdp_elements_per_cycle": ("nv-large", 4, ()),
    "post_processing.ew_elements_per_cycle": ("nv-large", 16, ()),
    "post_processing.pdp_elements_per_cycle": ("nv-large", 2, ()),
    "post_processing.cdp_elements_per_cycle": ("nv-large", 2, ()),
    "post_processing.sized_latency_cycles": ("nv-small", 512, SLOW),
    "post_processing.operand_beats": ("nv-large", 1, SLOW),
    "memory.beat_bytes": ("nv-small", 4, ("array.atom_bytes=4",)),
    "memory.latency_cycles": ("nv-small", 33, ()),
    "memory.bytes_per_cycle": ("nv-small", 2, ()),
    "memory.read_interval_cycles": ("nv-small", 3, ()),
    "memory.write_interval_cycles": ("nv-large", 9, ()),
    "launch_cycles": ("nv-small", 1, ()),
}


def test_every_key_has_a_case():
    assert sorted(CASES) == KEYS


@pytest.mark.parametrize("key", sorted(CASES))
def test_key_changes_a_result(tmp_path, key):
    machine, value, others = CASES[key]
    workload = tmp_path / "wide.yaml"
    workload.write_text(WIDE)
    paired = key in ("array.atom_bytes", "memory.beat_bytes")  # a beat is an atom: they change together
    results = []
    for settings in (() if paired else others, (*others, f"{key}={value}")):
        words = [word for setting in settings for word in ("--set", f"dnnguard.{setting}")]
        out = tmp_path / str(len(results))
        run_ok("run", machine, workload, "--no-values", *words, "-o", out)
        results.append({name: content for name, content in files_of(out).items() if name != "summary.json"})
    assert results[0] != results[1]
