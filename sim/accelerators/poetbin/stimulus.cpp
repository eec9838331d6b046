#include "sim/accelerators/poetbin/stimulus.h"

#include <algorithm>

namespace sim::poetbin {

Stimulus::Stimulus(const workload::LutTask& task, const Program& program,
                   const SpatialConfig& spatial)
    : inputs_(task.vectors.inputs),
      samples_(program.stream.samples),
      words_(std::holds_alternative<SpatialTiming>(program.timing) ? program.stream.load_words : 1),
      bits_(spatial.serial_bits),
      entry_(spatial.serial_entry) {}

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
  // The register holds the `words_` words from word `row` on. Place g, bits g * w and up, holds the
  // g-th of them, or counted from the newest one; so does a sample's g-th word in its order.
  const auto counted = [this](std::uint64_t place) {
    return entry_ == SerialEntry::kTop ? place : words_ - 1 - place;
  };
  for (std::uint32_t f = 0; f < inputs_.bits; ++f) {
    const std::uint64_t word = row + counted(f / bits_);
    const std::uint64_t source = counted(word % words_) * bits_ + f % bits_;
    if (source < inputs_.bits && inputs_.get(word / words_ % inputs_.rows, source))
      block.set(at, f, true);
  }
}

}  // namespace sim::poetbin
