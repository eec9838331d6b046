#pragma once

#include <string>

#include "sim/workload/network.h"
#include "sim/workload/tensor_reader.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {

/// Reads the operator graph of a trace (JSON text of the metadata) and every tensor it names.
/// Checks that operators come in execution order, read only what their phase may read, and fit each
/// other in shape. Throws WorkloadError "FILE: operator NAME: …".
Network read_graph(const std::string& graph, TraceSchema schema, TensorReader& tensors,
                   const std::string& file);

}  // namespace sim::workload
