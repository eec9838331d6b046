#pragma once

#include <array>
#include <cstdint>

#include "sim/workload/network.h"

namespace sim::values {

/// Multiplications that a phase of a sentence asks for, in MACs.
struct MacCounts {
  std::uint64_t weights = 0;       // linear and logits, as if no weight were pruned
  std::uint64_t kept_weights = 0;  // the same, weights of the masks only
  std::uint64_t scores = 0;        // query x key
  std::uint64_t values = 0;        // attention probability x value

  std::uint64_t dense() const { return weights + scores + values; }
  MacCounts& operator+=(const MacCounts& other) {
    weights += other.weights;
    kept_weights += other.kept_weights;
    scores += other.scores;
    values += other.values;
    return *this;
  }
  friend bool operator==(const MacCounts&, const MacCounts&) = default;
};

/// One for each workload::Phase.
struct PhaseMacs {
  std::array<MacCounts, 3> phases;

  MacCounts& operator[](workload::Phase p) { return phases[static_cast<std::size_t>(p)]; }
  const MacCounts& operator[](workload::Phase p) const {
    return phases[static_cast<std::size_t>(p)];
  }
  friend bool operator==(const PhaseMacs&, const PhaseMacs&) = default;
};

}  // namespace sim::values
