#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/accelerators/poetbin/config.h"

namespace sim::poetbin {

/// What the clocks of the spatial variant depend on; see spatial_tick.h.
struct SpatialTiming {
  std::uint32_t load_words = 1;  // words of a sample: 1, or ceil(F / w) when loaded serially
  std::uint32_t registers = 2;  // features, those between levels, scores, and the class with argmax
};

/// … of the columns; see columns_tick.h.
struct ColumnsTiming {
  std::uint32_t steps = 1;              // clocks a sample: classes of a column * neurons_per_class
  std::uint32_t neurons_per_class = 1;  // P
  bool argmax = false;
};

/// Up to W LUTs of one level.
struct SlotTiming {
  std::uint32_t level = 0;
  std::uint32_t gather_cycles = 1;  // 1, more with bank conflicts
};

/// … of the fabric; see fabric_tick.h.
struct FabricTiming {
  std::uint32_t load_words = 1;   // ceil(F / load_bits)
  std::uint32_t contexts = 1;     // C
  std::vector<SlotTiming> slots;  // of a sample, by level
  bool argmax = false;

  /// The first slot of each level, by slot: slots[level_begin[s]] is the first of s's level.
  std::vector<std::uint32_t> level_begins() const;
};

/// What surrounds the machine.
struct StreamTiming {
  std::uint64_t samples = 0;
  std::uint32_t load_words = 1;
  std::uint32_t gap_cycles = 0;
  SinkConfig sink;
};

using CoreTiming = std::variant<SpatialTiming, ColumnsTiming, FabricTiming>;

std::uint32_t load_words(const CoreTiming& core);

}  // namespace sim::poetbin
