#pragma once

#include <cstdint>

#include "sim/workload/lut_program.h"

namespace sim::workload::luts {

/// Samples [first, first + count) with all that is known of them; the samples must exist.
LutVectors cut(const LutVectors& vectors, std::uint32_t first, std::uint32_t count);

/// Inputs that are drawn: each bit is 1 with probability `ones_percent` / 100. Scores are not
/// known. The same seed gives the same samples, and more samples begin with those of fewer.
LutVectors random_vectors(std::uint32_t inputs, std::uint32_t count, double ones_percent,
                          std::uint64_t seed);

/// As many samples without their words, for what needs their number only.
LutVectors undrawn_vectors(std::uint32_t inputs, std::uint32_t count);

}  // namespace sim::workload::luts
