#pragma once

#include <cstdint>

#include "sim/base/config_reader.h"
#include "sim/hw/banked_dram_config.h"
#include "sim/hw/memory_port.h"

namespace sim::hw {

enum class DramKind { kIdeal, kFixed, kBanked };

struct FixedDramConfig {
  std::uint32_t bytes_per_cycle;
  std::uint32_t latency_cycles;          // from the request to the first byte
  std::uint32_t accept_interval_cycles;  // >= 1

  static FixedDramConfig from(base::ConfigReader& in);
};

/// A memory that has everything at once: only the port takes time.
constexpr FixedDramConfig kIdealDram = {
    .bytes_per_cycle = UINT32_MAX, .latency_cycles = 0, .accept_interval_cycles = 1};

struct DramConfig {
  DramKind kind;
  MemoryPortConfig port;
  FixedDramConfig fixed;    // of an ideal one: kIdealDram
  BankedDramConfig banked;  // used if banked

  static DramConfig from(base::ConfigReader& in);
};

}  // namespace sim::hw
