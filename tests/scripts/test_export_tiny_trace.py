"""The committed tiny trace is what its script makes, and holds what tests elsewhere rely on."""

from pathlib import Path

import numpy as np

from scripts.export import masks, safetensors
from scripts.export.make_tiny_trace import make_trace
from scripts.export.ragged import rows_of
from scripts.export.reference_outputs import verify_reference
from scripts.export.trace import metadata_of, read_trace

TINY = Path(__file__).parents[2] / "workloads/traces/tiny.safetensors"


def test_committed_file_is_what_the_script_makes():
    trace = make_trace()
    assert safetensors.to_bytes(metadata_of(trace), trace.tensors) == TINY.read_bytes()


def test_stored_outputs_are_what_the_graph_computes():
    verify_reference(read_trace(TINY), str(TINY))


def test_sentences_end_by_eos_and_by_the_limit():
    trace = read_trace(TINY)
    ends = [
        tokens[-1] == trace.model["eos"]
        for tokens in rows_of("reference.target_tokens", trace.tensors)
    ]
    assert sorted(ends) == [False, True, True]


def test_masks_have_empty_rows_and_columns_and_kept_zeros():
    trace = read_trace(TINY)
    for operator in trace.operators:
        if "weight" in operator:
            weight = trace.tensors[operator["weight"]]
            kept = masks.unpack(trace.tensors[operator["mask"]], weight.shape[1])
            assert not kept.any(0).all() and not kept.any(1).all()
            assert 0.25 < kept.mean() < 0.5
            assert (weight[kept] == 0).any()


def test_every_operator_has_points_and_some_activations_saturate():
    trace = read_trace(TINY)
    names = [operator["name"] for operator in trace.operators]
    assert [point["operator"] for point in trace.reference["points"]] == 2 * names
    values = np.concatenate(
        [
            trace.tensors[p["tensor"]].ravel()
            for p in trace.reference["points"]
            if p["operator"] != "generator"
        ]
    )
    assert 0 < np.mean(np.abs(values.astype(int)) >= 127) < 0.05
