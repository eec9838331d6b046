#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/memory.h"
#include "sim/workload/workload.h"

namespace sim::values {

/// Compares values that the files of a workload state with what its tasks compute, of those tasks
/// for which this is quick and needs no machine: programs of look-up tables, and networks with at
/// most 2^36 multiplications for all samples. Returns how many were compared; nothing when there is
/// no such task. Throws SimulationError at the first difference, MemoryError before more than
/// `limit` is taken.
std::optional<std::uint64_t> check_files(const workload::Workload& workload,
                                         const base::MemoryLimit& limit);

}  // namespace sim::values
