#pragma once

#include "sim/base/memory.h"
#include "sim/workload/lut_program.h"
#include "sim/workload/network.h"

namespace sim::values {

/// What computing the values of a network's samples holds: every operator's rows of the longest
/// samples, and the outputs that are compared. From shapes alone; a bound from above.
base::MemoryNeed translation_need(const workload::NetworkTask& task);

/// What evaluating a LUT program and counting its toggles holds.
base::MemoryNeed evaluation_need(const workload::LutProgram& program);

}  // namespace sim::values
