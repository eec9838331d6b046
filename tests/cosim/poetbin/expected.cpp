#include "tests/cosim/poetbin/expected.h"

#include <algorithm>

#include "sim/accelerators/poetbin/rtl/bench_files.h"
#include "sim/reference/lut_cascade.h"

namespace sim::poetbin::test {

using sim::test::Bits;
using workload::BitRows;
using workload::LutProgram;

namespace {

class BitWriter {
 public:
  void number(std::uint64_t value, std::uint32_t bits) {
    for (std::uint32_t b = 0; b < bits; ++b, ++count_) {
      if (count_ % 64 == 0) bits_.push_back(0);
      bits_.back() |= (value >> b & 1) << (count_ % 64);
    }
  }
  Bits take() { return std::move(bits_); }

 private:
  Bits bits_;
  std::size_t count_ = 0;
};

std::size_t best_class(const LutProgram& program, const std::vector<std::int32_t>& scores) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < scores.size(); ++c) {
    const bool higher = program.signed_scores ? scores[c] > scores[best]
                                              : static_cast<std::uint32_t>(scores[c]) >
                                                    static_cast<std::uint32_t>(scores[best]);
    if (higher) best = c;
  }
  return best;
}

bool value(const std::vector<std::uint8_t>& signals, workload::Signal signal) {
  if (signal < 0) return signal == workload::kConstantOne;
  return signals[static_cast<std::size_t>(signal)] != 0;
}

}  // namespace

Words::Words(const BitRows& inputs, std::uint32_t word_bits, SerialEntry entry)
    : word_bits_(word_bits),
      of_sample_((inputs.bits + word_bits - 1) / word_bits),
      features_(inputs.bits),
      entry_(entry) {
  for (std::uint32_t row = 0; row < inputs.rows; ++row) {
    for (std::uint32_t w = 0; w < of_sample_; ++w) {
      BitWriter word;
      for (std::uint32_t b = 0; b < word_bits; ++b) {
        const std::uint32_t feature = w * word_bits + b;
        word.number(feature < features_ && inputs.get(row, feature) ? 1 : 0, 1);
      }
      words_.push_back(word.take());
    }
    if (entry == SerialEntry::kBottom) std::reverse(words_.end() - of_sample_, words_.end());
  }
}

BitRows Words::windows() const {
  BitRows rows(static_cast<std::uint32_t>(words_.size()) - of_sample_ + 1, features_);
  // Bit by bit, as a wire moves them: upward each bit stands w places above where it came in.
  for (std::uint32_t row = 0; row < rows.rows; ++row) {
    for (std::uint32_t f = 0; f < features_; ++f) {
      const std::uint32_t age = f / word_bits_;
      const std::uint32_t newest = row + of_sample_ - 1;
      const std::uint32_t word = entry_ == SerialEntry::kBottom ? newest - age : row + age;
      rows.set(row, f, sim::test::bit(words_[word], f % word_bits_));
    }
  }
  return rows;
}

Bits expected_result(const LutProgram& program, const BitRows& inputs, std::size_t sample,
                     bool argmax) {
  const auto scores =
      reference::lut_scores(program, reference::lut_signals(program, inputs, sample));
  BitWriter result;
  if (argmax) {
    const std::size_t best = best_class(program, scores);
    result.number(static_cast<std::uint32_t>(scores[best]), program.score_bits);
    result.number(best, rtl::class_number_bits(program));
  } else {
    for (const std::int32_t s : scores) {
      result.number(static_cast<std::uint32_t>(s), program.score_bits);
    }
  }
  return result.take();
}

std::vector<std::uint64_t> expected_toggles(const LutProgram& program, const BitRows& inputs) {
  std::vector<std::uint64_t> toggles(program.levels.size() + 2);
  std::vector<std::uint8_t> before;
  for (std::uint32_t row = 0; row < inputs.rows; ++row) {
    auto now = reference::lut_signals(program, inputs, row);
    if (row > 0) {
      std::size_t group = 0;
      for (std::size_t s = 0; s < now.size(); ++s) {
        while (s >= static_cast<std::size_t>(program.first_signal(group))) ++group;
        toggles[group] += now[s] != before[s] ? 1 : 0;
      }
      for (const workload::Signal s : program.outputs) {
        toggles.back() += value(now, s) != value(before, s) ? 1 : 0;
      }
    }
    before = std::move(now);
  }
  return toggles;
}

}  // namespace sim::poetbin::test
