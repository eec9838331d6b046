#pragma once

#include <string>
#include <vector>

#include "sim/base/memory.h"
#include "sim/workload/workload.h"

namespace sim::values {

/// Runs the NVDLA register programs of a workload and compares the regions that they check. Returns
/// a line for each check and for what people should know; none when there is no such program.
/// Throws SimulationError with all checks when one differs, MemoryError before more than `limit` is
/// taken, WorkloadError for a program that would take very long.
std::vector<std::string> check_programs(const workload::Workload& workload,
                                        const base::MemoryLimit& limit);

}  // namespace sim::values
