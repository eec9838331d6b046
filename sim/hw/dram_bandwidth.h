#pragma once

#include <cstdint>

#include "sim/hw/banked_dram_config.h"
#include "sim/hw/dram_counts.h"

namespace sim::hw {

struct DramBandwidth {
  double peak_bytes_per_clock;      // of the data buses of all channels
  double moved_bytes_per_clock;     // whole bursts
  double achieved_bytes_per_clock;  // what was asked for
};

/// Of a run of `clocks` DRAM clocks, at least one.
inline DramBandwidth dram_bandwidth(const DramCounts& counts, const BankedDramConfig& config,
                                    std::uint64_t clocks) {
  const auto time = static_cast<double>(clocks);
  return {.peak_bytes_per_clock = static_cast<double>(config.peak_bytes_per_clock()),
          .moved_bytes_per_clock = static_cast<double>(counts.moved_bytes) / time,
          .achieved_bytes_per_clock =
              static_cast<double>(counts.read_bytes + counts.write_bytes) / time};
}

}  // namespace sim::hw
