#include "sim/accelerators/optimus/sparse_pass.h"

#include <algorithm>

#include "sim/base/math.h"

namespace sim::optimus {
namespace {

/// Accumulators that a MAC's share of one row set can use: its own, or all of its set's.
std::uint32_t accumulators(const MacArrayConfig& array) {
  return array.accumulators == Accumulators::kShared
             ? array.accumulators_per_mac * array.sparse.ways
             : array.accumulators_per_mac;
}

std::uint32_t most_slots(const EncodedMatrix& matrix) {
  std::uint32_t slots = 1;
  for (const EncodedBlock& block : matrix.blocks) slots = std::max(slots, block.slots);
  return slots;
}

std::uint64_t rows_of(const EncodedBlock& block) {
  return static_cast<std::uint64_t>(
      std::count_if(block.rows.begin(), block.rows.end(), [](auto r) { return r != kNoRow; }));
}

/// Shared accumulators hold whole sums already; private ones are added over the ways.
std::uint32_t adder_levels(const MacArrayConfig& array) {
  return array.accumulators == Accumulators::kShared ? 0 : base::ceil_log2(array.sparse.ways);
}

SparsePass make_pass(const EncodedMatrix& matrix, std::uint32_t index, std::uint32_t tokens,
                     const Config& config) {
  const EncodedBlock& block = matrix.blocks[index];
  SparsePass pass{.block = &block, .block_index = index, .tokens = tokens};
  if (config.memories.weight_store == WeightStore::kStreamed) {
    const std::uint32_t issue = config.mac_array.issue_cycles;
    pass.weight_wait_cycles = std::max(config.memories.dram_latency_cycles, issue) - issue;
  }
  if (!config.load_compute_matching) {
    pass.preload_cycles = base::ceil_div(std::uint64_t{block.columns} * tokens,
                                         config.window.load_width_elements_per_cycle);
  }
  pass.reduce_cycles = std::uint64_t{tokens} * (block.slots + adder_levels(config.mac_array));
  pass.results = rows_of(block) * tokens;
  pass.completes_tile = index + 1 == matrix.blocks.size();
  return pass;
}

}  // namespace

std::uint32_t tile_tokens(const Layer& layer, std::uint32_t tokens, const Config& config) {
  if (!config.mac_array.weight_hold) return 1;
  const std::uint32_t held = accumulators(config.mac_array) / most_slots(*layer.matrix);
  return std::clamp<std::uint32_t>(held, 1, tokens);
}

std::vector<SparsePass> sparse_passes(const Command& command, const Layer& layer,
                                      const Config& config) {
  std::vector<SparsePass> passes;
  const std::uint32_t tile = tile_tokens(layer, command.tokens, config);
  for (std::uint32_t done = 0; done < command.tokens; done += tile) {
    const std::uint32_t tokens = std::min(tile, command.tokens - done);
    for (std::uint32_t b = 0; b < layer.matrix->blocks.size(); ++b) {
      passes.push_back(make_pass(*layer.matrix, b, tokens, config));
    }
  }
  return passes;
}

}  // namespace sim::optimus
