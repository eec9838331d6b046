#include "sim/accelerators/poetbin/lane_activity.h"

#include <array>
#include <bit>

#include "sim/base/math.h"
#include "sim/values/bit_transpose.h"

namespace sim::poetbin {
namespace {

using workload::Signal;

constexpr std::size_t kWord = 64;

constexpr stats::Field<LaneCounts> kFields[] = {
    {"lut_evaluations", "evaluations", "look-ups in a table", &LaneCounts::evaluations},
    {"lut_output_toggles", "toggles", "changes of the bit that a LUT looks up",
     &LaneCounts::output_toggles},
    {"lut_pin_toggles", "toggles", "changes of a pin of a LUT", &LaneCounts::pin_toggles},
};

std::uint64_t word_of(Signal signal, const PlaneOf& plane_of, std::size_t word) {
  if (signal >= 0) return plane_of(signal)[word];
  return signal == workload::kConstantOne ? ~std::uint64_t{0} : 0;
}

/// Signals in whole words: held ones fill the last.
void append(std::vector<Signal>& signals, const std::vector<Signal>& more) {
  signals.insert(signals.end(), more.begin(), more.end());
  signals.resize(base::ceil_div(signals.size(), kWord) * kWord, kHold);
}

}  // namespace

std::span<const stats::Field<LaneCounts>> lane_count_fields() { return kFields; }

LaneActivity::LaneActivity(const LaneGroup& group) {
  for (const LaneStep& step : group.steps) {
    StepLayout layout;
    append(layout.signals, step.outputs);
    output_words_ = layout.signals.size() / kWord;
    append(layout.signals, step.pins);
    layout.mask.resize(layout.signals.size() / kWord);
    for (std::size_t i = 0; i < layout.signals.size(); ++i) {
      layout.mask[i / kWord] |= std::uint64_t{layout.signals[i] != kHold} << (i % kWord);
    }
    layout.first_word = row_words_;
    layout.evaluations = step.working();
    row_words_ += layout.mask.size();
    state_.resize(layout.mask.size());
    steps_.push_back(std::move(layout));
  }
}

void LaneActivity::load(std::uint64_t chunk, const PlaneOf& plane_of, std::size_t word) {
  std::vector<std::uint64_t>& rows = rows_[chunk % 2];
  rows.resize(row_words_ * kWord);
  std::array<std::uint64_t, kWord> square{};
  for (const StepLayout& step : steps_) {
    for (std::size_t w = 0; w < step.mask.size(); ++w) {
      for (std::size_t i = 0; i < kWord; ++i) {
        square[i] = word_of(step.signals[w * kWord + i], plane_of, word);
      }
      values::transpose(square);
      for (std::size_t s = 0; s < kWord; ++s)
        rows[s * row_words_ + step.first_word + w] = square[s];
    }
  }
}

void LaneActivity::visit(std::uint64_t sample, std::uint32_t step) {
  const StepLayout& layout = steps_[step];
  const std::uint64_t* row =
      &rows_[sample / kWord % 2][sample % kWord * row_words_ + layout.first_word];
  for (std::size_t w = 0; w < layout.mask.size(); ++w) {
    const std::uint64_t changed = (row[w] ^ state_[w]) & layout.mask[w];
    state_[w] ^= changed;
    const auto toggles = static_cast<std::uint64_t>(std::popcount(changed));
    (w < output_words_ ? counts_.output_toggles : counts_.pin_toggles) += toggles;
  }
  counts_.evaluations += layout.evaluations;
}

}  // namespace sim::poetbin
