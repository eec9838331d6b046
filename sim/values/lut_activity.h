#pragma once

#include <cstdint>
#include <vector>

#include "sim/values/lut_evaluator.h"
#include "sim/values/lut_toggles.h"

namespace sim::values {

/// Changes of one level from sample to sample, summed over all transitions.
struct LevelActivity {
  std::uint64_t output_toggles = 0;
  std::uint64_t pin_toggles = 0;   // changes at pins; a pin that is constant never changes
  std::uint64_t changed_luts = 0;  // LUTs with at least one pin that changed
  // Outputs of the LUT6 that a table is made of, 2^(n-6) for n live pins; up to six it is one.
  std::uint64_t lut6_toggles = 0;
  std::uint64_t output_ones = 0;  // over all samples
  TogglesByPins by_pins{};        // the same of outputs, pins and LUT6
};

/// Zero-delay activity of a program on a sequence of samples: of a signal only its final value for
/// each sample counts.
struct NetlistActivity {
  std::uint64_t samples = 0;
  std::uint64_t transitions = 0;  // samples - 1
  std::uint64_t input_toggles = 0;
  std::uint64_t input_ones = 0;     // over all samples
  std::uint64_t score_toggles = 0;  // of the bits of all scores
  std::vector<LevelActivity> levels;

  std::uint64_t output_toggles() const;  // of all levels
};

/// Counts what changes between consecutive samples, also from one block to the next. It costs about
/// as much as evaluating the program.
class ActivityCounter {
 public:
  explicit ActivityCounter(const workload::LutProgram& program);

  /// The samples of a block that was run; they follow those of the block before.
  void add(const LutEvaluator& block);
  const NetlistActivity& activity() const { return activity_; }

 private:
  void add_signals(const LutEvaluator& block);
  void add_level(const LutEvaluator& block, std::size_t level);
  void add_inner(const LutEvaluator& block, std::size_t level);

  const workload::LutProgram& program_;
  NetlistActivity activity_;
  Plane counted_{};                            // the samples that are there
  std::vector<Plane> toggles_;                 // by signal, in this block
  std::vector<std::uint32_t> signal_toggles_;  // by signal, in this block
  std::vector<std::uint8_t> last_;             // by signal: value in the sample before the block
  std::vector<std::vector<std::uint8_t>> last_inner_;  // by level: [luts, inner_luts]
  std::vector<std::vector<std::uint32_t>> live_;       // by level and LUT: its live pins
};

/// The whole run over consecutive samples.
NetlistActivity lut_activity(const workload::LutProgram& program, const workload::BitRows& inputs);

}  // namespace sim::values
