#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/values/lut_planes.h"
#include "sim/workload/lut_program.h"

namespace sim::values {

/// Evaluates a LUT program for up to 512 samples at once: a signal is a plane, one bit a sample,
/// and a table is a tree of selections between planes. Its judge is sim/reference/lut_cascade.
class LutEvaluator {
 public:
  static constexpr std::uint32_t kBlock = kPlaneSamples;

  /// The program must outlive the evaluator and obey the rules of docs/lut-program.md.
  explicit LutEvaluator(const workload::LutProgram& program);

  /// Takes samples [first_row, first_row + rows) of the inputs; rows <= kBlock. The other samples
  /// of the block are 0 at every input.
  void load(const workload::BitRows& inputs, std::size_t first_row, std::uint32_t rows);
  /// Evaluates every level.
  void run();

  const workload::LutProgram& program() const { return program_; }
  std::uint32_t rows() const { return rows_; }

  /// The values of an input, a LUT's output or a constant: kBlock / 64 words.
  const Plane& value(workload::Signal signal) const {
    return planes_[static_cast<std::size_t>(std::int64_t{signal} + kConstants)];
  }
  std::span<const std::uint64_t> plane(workload::Signal signal) const {
    return {reinterpret_cast<const std::uint64_t*>(&value(signal)), kPlaneWords};
  }

  /// A table of n > 6 live pins is 2^(n-6) LUT6 that share the first six of these; the others
  /// select one. Up to six live pins it is one LUT6. The outputs of LUT6 number 0 … of a LUT of a
  /// level of fan-in P > 6; 0 for those that the LUT does not have.
  std::span<const Plane> inner(std::size_t level, std::size_t lut) const {
    const std::size_t each = inner_luts(level);
    return {&inner_[level][lut * each], each};
  }
  std::size_t inner_luts(std::size_t level) const {
    const std::uint32_t fan_in = program_.levels[level].fan_in;
    return fan_in <= 6 ? 0 : std::size_t{1} << (fan_in - 6);
  }

  /// [rows, classes]: the scores of the loaded samples.
  void scores(std::vector<std::int32_t>& out) const;

 private:
  static constexpr int kConstants = 2;  // planes of constant 1 and constant 0 come first

  const workload::LutLevel& evaluated(std::size_t level) const {
    return compact_[level].luts > 0 ? compact_[level] : program_.levels[level];
  }

  const workload::LutProgram& program_;
  std::vector<workload::LutLevel> compact_;  // by level: live pins first; empty: as in the program
  std::uint32_t rows_ = 0;
  std::vector<Plane> planes_;              // by signal + kConstants
  std::vector<std::vector<Plane>> inner_;  // by level: [luts, inner_luts]; empty up to six pins
  std::vector<std::vector<std::uint32_t>>
      lut6_;  // by level of more than six pins and LUT: how many
};

/// The whole run: scores of every sample, [rows, classes].
std::vector<std::int32_t> lut_scores(const workload::LutProgram& program,
                                     const workload::BitRows& inputs);

}  // namespace sim::values
