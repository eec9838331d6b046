#pragma once

#include <memory>
#include <string>

#include "sim/base/memory.h"
#include "sim/workload/network.h"
#include "sim/workload/tensor_file.h"

namespace sim::workload {

/// The whole trace: every sentence, operator and reference point, all of the format's rules
/// (docs/trace-format.md) checked. Throws WorkloadError "FILE: what is wrong; what is right".
NetworkTask read_trace(std::shared_ptr<const TensorFile> trace);

/// Opens it first. Throws FileError, or MemoryError when it holds more than the limit, too.
NetworkTask open_trace(const std::string& path, const base::MemoryLimit& limit);

}  // namespace sim::workload
