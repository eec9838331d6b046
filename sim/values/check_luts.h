#pragma once

#include <cstdint>

#include "sim/workload/lut_program.h"

namespace sim::values {

/// Evaluates the program and compares what its file says of the vectors: outputs of levels, then
/// scores. Returns the number of values compared. Throws SimulationError naming sample, level and
/// LUT, or class, and both values at the first difference.
std::uint64_t check_vectors(const workload::LutTask& task);

}  // namespace sim::values
