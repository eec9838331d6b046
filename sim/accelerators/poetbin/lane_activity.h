#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/accelerators/poetbin/lanes.h"
#include "sim/accelerators/poetbin/signal_toggles.h"
#include "sim/stats/stats.h"

namespace sim::poetbin {

struct LaneCounts {
  std::uint64_t evaluations = 0;
  std::uint64_t output_toggles = 0;
  std::uint64_t pin_toggles = 0;
};

std::span<const stats::Field<LaneCounts>> lane_count_fields();

/// What changes on the outputs and pins of physical LUTs while samples and steps follow each other
/// in the order of visit(). All wires are 0 after reset; a lane without work keeps its values.
///
/// Values come as planes, a word for 64 samples of a signal, and are turned into rows, a word for
/// 64 lanes of a sample, so that a step costs a few words whatever the order.
class LaneActivity {
 public:
  explicit LaneActivity(const LaneGroup& group);

  /// The planes of samples 64 * chunk …, at word `word`. Chunks come in ascending order; the one
  /// before the last stays readable.
  void load(std::uint64_t chunk, const PlaneOf& plane_of, std::size_t word);
  /// The next step that the lanes do; its sample is in one of the two last chunks.
  void visit(std::uint64_t sample, std::uint32_t step);

  const LaneCounts& counts() const { return counts_; }

 private:
  struct StepLayout {
    std::vector<workload::Signal> signals;  // outputs, then pins from a word of their own on
    std::vector<std::uint64_t> mask;        // signals that are not held
    std::size_t first_word = 0;             // in a row
    std::uint64_t evaluations = 0;
  };

  std::vector<StepLayout> steps_;
  std::size_t output_words_ = 0;  // of a step
  std::size_t row_words_ = 0;     // of a sample
  std::vector<std::uint64_t> rows_[2];
  std::vector<std::uint64_t> state_;  // of the wires
  LaneCounts counts_;
};

}  // namespace sim::poetbin
