#pragma once

#include <cstdint>

#include "sim/workload/network.h"

namespace sim::values {

/// Multiplications, or elements that are looked at without one, for all samples of a task when each
/// row is computed once and decoding goes on as long as it may. No more than 2^64 - 1 are counted.
std::uint64_t most_multiplications(const workload::NetworkTask& task);

}  // namespace sim::values
