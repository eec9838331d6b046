#pragma once

#include <memory>

#include "sim/workload/tensor_file.h"
#include "sim/workload/workload.h"

namespace sim::workload {

/// The whole trace as a workload: every sentence, operator and reference point, all of the format's
/// rules (docs/trace-format.md) checked. Throws WorkloadError "FILE: what is wrong; what is right".
Workload read_trace(std::shared_ptr<const TensorFile> trace);

}  // namespace sim::workload
