"""The integer arithmetic of a trace as exports use it: every operator's output for whole inputs."""

from __future__ import annotations

import numpy as np

from scripts.export.graph.network import Values
from scripts.export.graph.report import Integer
from scripts.export.integer_reference import IntegerModel, Outputs
from scripts.export.trace import Trace
from scripts.export.trace_samples import Sample


def integer_run(trace: Trace) -> Integer:
    """A function of tokens or int8 tensors by name; a target's tokens are all that are fed."""
    model = IntegerModel(trace)

    def run(values: Values) -> Outputs:
        prepared = model.prepare(Sample({k: v for k, v in values.items() if k != "target"}, []))
        if not model.of_target:
            return prepared
        return model.step(prepared, np.asarray(values[model.sentence]))

    return run
