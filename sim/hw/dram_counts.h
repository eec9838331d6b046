#pragma once

#include <cstdint>
#include <span>

#include "sim/stats/stats.h"

namespace sim::hw {

/// What a DRAM did. Of a memory without banks, a clock is a cycle of the machine, its data pipe is
/// the one channel, and what concerns rows and refresh is 0.
///
/// In each clock of each channel exactly one of data_clocks, refresh_wait_clocks,
/// timing_wait_clocks and idle_clocks grows by one.
struct DramCounts {
  std::uint64_t read_requests = 0;
  std::uint64_t write_requests = 0;
  std::uint64_t responses = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t request_waits = 0;

  std::uint64_t bursts = 0;
  std::uint64_t moved_bytes = 0;
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;
  std::uint64_t row_conflicts = 0;
  std::uint64_t activates = 0;
  std::uint64_t precharges = 0;
  std::uint64_t refreshes = 0;
  std::uint64_t refresh_clocks = 0;

  std::uint64_t data_clocks = 0;
  std::uint64_t refresh_wait_clocks = 0;
  std::uint64_t timing_wait_clocks = 0;
  std::uint64_t idle_clocks = 0;
  std::uint64_t queued_clocks = 0;
};
std::span<const stats::Field<DramCounts>> dram_fields();
/// Of these, the four of which one grows.
std::span<const stats::Field<DramCounts>> dram_clock_fields();

}  // namespace sim::hw
