#include "sim/values/check_luts.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/error.h"
#include "sim/values/lut_evaluator.h"

namespace sim::values {
namespace {

using workload::LutTask;

/// One block of samples after the evaluation.
class BlockCheck {
 public:
  BlockCheck(const LutTask& task, const LutEvaluator& block, std::uint32_t first)
      : task_(task), block_(block), first_(first) {}

  std::uint64_t levels() const {
    std::uint64_t compared = 0;
    for (std::size_t k = 0; k < task_.vectors.levels.size(); ++k) {
      const workload::BitRows& expected = task_.vectors.levels[k];
      const std::uint32_t end = std::min(first_ + block_.rows(), expected.rows);
      for (std::uint32_t row = first_; row < end; ++row) compare_row(k, row);
      compared += std::uint64_t{std::max(end, first_) - first_} * expected.bits;
    }
    return compared;
  }

  std::uint64_t scores(const std::vector<std::int32_t>& computed) const {
    if (task_.vectors.scores.empty()) return 0;
    const std::size_t classes = task_.program.classes;
    for (std::size_t i = 0; i < computed.size(); ++i) {
      const std::int32_t expected = task_.vectors.scores[first_ * classes + i];
      if (computed[i] == expected) continue;
      throw base::SimulationError(
          fmt::format("sample {}, class {}: the file says {}, computed was {}",
                      first_ + i / classes, i % classes, expected, computed[i]));
    }
    return computed.size();
  }

 private:
  void compare_row(std::size_t k, std::uint32_t row) const {
    const workload::BitRows& expected = task_.vectors.levels[k];
    const workload::Signal first = task_.program.first_signal(k);
    for (std::uint32_t lut = 0; lut < expected.bits; ++lut) {
      const bool computed =
          sample(block_.value(first + static_cast<workload::Signal>(lut)), row - first_);
      if (computed == expected.get(row, lut)) continue;
      throw base::SimulationError(
          fmt::format("sample {}, level {} '{}', LUT {}: the file says {:d}, computed was {:d}",
                      row, k, task_.program.levels[k].name, lut, !computed, computed));
    }
  }

  const LutTask& task_;
  const LutEvaluator& block_;
  const std::uint32_t first_;
};

}  // namespace

std::uint64_t check_vectors(const LutTask& task) {
  if (task.vectors.scores.empty() && task.vectors.levels.empty()) return 0;  // nothing to compare
  LutEvaluator evaluator(task.program);
  std::vector<std::int32_t> scores;
  std::uint64_t compared = 0;
  const std::uint32_t samples = task.vectors.inputs.rows;
  for (std::uint32_t first = 0; first < samples; first += LutEvaluator::kBlock) {
    evaluator.load(task.vectors.inputs, first, std::min(LutEvaluator::kBlock, samples - first));
    evaluator.run();
    evaluator.scores(scores);
    const BlockCheck block(task, evaluator, first);
    compared += block.levels() + block.scores(scores);
  }
  return compared;
}

}  // namespace sim::values
