#pragma once

#include <cstdint>
#include <string>

#include "sim/base/config_reader.h"

namespace sim::workload::luts {

enum class StimulusKind { kVectors, kRandom };

/// A program of look-up tables and what it is run on.
struct Config {
  std::string program;  // relative to the workload file
  StimulusKind stimulus = StimulusKind::kVectors;
  double ones_percent = 50;  // random
  std::uint32_t first = 0;   // vectors
  std::uint32_t count = 0;   // 0: all from the first on (vectors), kRandomSamples (random)
  std::uint64_t seed = 0;    // random

  static Config from(base::ConfigReader& in);
};

/// The key `stimulus`.
StimulusKind read_stimulus(base::ConfigReader& in);

constexpr std::uint32_t kRandomSamples = 1000;

}  // namespace sim::workload::luts
