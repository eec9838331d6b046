#pragma once

#include "sim/accelerators/dnnguard/unit_timing.h"

namespace sim::dnnguard {

/// The source of PDP and CDP. A read goes out read_interval cycles after the one before, with less
/// than `flight` on their way. Its flight ends latency + `beat_return` later, one a cycle, when it
/// goes into a queue of kAtoms atoms.
struct UnitSource {
  static constexpr std::uint64_t kAtoms = 32;

  std::uint32_t flight = 8;
  std::uint32_t beat_return = 14;
};

}  // namespace sim::dnnguard
