#pragma once

#include "sim/hw/dram_config.h"
#include "tests/unit/hw/memory_stream.h"

namespace sim::hw::memory_test {

/// Plain arrays, one loop over cycles, nothing of sim/hw but the numbers of the configurations.
Outcome judge_fixed(const MemoryPortConfig& port, const FixedDramConfig& config,
                    const Stream& stream, std::uint64_t tail);

}  // namespace sim::hw::memory_test
