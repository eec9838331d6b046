#pragma once

#include <cstdint>

#include "sim/base/math.h"

namespace sim::hw {

/// A clock beside the machine's: its clock d begins in the machine's cycle cycle_of(d), and
/// first_clock(c) is the first that begins in cycle c or later. Both count from a common edge.
class ClockRatio {
 public:
  ClockRatio(std::uint64_t machine_mhz, std::uint64_t other_mhz)
      : machine_mhz_(machine_mhz), other_mhz_(other_mhz) {}

  std::uint64_t first_clock(std::uint64_t cycle) const {
    return base::ceil_div(cycle * other_mhz_, machine_mhz_);
  }
  std::uint64_t cycle_of(std::uint64_t clock) const { return clock * machine_mhz_ / other_mhz_; }

 private:
  std::uint64_t machine_mhz_;
  std::uint64_t other_mhz_;
};

}  // namespace sim::hw
