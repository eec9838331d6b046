#pragma once

#include <string>

#include "sim/workload/network.h"
#include "sim/workload/tensor_reader.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {

/// Fills in sentences (tokens, and texts when the trace has them), reference points and vocabulary
/// of a task whose model is read. `reference` is the JSON text of the metadata. Checks tokens
/// against the vocabulary, lengths against the model, and the shape of every point. Throws
/// WorkloadError.
void read_reference(const std::string& reference, TraceSchema schema, TensorReader& tensors,
                    const std::string& file, NetworkTask& task);

}  // namespace sim::workload
