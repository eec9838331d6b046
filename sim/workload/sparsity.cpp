#include "sim/workload/sparsity.h"

#include <bit>

namespace sim::workload {

std::uint32_t Mask::count_row(std::uint32_t r) const {
  std::uint32_t count = 0;
  for (std::uint32_t w = 0; w < words_per_row_; ++w) {
    count += static_cast<std::uint32_t>(std::popcount(row(r)[w]));
  }
  return count;
}

std::uint64_t Mask::count() const {
  std::uint64_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::uint64_t>(std::popcount(word));
  return count;
}

}  // namespace sim::workload
