#pragma once

#include <vector>

#include "tests/unit/hw/dram_rules.h"
#include "tests/unit/hw/memory_stream.h"

namespace sim::hw::memory_test {

struct BankedOutcome : Outcome {
  std::vector<std::vector<Command>> commands{};  // of each channel
};

/// The whole of it again: one loop over cycles and clocks, lists that are searched from end to end,
/// and the rules of dram_rules.h; nothing of sim/hw but the numbers of the configurations.
BankedOutcome judge_banked(const MemoryPortConfig& port, const BankedDramConfig& config,
                           std::uint64_t machine_mhz, const Stream& stream, std::uint64_t tail);

}  // namespace sim::hw::memory_test
