#pragma once

#include <algorithm>

#include "sim/accelerators/poetbin/timing.h"
#include "sim/base/rng.h"

namespace sim::poetbin::test {

inline std::uint32_t within(base::Rng& rng, std::uint32_t low, std::uint32_t high) {
  return low + static_cast<std::uint32_t>(rng.below(high - low + 1));
}

/// A sink that is always ready, or blocks in one of many patterns.
inline SinkConfig random_sink(base::Rng& rng) {
  if (rng.below(3) == 0) return {};
  const std::uint32_t scale = rng.below(2) == 0 ? 4 : 40;
  return {.ready_cycles = within(rng, 1, scale), .blocked_cycles = within(rng, 0, scale)};
}

inline SpatialTiming random_spatial(base::Rng& rng) {
  return {.load_words = rng.below(2) == 0 ? 1 : within(rng, 1, 20), .registers = within(rng, 2, 8)};
}

inline ColumnsTiming random_columns(base::Rng& rng) {
  const std::uint32_t neurons = within(rng, 1, 8);
  return {.steps = neurons * within(rng, 1, 5),
          .neurons_per_class = neurons,
          .argmax = rng.below(2) == 0};
}

inline FabricTiming random_fabric(base::Rng& rng) {
  FabricTiming timing{.load_words = within(rng, 1, rng.below(2) == 0 ? 3 : 30),
                      .contexts = within(rng, 1, 6),
                      .slots = {},
                      .argmax = rng.below(2) == 0};
  const std::uint32_t levels = within(rng, 1, 5);
  const std::uint32_t most = rng.below(2) == 0 ? 1 : 4;  // gather clocks
  for (std::uint32_t level = 0; level < levels; ++level) {
    const std::uint32_t slots = within(rng, 1, 7);
    for (std::uint32_t s = 0; s < slots; ++s) {
      timing.slots.push_back({.level = level, .gather_cycles = within(rng, 1, most)});
    }
  }
  return timing;
}

inline CoreTiming random_core(base::Rng& rng) {
  switch (rng.below(3)) {
    case 0:
      return random_spatial(rng);
    case 1:
      return random_columns(rng);
    default:
      return random_fabric(rng);
  }
}

inline StreamTiming random_stream(base::Rng& rng, const CoreTiming& core, std::uint32_t samples) {
  return {.samples = within(rng, 1, samples),
          .load_words = load_words(core),
          .gap_cycles = rng.below(2) == 0 ? 0 : within(rng, 0, 30),
          .sink = random_sink(rng)};
}

}  // namespace sim::poetbin::test
