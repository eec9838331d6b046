#include "sim/workload/sparsity.h"

#include <algorithm>
#include <bit>
#include <span>

#include "sim/base/vector_clones.h"

namespace sim::workload {
namespace {

SIM_VECTOR_CLONES std::uint64_t ones(std::span<const std::uint64_t> words) {
  std::uint64_t count = 0;
  for (const std::uint64_t word : words) count += static_cast<std::uint64_t>(std::popcount(word));
  return count;
}

}  // namespace

Mask Mask::full(std::uint32_t rows, std::uint32_t columns) {
  Mask mask(rows, columns);
  const std::uint64_t last = columns % 64 == 0 ? ~0ULL : (1ULL << (columns % 64)) - 1;
  for (std::uint32_t r = 0; r < rows; ++r) {
    std::fill_n(mask.row(r), mask.words_per_row(), ~0ULL);
    mask.row(r)[mask.words_per_row() - 1] = last;
  }
  return mask;
}

std::uint32_t Mask::count_row(std::uint32_t r) const {
  return static_cast<std::uint32_t>(ones({row(r), words_per_row_}));
}

std::uint64_t Mask::count() const { return ones(words_); }

}  // namespace sim::workload
