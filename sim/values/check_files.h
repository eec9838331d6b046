#pragma once

#include <cstdint>
#include <optional>

#include "sim/workload/workload.h"

namespace sim::values {

/// Compares values that the files of a workload state with what its tasks compute, of those tasks
/// for which this is quick and needs no machine. Returns how many were compared; nothing when there
/// is no such task. Throws SimulationError at the first difference.
std::optional<std::uint64_t> check_files(const workload::Workload& workload);

}  // namespace sim::values
