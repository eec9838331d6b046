#pragma once

#include <cstdint>
#include <string>

#include "sim/base/config_reader.h"

namespace sim::workload {

enum class StimulusKind { kVectors, kRandom };

/// A program of look-up tables and what it is run on.
struct LutsConfig {
  std::string program;  // relative to the workload file
  StimulusKind stimulus = StimulusKind::kVectors;
  std::uint32_t first = 0;   // vectors
  std::uint32_t count = 0;   // 0: all from the first on (vectors), kRandomSamples (random)
  double ones_percent = 50;  // random

  /// Reads the keys when `applies`, that is when the kind of the workload is luts; else refuses
  /// them.
  static LutsConfig from(base::ConfigReader& in, bool applies);
};

/// The key `stimulus`.
StimulusKind read_stimulus(base::ConfigReader& in);

constexpr std::uint32_t kRandomSamples = 1000;

}  // namespace sim::workload
