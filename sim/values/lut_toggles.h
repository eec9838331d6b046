#pragma once

#include <array>
#include <cstdint>

#include "sim/workload/lut_program.h"

namespace sim::values {

/// Changes of LUTs, summed over all transitions from sample to sample.
struct LutToggles {
  std::uint64_t outputs = 0;
  std::uint64_t pins = 0;
  std::uint64_t lut6 = 0;  // outputs of the LUT6 that they consist of

  bool operator==(const LutToggles&) const = default;
};

/// By the number of live pins of a LUT: what it costs depends on these, not on the level's fan-in.
using TogglesByPins = std::array<LutToggles, workload::kMaxFanIn + 1>;

}  // namespace sim::values
