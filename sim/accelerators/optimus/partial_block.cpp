#include "sim/accelerators/optimus/partial_block.h"

#include <optional>

#include "sim/base/math.h"

namespace sim::optimus {
namespace {

constexpr std::uint16_t kLeftOut = 0xffff;  // no column has this number

/// By column of the whole block its number in the part.
std::vector<std::uint16_t> new_numbers(std::uint32_t columns,
                                       const std::vector<std::uint32_t>& taken) {
  std::vector<std::uint16_t> numbers(columns, kLeftOut);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    numbers[taken[i]] = static_cast<std::uint16_t>(i);
  }
  return numbers;
}

/// Goes through lists and keeps entries of the columns that are taken.
class Cutter {
 public:
  Cutter(const EncodedBlock& block, const std::vector<std::uint32_t>& columns,
         std::uint32_t entries_per_word)
      : block_(block),
        numbers_(new_numbers(block.columns, columns)),
        entries_per_word_(entries_per_word) {
    EncodedBlock& part = part_.block;
    part.columns = static_cast<std::uint32_t>(columns.size());
    part.sets = block.sets;
    part.ways = block.ways;
    part.slots = block.slots;
    part.runtime_ways = block.runtime_ways;
    part.rows = block.rows;
    part.entry_bits = block.entry_bits;
    part.column_bits = block.column_bits;
    part.column_marks =
        block.column_marks > 0 ? block.column_marks - block.columns + part.columns : 0;
    part.begin = {0};
  }

  PartialBlock cut() {
    for (std::uint32_t l = 0; l < block_.lists(); ++l) cut_list(l);
    EncodedBlock& part = part_.block;
    part.useful = part.entries.size() - part.fillers;
    return std::move(part_);
  }

 private:
  void cut_list(std::uint32_t l) {
    EncodedBlock& part = part_.block;
    std::uint64_t at = 0;  // stored entries before this one
    std::optional<std::uint64_t> word;
    for (const Entry& entry : block_.list(l)) {
      const bool stored = block_.column_marks == 0 || entry.stored();
      const std::uint16_t number = numbers_[entry.column];
      if (number != kLeftOut) {
        part.entries.push_back({number, entry.slot});
        part.fillers += entry.filler() ? 1 : 0;
        if (stored && word != at / entries_per_word_) {
          word = at / entries_per_word_;
          ++part_.weight_words;
        }
      }
      at += stored ? 1 : 0;
    }
    part.begin.push_back(base::narrow<std::uint32_t>(part.entries.size()));
  }

  const EncodedBlock& block_;
  const std::vector<std::uint16_t> numbers_;
  const std::uint32_t entries_per_word_;
  PartialBlock part_;
};

}  // namespace

std::vector<std::uint32_t> TakenColumns::list() const {
  std::vector<std::uint32_t> columns;
  for (std::uint32_t c = first; c < first + count; ++c) {
    bool taken = nonzero == nullptr;
    for (std::uint32_t t = 0; !taken && t < tokens; ++t) taken = nonzero->kept(first_token + t, c);
    if (taken) columns.push_back(c);
  }
  return columns;
}

PartialBlock take_columns(const EncodedBlock& block, const std::vector<std::uint32_t>& columns,
                          std::uint32_t entries_per_word) {
  return Cutter(block, columns, entries_per_word).cut();
}

}  // namespace sim::optimus
