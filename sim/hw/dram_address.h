#pragma once

#include <cstdint>

#include "sim/hw/banked_dram_config.h"

namespace sim::hw {

/// Where a burst lies.
struct DramPlace {
  std::uint32_t channel = 0;
  std::uint32_t rank = 0;
  std::uint32_t group = 0;
  std::uint32_t bank = 0;  // of the group
  std::uint32_t row = 0;
  std::uint32_t column = 0;  // burst of the row
};

/// The place of the burst that holds the byte at `address`, which is below the capacity.
DramPlace dram_place(const BankedDramConfig& config, std::uint64_t address);

}  // namespace sim::hw
