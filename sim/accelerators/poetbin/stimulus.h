#pragma once

#include <cstdint>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin {

/// What the features are, row after row, as the LUTs see them from the first sample on: a sample a
/// row; with serial load a row for each further word that is shifted in, of which the last of each
/// sample is the sample. Samples beyond the vectors are the vectors again.
class Stimulus {
 public:
  Stimulus(const workload::LutTask& task, const Program& program, const SpatialConfig& spatial);

  /// Whether samples are shifted in over several rows.
  bool shifted() const { return words_ > 1; }
  std::uint64_t rows() const { return samples_ == 0 ? 0 : (samples_ - 1) * words_ + 1; }
  /// Whether row `row` is a whole sample, and of which number.
  bool whole(std::uint64_t row) const { return row % words_ == 0; }
  std::uint64_t sample(std::uint64_t row) const { return row / words_; }
  /// Rows first … first + count - 1.
  workload::BitRows block(std::uint64_t first, std::uint32_t count) const;

 private:
  void shift(workload::BitRows& block, std::uint32_t at, std::uint64_t row) const;

  const workload::BitRows& inputs_;
  const std::uint64_t samples_;
  const std::uint32_t words_;  // of a sample
  const std::uint32_t bits_;   // of a word
  const SerialEntry entry_;
};

}  // namespace sim::poetbin
