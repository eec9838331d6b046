#include "sim/accelerators/optimus/sparse_pass.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::optimus {
namespace {

/// Shared accumulators hold whole sums already; private ones are added over the ways.
std::uint32_t adder_levels(const MacArrayConfig& array) {
  return array.accumulators == Accumulators::kShared ? 0 : base::ceil_log2(array.sparse.ways);
}

SparsePass make_pass(const EncodedMatrix& matrix, std::uint32_t index, std::uint32_t tokens,
                     const Config& config) {
  const EncodedBlock& block = matrix.blocks[index];
  const PassCycles cycles(config);
  return {.block = &block,
          .block_index = index,
          .tokens = tokens,
          .preload_cycles = cycles.preload(block.columns, tokens),
          .reduce_cycles = cycles.reduction(block.slots, tokens),
          .results = block.matrix_rows() * tokens,
          .completes_tile = index + 1 == matrix.blocks.size()};
}

}  // namespace

std::uint64_t PassCycles::preload(std::uint64_t columns, std::uint32_t tokens) const {
  if (config_.load_compute_matching) return 0;
  return base::ceil_div(columns * tokens, config_.window.load_width_elements_per_cycle);
}

std::uint64_t PassCycles::reduction(std::uint64_t slots, std::uint32_t tokens) const {
  return tokens * (slots + adder_levels(config_.mac_array));
}

std::vector<SparsePass> sparse_passes(const Command& command, const Layer& layer,
                                      const Config& config) {
  std::vector<SparsePass> passes;
  for (std::uint32_t done = 0; done < command.tokens; done += command.tile) {
    const std::uint32_t tokens = std::min(command.tile, command.tokens - done);
    for (std::uint32_t b = 0; b < layer.matrix->blocks.size(); ++b) {
      passes.push_back(make_pass(*layer.matrix, b, tokens, config));
    }
  }
  return passes;
}

}  // namespace sim::optimus
