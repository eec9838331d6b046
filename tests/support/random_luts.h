#pragma once

#include <cstdint>

#include "sim/base/rng.h"
#include "sim/workload/lut_program.h"

namespace sim::test {

/// A cascade without a plan: pins go to any earlier signal or constant, tables are drawn.
struct RandomLutShape {
  std::uint32_t inputs = 20;
  std::uint32_t levels = 3;
  std::uint32_t max_luts = 12;   // a level has 1 to this many LUTs
  std::uint32_t max_fan_in = 6;  // a level has a fan-in of 1 to this
  std::uint32_t classes = 3;
  std::uint32_t score_bits = 4;
  double constants = 0.1;  // share of pins, and of score bits, that are constants
  bool signed_scores = true;
};

workload::LutProgram random_luts(base::Rng& rng, const RandomLutShape& shape);

/// The same with the shape drawn, too: 1 to 5 levels, fan-in up to `max_fan_in`.
workload::LutProgram random_luts(base::Rng& rng, std::uint32_t max_fan_in = 8);

/// A classifier of the shape that PoET-BiN trains: trees, one or two levels of weighted votes
/// (G = ceil(T / P); unused pins are constant 0), and a level that gives the bits of each score.
struct RincShape {
  std::uint32_t inputs = 512;    // F
  std::uint32_t classes = 10;    // nc
  std::uint32_t fan_in = 8;      // P; nc * P neurons
  std::uint32_t trees = 32;      // T, at most P * P
  std::uint32_t score_bits = 8;  // q
};

/// Levels trees, mat1, mat2 and scores. Trees have drawn tables over P different features; votes
/// and scores have drawn positive weights.
workload::LutProgram random_rinc(base::Rng& rng, const RincShape& shape);

/// Bits each of which is 1 with the given probability.
workload::BitRows random_bits(base::Rng& rng, std::uint32_t rows, std::uint32_t bits,
                              double ones = 0.5);

}  // namespace sim::test
