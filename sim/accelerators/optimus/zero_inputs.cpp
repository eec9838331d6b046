#include "sim/accelerators/optimus/zero_inputs.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace sim::optimus {
namespace {

/// Inputs that any token of a tile has.
std::vector<std::uint64_t> any_nonzero(const workload::Mask& nonzero, std::uint32_t first,
                                       std::uint32_t tokens) {
  std::vector<std::uint64_t> any(nonzero.words_per_row());
  for (std::uint32_t t = first; t < first + tokens; ++t) {
    for (std::size_t w = 0; w < any.size(); ++w) any[w] |= nonzero.row(t)[w];
  }
  return any;
}

std::uint64_t kept_elsewhere(const workload::Mask& weights, const std::vector<std::uint64_t>& any) {
  std::uint64_t count = 0;
  for (std::uint32_t r = 0; r < weights.rows(); ++r) {
    for (std::size_t w = 0; w < any.size(); ++w) {
      count += static_cast<std::uint64_t>(std::popcount(weights.row(r)[w] & ~any[w]));
    }
  }
  return count;
}

}  // namespace

std::uint64_t skipped_macs(const Command& command, const Layer& layer) {
  if (!command.nonzero) return 0;
  std::uint64_t skipped = 0;
  for (std::uint32_t done = 0; done < command.tokens; done += command.tile) {
    const std::uint32_t tokens = std::min(command.tile, command.tokens - done);
    const auto any = any_nonzero(*command.nonzero, command.first_position + done, tokens);
    for (const auto& mask : layer.masks) skipped += tokens * kept_elsewhere(*mask, any);
  }
  return skipped;
}

}  // namespace sim::optimus
