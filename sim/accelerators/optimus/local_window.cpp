#include "sim/accelerators/optimus/local_window.h"

#include <algorithm>

namespace sim::optimus {

std::vector<std::vector<std::uint32_t>> needed_columns(const EncodedBlock& block) {
  std::vector<std::vector<std::uint32_t>> needed(block.sets);
  const std::uint32_t lists_per_set = block.lists() / block.sets;
  for (std::uint32_t l = 0; l < block.lists(); ++l) {
    auto& columns = needed[l / lists_per_set];
    for (const Entry& entry : block.list(l)) columns.push_back(entry.column);
  }
  for (auto& columns : needed) {
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  }
  return needed;
}

std::uint64_t count_needed_columns(const EncodedBlock& block) {
  std::uint64_t count = 0;
  for (const auto& columns : needed_columns(block)) count += columns.size();
  return count;
}

}  // namespace sim::optimus
