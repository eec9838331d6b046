#pragma once

#include <cstdint>

#include "sim/accelerators/optimus/config.h"
#include "sim/accelerators/optimus/program.h"

namespace sim::optimus {

/// How many rows there are of a sentence's tokens when a step begins to compute. Decoding step t
/// has those of the first step, one of the begin of sentence or all of a prompt, and t - 1 chosen
/// since.
struct Moment {
  std::uint32_t source = 0;
  std::uint32_t target = 0;  // those that the step adds included
  std::uint32_t added = 0;   // target rows that are new in this step
  bool first_step = false;   // or before the first

  /// Step t = 1, 2, …; 0: before the first. `source_tokens`: of the source, or of the prompt.
  static Moment of(const Program& program, std::uint32_t source_tokens, std::uint32_t t);

  /// Rows of such an output.
  std::uint32_t rows(const workload::OutputShape& shape) const;
};

/// Positions that a layer computes. With redundancy skipping: those that the step adds, of the
/// logits the last; what never changes only in the first step. Without: all that there are.
std::uint32_t positions(const Layer& layer, const Skipping& skipping, const Moment& moment);

}  // namespace sim::optimus
