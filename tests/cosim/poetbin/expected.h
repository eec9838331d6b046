#pragma once

#include <cstdint>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "tests/cosim/twin.h"

namespace sim::poetbin::test {

/// The words of the input port, in order: feature f is bit f mod w of word f / w of its sample;
/// with entry at the bottom the sample's words in the reverse order.
class Words {
 public:
  Words(const workload::BitRows& inputs, std::uint32_t word_bits,
        SerialEntry entry = SerialEntry::kTop);

  std::size_t size() const { return words_.size(); }
  std::uint32_t of_sample() const { return of_sample_; }
  /// Past the end: the last word, which the port keeps.
  const sim::test::Bits& at(std::size_t index) const {
    return words_[index < words_.size() ? index : words_.size() - 1];
  }
  /// What a shift register of one sample holds after each word, from the first whole sample on.
  workload::BitRows windows() const;

 private:
  std::uint32_t word_bits_;
  std::uint32_t of_sample_;
  std::uint32_t features_;
  SerialEntry entry_;
  std::vector<sim::test::Bits> words_;
};

/// What the output port shows for a sample, by the reference arithmetic: all scores, or with argmax
/// {class, score}.
sim::test::Bits expected_result(const workload::LutProgram& program,
                                const workload::BitRows& inputs, std::size_t sample, bool argmax);

/// Toggles from row to row, by the reference arithmetic, of the features, of each level's outputs,
/// of the score bits.
std::vector<std::uint64_t> expected_toggles(const workload::LutProgram& program,
                                            const workload::BitRows& inputs);

}  // namespace sim::poetbin::test
