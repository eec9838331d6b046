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

/// The number of a bank group among those of its channel, and of a bank among all of them.
inline std::uint32_t group_index(const BankedDramConfig& config, std::uint32_t rank,
                                 std::uint32_t group) {
  return rank * config.bank_groups + group;
}
inline std::uint32_t bank_index(const BankedDramConfig& config, const DramPlace& place) {
  return group_index(config, place.rank, place.group) * config.banks + place.bank;
}

/// The place of the burst that holds the byte at `address`, which is below the capacity.
DramPlace dram_place(const BankedDramConfig& config, std::uint64_t address);

}  // namespace sim::hw
