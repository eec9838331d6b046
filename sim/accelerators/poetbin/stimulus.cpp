#include "sim/accelerators/poetbin/stimulus.h"

#include <algorithm>

namespace sim::poetbin {

Stimulus::Stimulus(const workload::LutTask& task, const Program& program, std::uint32_t serial_bits)
    : inputs_(task.vectors.inputs),
      samples_(program.stream.samples),
      words_(std::holds_alternative<SpatialTiming>(program.timing) ? program.stream.load_words : 1),
      bits_(serial_bits) {}

workload::BitRows Stimulus::block(std::uint64_t first, std::uint32_t count) const {
  workload::BitRows block(count, inputs_.bits);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (words_ > 1) {
      shift(block, i, first + i);
      continue;
    }
    const auto words = static_cast<std::ptrdiff_t>(block.words_per_row());
    std::copy_n(
        inputs_.words.begin() + static_cast<std::ptrdiff_t>((first + i) % inputs_.rows) * words,
        words, block.words.begin() + i * words);
  }
  return block;
}

void Stimulus::shift(workload::BitRows& block, std::uint32_t at, std::uint64_t row) const {
  // Feature f is bit f mod w of the (f / w)-th of the `words_` words from word `row` on.
  for (std::uint32_t f = 0; f < inputs_.bits; ++f) {
    const std::uint64_t word = row + f / bits_;
    const std::uint64_t source = word % words_ * bits_ + f % bits_;
    if (source < inputs_.bits && inputs_.get(word / words_ % inputs_.rows, source))
      block.set(at, f, true);
  }
}

}  // namespace sim::poetbin
