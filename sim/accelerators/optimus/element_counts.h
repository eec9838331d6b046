#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/run_record.h"

namespace sim::optimus {

/// What the elementwise unit did in a run, whatever the configuration.
struct ElementCounts {
  std::uint64_t reads = 0;        // of activations, two for each element of a sum or a gate
  std::uint64_t scales = 0;       // activations times a constant
  std::uint64_t products = 0;     // of two activations, and then times a constant
  std::uint64_t sums = 0;         // of two operands, of a result with what rounds it
  std::uint64_t averages = 0;     // divisions
  std::uint64_t activations = 0;  // results from a table
  std::uint64_t rotated = 0;      // elements that read a cosine and a sine
};

ElementCounts element_counts(const RunRecord& record, const Program& program);

/// Scores that got a bias.
std::uint64_t biased_scores(const RunRecord& record, const Program& program);

}  // namespace sim::optimus
