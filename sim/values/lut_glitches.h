#pragma once

#include <cstdint>
#include <vector>

#include "sim/values/lut_toggles.h"
#include "sim/workload/lut_program.h"

namespace sim::values {

/// Delays of nets: the wire of an input, or a LUT with the wire behind it.
struct NetDelays {
  static constexpr std::uint32_t kNominal = 256;  // ticks

  double spread = 0;  // in [0, 1): each delay is drawn from kNominal * [1 - spread, 1 + spread]
  std::uint64_t seed = 1;  // of what is drawn

  /// By signal, in ticks, at least 1.
  std::vector<std::uint32_t> draw(const workload::LutProgram& program) const;
};

struct LevelGlitches {
  std::uint64_t output_toggles = 0;
  std::uint64_t pin_toggles = 0;
  TogglesByPins by_pins{};  // the same; LUT6 inside wide LUTs are not simulated
};

/// Changes with delays, summed over all transitions from sample to sample: at least those of
/// NetlistActivity, the excess being glitches.
struct GlitchActivity {
  std::uint64_t transitions = 0;
  std::vector<LevelGlitches> levels;
  std::uint64_t score_toggles = 0;
};

/// Simulates every transition event by event until nothing changes any more. All inputs change at
/// once; delays are transport delays, so every pulse passes, however short: an upper estimate.
/// Changes that reach a LUT in the same tick are one. Without spread a program in which every LUT
/// reads the level before it has no glitches. Some thousand times slower than ActivityCounter.
GlitchActivity lut_glitches(const workload::LutProgram& program, const workload::BitRows& inputs,
                            const NetDelays& delays);

}  // namespace sim::values
