"""Every operator that the ONNX evaluator knows, against the ONNX project's own cases."""

import importlib
import pkgutil
import warnings

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="python3-onnx is not installed")

import onnx.backend.test.case.node as node_cases  # noqa: E402

from scripts.export.errors import ExportError  # noqa: E402
from scripts.export.onnx_evaluator import OnnxGraph  # noqa: E402
from scripts.export.onnx_layers import LAYERS  # noqa: E402

REFUSED = {  # what these cases ask for, the evaluator says that it cannot
    "test_cast_FLOAT_to_STRING",
    "test_castlike_FLOAT_to_STRING_expanded",
    "test_convtranspose_autopad_same",
    "test_convtranspose_kernel_shape",
    "test_convtranspose_output_shape",
    "test_cumsum_1d_exclusive",
    "test_cumsum_1d_reverse",
    "test_cumsum_1d_reverse_exclusive",
    "test_edge_pad",
    "test_maxpool_with_argmax_2d_precomputed_strides",  # indices by columns
    "test_reflect_pad",
    "test_scatternd_add",
    "test_scatternd_multiply",
}
NEVER = (
    "BFLOAT16",  # its bits stand there as whole numbers
    "training",  # dropout that drops
    "_sequence",  # these two are no arrays
    "_opt",
)
NEWER = {"Gelu", "Mish"}  # than the oldest onnx package that has the other cases


@pytest.fixture(scope="module")
def cases():
    """Of one node each, by name. The project's modules use names that numpy no longer has."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        for name in ("float", "bool", "int", "object"):
            patch.setattr(np, name, getattr(__builtins__, name, None) or __builtins__[name], False)
        for module in pkgutil.iter_modules(node_cases.__path__):
            importlib.import_module(f"{node_cases.__name__}.{module.name}")
    return [case for case in node_cases._NodeTestCases if len(case.model.graph.node) == 1]


def judged(case, tmp_path):
    """Whether the evaluator takes the case; if so, it gives what the case expects."""
    case.model.opset_import[0].version = max(13, case.model.opset_import[0].version)
    onnx.save(case.model, str(tmp_path / "case.onnx"))
    for inputs, outputs in case.data_sets:
        try:
            graph = OnnxGraph(tmp_path / "case.onnx")
            values = graph.run(dict(zip(graph.inputs, inputs)))
        except ExportError:
            return False
        for name, expected in zip(graph.outputs, outputs):
            if name not in values:  # a mask of dropout, the mean of a normalisation
                assert name != graph.outputs[0]
                continue
            found = values[name]
            assert found.shape == expected.shape, case.name
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6, err_msg=case.name)
    return True


def test_operators_compute_what_the_onnx_project_expects(cases, tmp_path):
    done, refused = {}, set()
    for case in cases:
        kind = case.model.graph.node[0].op_type
        if kind not in LAYERS or any(word in case.name for word in NEVER):
            continue
        taken = judged(case, tmp_path)
        done[kind] = done.get(kind, 0) + taken
        refused |= set() if taken else {case.name}
    known = LAYERS.keys() - NEWER
    assert all(done.get(kind) for kind in known), known - done.keys()
    interpolating = {name for name in refused if name.startswith("test_resize")}
    assert refused - interpolating == REFUSED, sorted((refused - interpolating) ^ REFUSED)
